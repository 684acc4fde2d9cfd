/**
 * One WebSocket to an exchange with the symbols on it: it asks for their streams, routes each frame to
 * its symbol and reads it there. What a failover makes of a symbol that has two sessions, and what
 * follows when a session ends, is decided by its `FeedConnection`.
 */

import { describeError } from '../../errors.ts';
import type { FeedWait } from '../exchange.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Transport, UpgradeRejection } from '../../runtime/transport.ts';
import type { WireErrors } from '../wire/wire-errors.ts';
import { MonitoredSocket } from './monitored-socket.ts';
import type {
  ControlMessage,
  FeedLimits,
  FeedMessage,
  Protocol,
  ReplyMessage,
  Route,
  SessionProtocol,
  SymbolRoute,
} from './protocol.ts';
import { SessionSubscription } from './session-subscription.ts';
import { StreamRequests } from './stream-requests.ts';
import type { SymbolFeed } from './symbol-feed.ts';

/** Longest pause that the exchange may announce before a new session is opened: its end may have been missed. */
const MAX_PAUSE_MS = 300_000;

export interface FeedSessionOptions {
  readonly protocol: Protocol;
  readonly url: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly staleAfterMs: number;
  readonly limits: FeedLimits;
  /** How long a new session's updates wait for an older one to catch up; only where they have a sequence. */
  readonly joinWithinMs?: number;
  readonly wireErrors: WireErrors;
  readonly traffic: Traffic;
}

/** Counted over all connections of the exchange. */
export interface Traffic {
  frames: number;
  bytes: number;
}

export interface SessionOwner {
  onOpen(): void;
  onConfirmed(session: FeedSession, subscription: SessionSubscription): void;
  /** The exchange serves nobody for a while: the symbol's streams here are gone. */
  onPaused(session: FeedSession, subscription: SessionSubscription, reason: string): void;
  /** The exchange rejects the symbol here; it is requested again after a while. */
  onRejected(session: FeedSession, subscription: SessionSubscription, wait: FeedWait): void;
  /** It rejects us, with any symbol: the session is of no use. */
  onLoginRejected(session: FeedSession, reason: string): void;
  /** The first frame of this session that books are made of. */
  onFirstBookFrame(): void;
  /** While another session carries the same symbols: a frame of one of them has been taken in. */
  onSharedFrame(session: FeedSession, subscription: SessionSubscription): void;
  /** See `SessionSubscriptionDeps`. */
  supersedeOthers(session: FeedSession, subscription: SessionSubscription): number | null;
  /** It works, but is to be replaced by a new one before it is given up. */
  onReplace(session: FeedSession, reason: string): void;
  /** Whatever ended it, except its owner's `close`. @param rejection the exchange did not let it in. */
  onEnd(session: FeedSession, reason: string, rejection?: UpgradeRejection): void;
}

export class FeedSession {
  readonly #options: FeedSessionOptions;
  readonly #owner: SessionOwner;
  readonly #socket: MonitoredSocket;
  readonly #protocol: SessionProtocol;
  readonly #subscriptions = new Map<string, SessionSubscription>();
  readonly #requests: StreamRequests;
  /** The exchange takes requests. */
  #isReady: boolean;
  /** The limit for it to be ready. */
  #readyTimer: Timer | null = null;
  #hasBookFrame = false;
  /** Frames of its symbols. */
  #frames = 0;
  /** Another session carries the same symbols: one of the two is to replace the other. */
  isShared = false;

  constructor(options: FeedSessionOptions, owner: SessionOwner) {
    const { protocol, limits, wireErrors } = options;
    this.#options = options;
    this.#owner = owner;
    this.#isReady = protocol.awaitsGreeting !== true;
    this.#protocol = protocol.connect((reason) => this.#loss(reason));
    this.#requests = new StreamRequests({
      protocol: this.#protocol,
      streamsPerSymbol: protocol.streamsPerSymbol,
      limits,
      wireErrors,
      subscriptions: this.#subscriptions,
      handlers: {
        isOpen: () => this.isOpen && this.#isReady,
        send: (messages, onSent) => this.#send(messages, onSent),
        schedule: (delayMs, run) => this.schedule(delayMs, run),
        onGranted: (granted) => this.#granted(granted),
        onRejected: (rejected, reason) => this.#rejected(rejected, { for: 'streams', reason }),
        onLoginRejected: (rejected, reason) => this.#loginRejected(rejected, reason),
        onNoReply: (reason) => this.#noReply(reason),
      },
    });
    this.#socket = this.#connect();
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  get aliveUntilUs(): number | null {
    return this.#socket.aliveUntilUs;
  }

  /** Frames of its symbols so far. */
  get frames(): number {
    return this.#frames;
  }

  /** The symbol's subscription here, once the exchange has confirmed it. */
  confirmed(feed: SymbolFeed): SessionSubscription | undefined {
    const subscription = this.#subscriptions.get(feed.symbol);
    return subscription?.feed === feed && subscription.isConfirmed ? subscription : undefined;
  }

  /** Why the exchange rejects the symbol here; null: it does not, as far as is known. */
  rejectionOf({ symbol }: SymbolFeed): string | null {
    return this.#subscriptions.get(symbol)?.rejection ?? null;
  }

  add(feed: SymbolFeed): void {
    const { protocol, limits, joinWithinMs = 0 } = this.#options;
    const subscription = new SessionSubscription(feed, {
      isSequenced: protocol.isSequenced,
      maxHeld: limits.maxHeldMessages,
      joinWithinMs,
      schedule: (delayMs, run) => this.schedule(delayMs, run),
      supersedeOthers: (which) => this.#owner.supersedeOthers(this, which),
    });
    this.#subscriptions.set(feed.symbol, subscription);
    this.#requests.pump();
  }

  remove(feed: SymbolFeed): void {
    const subscription = this.#subscriptions.get(feed.symbol);
    if (subscription?.feed !== feed) return;
    this.#subscriptions.delete(feed.symbol);
    if (subscription.isConfirmed) this.#requests.leave(feed.symbol);
    subscription.apply('close');
    this.#expectData();
    this.#requests.pump();
  }

  /** Gives a symbol's streams up and asks for them again. */
  renew(feed: SymbolFeed): void {
    this.remove(feed);
    this.add(feed);
  }

  /** Calls `run` after `delayMs` unless the session ends before. */
  schedule(delayMs: number, run: () => void): Timer {
    return this.#socket.schedule(delayMs, run);
  }

  /** Gives it up; the owner's `onEnd` is called before this returns. */
  drop(reason: string): void {
    this.#socket.drop(reason);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  #connect(): MonitoredSocket {
    const { url, transport, clock, staleAfterMs, limits, protocol, wireErrors } = this.#options;
    return new MonitoredSocket(
      { url, transport, clock, staleAfterMs, pace: limits.pace },
      {
        onOpen: () => {
          this.schedule(limits.maxConnectionAgeMs, () =>
            this.#owner.onReplace(
              this,
              'It is about to reach the age at which the exchange cuts it',
            ),
          );
          if (protocol.ping) this.#pingIn(protocol.ping);
          if (!this.#isReady) this.#expectReady(limits.replyWithinMs, 'No greeting came');
          this.#owner.onOpen();
          this.#requests.pump();
        },
        onMessage: (frame, receiveTimeUs) => this.#receive(frame, receiveTimeUs),
        onNoData: (silentMs) =>
          this.#owner.onReplace(this, `It answers pings, but brought no data for ${silentMs} ms`),
        onClose: (reason, isTooLarge, rejection) => {
          if (isTooLarge) wireErrors.count('oversized', reason);
          this.#owner.onEnd(this, reason, rejection);
        },
      },
    );
  }

  #pingIn(ping: { readonly text: string; readonly intervalMs: number }): void {
    this.schedule(ping.intervalMs, () => this.#socket.send(ping.text, () => this.#pingIn(ping)));
  }

  #send([message, ...more]: readonly string[], onSent: () => void): void {
    if (message === undefined) onSent();
    else this.#socket.send(message, () => this.#send(more, onSent));
  }

  #receive(frame: Buffer, receiveTimeUs: number): void {
    const { traffic } = this.#options;
    traffic.frames++;
    traffic.bytes += frame.length;
    const route = this.#protocol.route(frame);
    if (route.to === 'symbol') this.#receiveOfSymbol(frame, route, receiveTimeUs);
    else this.#receiveControl(frame, route);
  }

  #receiveOfSymbol(frame: Buffer, route: SymbolRoute, receiveTimeUs: number): void {
    const { protocol, wireErrors } = this.#options;
    const subscription = this.#subscriptions.get(route.symbol);
    // Streams that were given up run on until the exchange has handled the request.
    if (!subscription || subscription.state === 'wanted') return;
    let messages: readonly FeedMessage[];
    try {
      const { scale, isAuction } = subscription.feed;
      messages = this.#protocol.read(frame, route, { scale, isAuction, receiveTimeUs });
    } catch (error) {
      const counted = wireErrors.countOrThrow(error);
      const isShownLater =
        route.carries === 'side' || (protocol.isSequenced && route.carries === 'update');
      if (!isShownLater) subscription.unreadable(route, counted);
      return;
    }
    this.#socket.noteData();
    if (!this.#hasBookFrame && this.#provesBook(route)) {
      this.#hasBookFrame = true;
      this.#owner.onFirstBookFrame();
    }
    this.#frames++;
    for (const message of messages) subscription.receive(message);
    if (this.isShared) this.#owner.onSharedFrame(this, subscription);
  }

  /** Without sequences an update proves nothing: it may be of a book whose image never came. */
  #provesBook({ carries }: SymbolRoute): boolean {
    return carries === 'image' || (carries === 'update' && this.#options.protocol.isSequenced);
  }

  #receiveControl(frame: Buffer, route: Route): void {
    const { protocol, wireErrors } = this.#options;
    let message: ControlMessage;
    try {
      message = this.#protocol.readControl(frame);
    } catch (error) {
      wireErrors.countOrThrow(error);
      if (!protocol.isSequenced && route.to === 'unknown') {
        this.#loss(`A message could not be read: ${describeError(error)}`);
      }
      return;
    }
    switch (message.kind) {
      case 'reply':
        if (!this.#requests.reply(message)) this.#unexpectedReply(message);
        return;
      case 'shutdown':
        this.#owner.onReplace(this, 'The exchange announced that this server shuts down');
        return;
      case 'ready':
        this.#resume();
        return;
      case 'paused':
        this.#pause(message.reason);
        return;
      case 'unknown':
        wireErrors.count('unknown-event', `Unknown event: ${message.event}`);
        return;
      case 'ignored':
    }
  }

  /** Streams that were asked for are gone; they are asked for again when the exchange is ready. */
  #pause(reason: string): void {
    this.#isReady = false;
    this.#requests.forget();
    const gone = [...this.#subscriptions.values()];
    for (const { feed } of gone) this.add(feed);
    this.#expectData();
    this.#expectReady(MAX_PAUSE_MS, `${reason}, and nothing else came`);
    for (const subscription of gone) {
      this.#owner.onPaused(this, subscription, reason);
      subscription.apply('close');
    }
  }

  #resume(): void {
    if (this.#isReady) this.#pause('The exchange ended all streams');
    this.#isReady = true;
    this.#readyTimer?.cancel();
    this.#requests.pump();
  }

  /** A new session learns whether the exchange is ready. */
  #expectReady(withinMs: number, otherwise: string): void {
    this.#readyTimer?.cancel();
    this.#readyTimer = this.schedule(withinMs, () =>
      this.drop(`${otherwise} within ${withinMs} ms`),
    );
  }

  #unexpectedReply({ rejection, isLogin }: ReplyMessage): void {
    // A login rejected after the confirmation: only frames that need none will come here.
    if (rejection !== null && isLogin === true && !this.#hasBookFrame) {
      this.#owner.onLoginRejected(this, rejection);
      return;
    }
    this.#options.wireErrors.count('reply', `Unexpected reply: ${rejection ?? 'done'}`);
  }

  #granted(subscriptions: readonly SessionSubscription[]): void {
    for (const subscription of subscriptions) this.#owner.onConfirmed(this, subscription);
    this.#expectData();
  }

  #loginRejected(subscriptions: readonly SessionSubscription[], reason: string): boolean {
    if (!this.#hasConfirmed()) {
      this.#owner.onLoginRejected(this, reason);
      return false;
    }
    this.#rejected(subscriptions, { for: 'login', reason });
    return true;
  }

  #rejected(subscriptions: readonly SessionSubscription[], wait: FeedWait): void {
    const { random, limits } = this.#options;
    const { backoff } = limits;
    for (const subscription of subscriptions) {
      const times = subscription.rejected(wait.reason);
      const delayMs = wait.for === 'login' ? backoff.capMs : backoffDelayMs(times, random, backoff);
      this.schedule(delayMs, () => {
        subscription.apply('retry');
        this.#requests.pump();
      });
      this.#owner.onRejected(this, subscription, wait);
    }
  }

  #noReply(reason: string): void {
    // Symbols that stream here must not suffer for one that does not.
    if (this.#hasConfirmed()) this.#owner.onReplace(this, reason);
    else this.drop(reason);
  }

  #loss(reason: string): void {
    for (const subscription of this.#subscriptions.values()) subscription.loss(reason);
  }

  #hasConfirmed(): boolean {
    return [...this.#subscriptions.values()].some(({ isConfirmed }) => isConfirmed);
  }

  #expectData(): void {
    this.#socket.expectData(this.#hasConfirmed());
  }
}
