/**
 * One physical connection to an exchange and the streams on it: it asks for streams and gives them up
 * (one request at a time, so that an error without an id still has an addressee), and sorts what
 * comes in. A refused request for several symbols is asked again in halves, until the refusal falls
 * on the symbol that earned it. What a frame means for a symbol that has two connections, and what
 * happens when a connection ends, is its owner's business.
 */

import { describeError } from '../errors.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { Connection } from './connection.ts';
import type { Refusals } from './refusals.ts';
import type { Transport } from '../runtime/transport.ts';
import type { Dialect, Harm, LineLimits, MarketFrame, Message, ReplyMessage } from './dialect.ts';
import { Membership } from './membership.ts';
import type { Subscription } from './subscription.ts';

export interface CarrierOptions<Frame extends MarketFrame> {
  readonly dialect: Dialect<Frame>;
  readonly url: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly limits: LineLimits;
  /** How long a new connection's steps wait for an older one to catch up. */
  readonly joinWithinMs: number;
  readonly refusals: Refusals;
  readonly traffic: Traffic;
}

/** Counted over all connections of the exchange. */
export interface Traffic {
  frames: number;
  bytes: number;
}

export interface CarrierOwner<Frame extends MarketFrame> {
  onOpen(carrier: Carrier<Frame>): void;
  onConfirmed(carrier: Carrier<Frame>, membership: Membership<Frame>): void;
  onRefused(carrier: Carrier<Frame>, membership: Membership<Frame>, reason: string): void;
  /** The exchange refuses us, with any symbol: this connection is of no use. */
  onLoginRefused(carrier: Carrier<Frame>, reason: string): void;
  /** It refused us this time, on a connection that carries others well: asked for again later. */
  onPutOff(carrier: Carrier<Frame>, membership: Membership<Frame>, reason: string): void;
  /** The first message of this connection that is part of a book. */
  onFirstStep(carrier: Carrier<Frame>): void;
  onMarketFrame(
    carrier: Carrier<Frame>,
    arrival: {
      readonly membership: Membership<Frame>;
      readonly frame: Frame;
      readonly receiveTimeUs: number;
    },
  ): void;
  /** It works, but wants to be replaced by a new one before it is given up. */
  onReplace(carrier: Carrier<Frame>, reason: string): void;
  /** Whatever ended it, except its owner's `close`. */
  onEnd(carrier: Carrier<Frame>, reason: string): void;
}

interface Request<Frame extends MarketFrame> {
  readonly id: number;
  readonly memberships: readonly Membership<Frame>[];
  /** The limit for its answer, from when it was sent. */
  timer: Timer | null;
}

export class Carrier<Frame extends MarketFrame> {
  readonly #options: CarrierOptions<Frame>;
  readonly #owner: CarrierOwner<Frame>;
  readonly #connection: Connection;
  readonly #memberships = new Map<string, Membership<Frame>>();
  /** Streams to give up. */
  readonly #leaving: string[] = [];
  /** Halves of a refused request. */
  readonly #halves: (readonly Membership<Frame>[])[] = [];
  #request: Request<Frame> | null = null;
  #lastRequestId = 0;
  #hasStep = false;

  constructor(options: CarrierOptions<Frame>, owner: CarrierOwner<Frame>) {
    const { url, transport, clock, staleAfterMs, limits } = options;
    this.#options = options;
    this.#owner = owner;
    this.#connection = new Connection(
      { url, transport, clock, staleAfterMs, pace: limits.pace },
      {
        onOpen: () => {
          this.schedule(limits.connectionAgeMaxMs, () =>
            owner.onReplace(this, 'It is about to reach the age at which the exchange cuts it'),
          );
          owner.onOpen(this);
          this.#pump();
        },
        onMessage: (data, receiveTimeUs) => this.#receive(data, receiveTimeUs),
        onNoData: (silentMs) =>
          owner.onReplace(this, `It answers pings, but brought no data for ${silentMs} ms`),
        onClose: (reason, isTooLarge) => {
          if (isTooLarge) options.refusals.note('oversized', reason);
          owner.onEnd(this, reason);
        },
      },
    );
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get aliveUntilUs(): number | null {
    return this.#connection.aliveUntilUs;
  }

  /** The symbol's place on this connection, once its streams are confirmed. */
  confirmed(subscription: Subscription<Frame>): Membership<Frame> | undefined {
    const membership = this.#memberships.get(subscription.symbol);
    const isIt = membership?.subscription === subscription && membership.phase === 'confirmed';
    return isIt ? membership : undefined;
  }

  add(subscription: Subscription<Frame>): void {
    const { heldFramesMax } = this.#options.limits;
    this.#memberships.set(
      subscription.symbol,
      new Membership(
        subscription,
        this.#options.dialect,
        { heldFramesMax, joinWithinMs: this.#options.joinWithinMs },
        (delayMs, run) => this.schedule(delayMs, run),
      ),
    );
    this.#pump();
  }

  remove(subscription: Subscription<Frame>): void {
    const membership = this.#memberships.get(subscription.symbol);
    if (membership?.subscription !== subscription) return;
    this.#memberships.delete(subscription.symbol);
    membership.isGone = true;
    if (membership.phase === 'confirmed') this.#leaving.push(...subscription.streams);
    this.#expectData();
    this.#pump();
  }

  /** Gives a symbol's streams up and asks for them afresh. */
  renew(subscription: Subscription<Frame>): void {
    this.remove(subscription);
    this.add(subscription);
  }

  schedule(delayMs: number, run: () => void): Timer {
    return this.#connection.schedule(delayMs, run);
  }

  /** Gives it up; the owner hears of it before this returns. */
  drop(reason: string): void {
    this.#connection.drop(reason);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #pump(): void {
    if (!this.#connection.isOpen || this.#request) return;
    if (this.#leaving.length > 0) {
      const streams = this.#leaving.splice(0, this.#options.limits.paramsPerMessageMax);
      this.#ask((id) => this.#options.dialect.unsubscribe(id, streams), []);
      return;
    }
    const memberships = this.#nextWanted();
    if (memberships.length === 0) return;
    for (const membership of memberships) membership.phase = 'asked';
    const subscriptions = memberships.map(({ subscription }) => subscription);
    this.#ask((id) => this.#options.dialect.subscribe(id, subscriptions), memberships);
  }

  #nextWanted(): readonly Membership<Frame>[] {
    for (let half = this.#halves.shift(); half; half = this.#halves.shift()) {
      const left = half.filter((membership) => !membership.isGone);
      if (left.length > 0) return left;
    }
    const wanted: Membership<Frame>[] = [];
    let room = this.#options.limits.paramsPerMessageMax;
    for (const membership of this.#memberships.values()) {
      if (membership.phase !== 'wanted') continue;
      room -= membership.subscription.streams.length;
      if (room < 0) break;
      wanted.push(membership);
    }
    return wanted;
  }

  #ask(text: (id: number) => string, memberships: readonly Membership<Frame>[]): void {
    const { replyWithinMs } = this.#options.limits;
    const id = ++this.#lastRequestId;
    const request: Request<Frame> = { id, memberships, timer: null };
    this.#request = request;
    this.#connection.send(text(id), () => {
      request.timer = this.schedule(replyWithinMs, () => {
        const reason = `The exchange did not answer a request for streams within ${replyWithinMs} ms`;
        // Symbols that stream here must not suffer for one that does not.
        if (this.#hasConfirmed()) this.#owner.onReplace(this, reason);
        else this.#connection.drop(reason);
      });
    });
  }

  #receive(data: Buffer, receiveTimeUs: number): void {
    const { refusals, traffic } = this.#options;
    traffic.frames++;
    traffic.bytes += data.length;
    const text = data.toString('utf8');
    let message: Message<Frame>;
    try {
      message = this.#options.dialect.parse(text);
    } catch (error) {
      // If it was a numbered step, the hole shows in its symbol's next one.
      refusals.noteOrThrow(error);
      this.#harm(this.#options.dialect.harmedBy(text), describeError(error));
      return;
    }
    switch (message.kind) {
      case 'market':
        this.#market(message.frame, receiveTimeUs);
        return;
      case 'reply':
        this.#reply(message);
        return;
      case 'shutdown':
        this.#owner.onReplace(this, 'The exchange announced that this server shuts down');
        return;
      case 'unknown':
        refusals.note('unknown-event', `Unknown event: ${message.event}`);
    }
  }

  #harm(harm: Harm, reason: string): void {
    if (harm === 'nobody') return;
    for (const [symbol, membership] of this.#memberships) {
      if (harm === 'anybody' || harm.symbol === symbol) {
        membership.harm(`A message could not be read: ${reason}`);
      }
    }
  }

  #market(frame: Frame, receiveTimeUs: number): void {
    const membership = this.#memberships.get(frame.symbol);
    // Streams that were given up run on until the exchange has heard of it.
    if (!membership || membership.phase === 'wanted') return;
    this.#connection.noteData();
    if (!this.#hasStep) {
      const { dialect } = this.#options;
      this.#hasStep = dialect.span(frame) !== null || dialect.beginsAnew(frame);
      if (this.#hasStep) this.#owner.onFirstStep(this);
    }
    this.#owner.onMarketFrame(this, { membership, frame, receiveTimeUs });
  }

  #reply(reply: ReplyMessage): void {
    const request = this.#request;
    // An error may come without an id: then it is for the one request that is out.
    const isOfCurrent = reply.id === 'current' || (reply.id === null && reply.refusal !== null);
    if (!request || !(isOfCurrent || reply.id === request.id)) {
      // A login refused after the confirmation: only what needs none will come here.
      const isLogin = reply.refusal !== null && reply.isOfLogin && !this.#hasStep;
      if (isLogin) this.#owner.onLoginRefused(this, reply.refusal);
      else this.#options.refusals.note('reply', `Unexpected reply: ${reply.refusal ?? 'done'}`);
      return;
    }
    request.timer?.cancel();
    this.#request = null;
    if (reply.refusal !== null && reply.isOfLogin) {
      if (!this.#hasConfirmed()) {
        this.#owner.onLoginRefused(this, reply.refusal);
        return;
      }
      this.#putOff(request.memberships, reply.refusal);
    } else if (reply.refusal !== null) this.#refused(request.memberships, reply.refusal);
    else this.#confirmed(request.memberships);
    this.#pump();
  }

  #confirmed(memberships: readonly Membership<Frame>[]): void {
    for (const membership of memberships) {
      if (membership.isGone) this.#leaving.push(...membership.subscription.streams);
      else this.#owner.onConfirmed(this, membership);
    }
    this.#expectData();
  }

  #refused(memberships: readonly Membership<Frame>[], reason: string): void {
    const left = memberships.filter((membership) => !membership.isGone);
    if (memberships.length === 0) {
      this.#options.refusals.note('reply', `Giving up streams was refused: ${reason}`);
    } else if (memberships.length === 1) {
      for (const membership of left) this.#owner.onRefused(this, membership, reason);
    } else {
      for (const membership of left) membership.phase = 'wanted';
      const middle = Math.ceil(left.length / 2);
      this.#halves.unshift(left.slice(0, middle), left.slice(middle));
    }
  }

  #putOff(memberships: readonly Membership<Frame>[], reason: string): void {
    const left = memberships.filter((membership) => !membership.isGone);
    for (const membership of left) this.#owner.onPutOff(this, membership, reason);
    this.schedule(this.#options.limits.backoff.capMs, () => {
      for (const membership of left) membership.phase = 'wanted';
      this.#pump();
    });
  }

  #hasConfirmed(): boolean {
    return [...this.#memberships.values()].some(({ phase }) => phase === 'confirmed');
  }

  #expectData(): void {
    this.#connection.expectData(this.#hasConfirmed());
  }
}
