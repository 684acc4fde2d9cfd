/**
 * Asks for streams on one session and gives them up, one request at a time, so that a rejection that
 * names no request still has an addressee. A request for several symbols that is rejected as a whole
 * is sent again in halves, until the rejection falls on the symbol that earned it. A confirmation that
 * leaves a symbol out rejects it.
 */

import type { Timer } from '../../runtime/clock.ts';
import type { WireErrors } from '../wire/wire-errors.ts';
import type { FeedLimits, ReplyMessage, SessionProtocol, StreamRequest } from './protocol.ts';
import type { SessionSubscription } from './session-subscription.ts';

export interface StreamRequestsDeps {
  readonly protocol: SessionProtocol;
  readonly streamsPerSymbol: number;
  readonly limits: FeedLimits;
  readonly wireErrors: WireErrors;
  /** The symbols of the session, in the order in which they came. */
  readonly subscriptions: ReadonlyMap<string, SessionSubscription>;
  readonly handlers: StreamRequestHandlers;
}

export interface StreamRequestHandlers {
  isOpen(): boolean;
  /** Sends at the pace that the exchange allows, then calls `onSent`. */
  send(messages: readonly string[], onSent: () => void): void;
  schedule(delayMs: number, run: () => void): Timer;
  onGranted(subscriptions: readonly SessionSubscription[]): void;
  /** Each of them is rejected by itself. */
  onRejected(subscriptions: readonly SessionSubscription[], reason: string): void;
  /** @returns false: the session is of no use any more. */
  onLoginRejected(subscriptions: readonly SessionSubscription[], reason: string): boolean;
  onNoReply(reason: string): void;
}

/** One symbol in a request. */
interface Pending {
  readonly subscription: SessionSubscription;
  /** Replies about it that have not come yet. */
  replies: number;
  rejection: ReplyMessage | null;
  isPartlyGranted: boolean;
  isLeftOut: boolean;
}

interface Outstanding {
  readonly isSubscribing: boolean;
  /** By key, the replies that are still to come and the symbols that each decides on. */
  readonly replies: Map<string, readonly Pending[]>;
  /** The limit for the replies, from when the request was sent. */
  timer: Timer | null;
}

export class StreamRequests {
  readonly #deps: StreamRequestsDeps;
  /** Symbols whose streams are to be given up. */
  readonly #leaving: string[] = [];
  /** Halves of a rejected request. */
  readonly #halves: (readonly SessionSubscription[])[] = [];
  #outstanding: Outstanding | null = null;
  #lastId = 0;

  constructor(deps: StreamRequestsDeps) {
    this.#deps = deps;
  }

  leave(symbol: string): void {
    this.#leaving.push(symbol);
  }

  /** Sends the next request, unless one is out. */
  pump(): void {
    const { protocol, handlers, limits, streamsPerSymbol } = this.#deps;
    if (!handlers.isOpen() || this.#outstanding) return;
    const maxSymbols = Math.max(1, Math.floor(limits.maxStreamsPerRequest / streamsPerSymbol));
    if (this.#leaving.length > 0) {
      const symbols = this.#leaving.splice(0, maxSymbols);
      this.#send(protocol.unsubscribe(++this.#lastId, symbols), null);
      return;
    }
    const subscriptions = this.#nextWanted(maxSymbols);
    if (subscriptions.length === 0) return;
    for (const subscription of subscriptions) subscription.apply('request');
    const symbols = subscriptions.map(({ feed }) => feed.symbol);
    this.#send(protocol.subscribe(++this.#lastId, symbols), subscriptions);
  }

  /** The exchange has forgotten all requests. */
  forget(): void {
    this.#outstanding?.timer?.cancel();
    this.#outstanding = null;
    this.#leaving.length = 0;
    this.#halves.length = 0;
  }

  /** @returns false for a reply to nothing that was asked. */
  reply(reply: ReplyMessage): boolean {
    const request = this.#outstanding;
    if (!request) return false;
    const decided: Pending[] = [];
    const keys = keysOf(request, reply);
    if (keys.length === 0) return false;
    for (const key of keys) {
      for (const pending of request.replies.get(key) ?? []) {
        const { symbol } = pending.subscription.feed;
        if (reply.rejection !== null) pending.rejection = reply;
        else if (reply.confirmed?.has(symbol) === false) pending.isLeftOut = true;
        else pending.isPartlyGranted = true;
        if (--pending.replies === 0) decided.push(pending);
      }
      request.replies.delete(key);
    }
    if (request.replies.size === 0) {
      request.timer?.cancel();
      this.#outstanding = null;
    }
    if (!request.isSubscribing && reply.rejection !== null) {
      this.#deps.wireErrors.count('reply', `Giving up streams was rejected: ${reply.rejection}`);
    }
    if (this.#decide(decided)) this.pump();
    return true;
  }

  #nextWanted(maxSymbols: number): readonly SessionSubscription[] {
    for (let half = this.#halves.shift(); half; half = this.#halves.shift()) {
      const left = half.filter(({ state }) => state === 'wanted');
      if (left.length > 0) return left;
    }
    const wanted: SessionSubscription[] = [];
    for (const subscription of this.#deps.subscriptions.values()) {
      if (wanted.length === maxSymbols) break;
      if (subscription.state === 'wanted') wanted.push(subscription);
    }
    return wanted;
  }

  #send(request: StreamRequest, subscriptions: readonly SessionSubscription[] | null): void {
    const { handlers, limits } = this.#deps;
    const all = (subscriptions ?? []).map((subscription): Pending => {
      return {
        subscription,
        replies: 0,
        rejection: null,
        isPartlyGranted: false,
        isLeftOut: false,
      };
    });
    const replies = new Map<string, readonly Pending[]>();
    for (const { key, symbol } of request.replies) {
      const about =
        symbol === null ? all : all.filter((each) => each.subscription.feed.symbol === symbol);
      for (const pending of about) pending.replies++;
      replies.set(key, about);
    }
    // Nothing is left of what was to be given up.
    if (replies.size === 0) return this.pump();
    const outstanding: Outstanding = {
      isSubscribing: subscriptions !== null,
      replies,
      timer: null,
    };
    this.#outstanding = outstanding;
    handlers.send(request.messages, () => {
      const { replyWithinMs } = limits;
      outstanding.timer = handlers.schedule(replyWithinMs, () =>
        handlers.onNoReply(
          `The exchange did not answer a request for streams within ${replyWithinMs} ms`,
        ),
      );
    });
  }

  /** @returns false: the session is of no use any more. */
  #decide(decided: readonly Pending[]): boolean {
    const { handlers } = this.#deps;
    const granted: SessionSubscription[] = [];
    const leftOut: SessionSubscription[] = [];
    const rejected: Pending[] = [];
    for (const pending of decided) {
      const { subscription, rejection, isLeftOut } = pending;
      const isClosed = subscription.state === 'closed';
      if (rejection === null && !isLeftOut && !isClosed) granted.push(subscription);
      else if (pending.isPartlyGranted) this.leave(subscription.feed.symbol);
      if (rejection !== null && !isClosed) rejected.push(pending);
      else if (isLeftOut && !isClosed) leftOut.push(subscription);
    }
    if (granted.length > 0) handlers.onGranted(granted);
    if (leftOut.length > 0) handlers.onRejected(leftOut, 'The exchange confirmed others, not this');
    const [first] = rejected;
    if (!first?.rejection) return true;
    const reason = first.rejection.rejection ?? '';
    const subscriptions = rejected.map(({ subscription }) => subscription);
    if (first.rejection.isLogin === true) return handlers.onLoginRejected(subscriptions, reason);
    if (decided.length > 1) this.#halve(subscriptions);
    else handlers.onRejected(subscriptions, reason);
    return true;
  }

  #halve(subscriptions: readonly SessionSubscription[]): void {
    for (const subscription of subscriptions) subscription.apply('retry');
    const middle = Math.ceil(subscriptions.length / 2);
    this.#halves.unshift(subscriptions.slice(0, middle), subscriptions.slice(middle));
  }
}

/** The keys of the expected replies that a reply answers. */
function keysOf({ replies }: Outstanding, { key, rejection }: ReplyMessage): readonly string[] {
  if (key !== null) return replies.has(key) ? [key] : [];
  const keys = [...replies.keys()];
  return rejection === null ? keys.slice(0, 1) : keys;
}
