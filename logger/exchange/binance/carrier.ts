/**
 * One physical connection to Binance and the streams on it: it asks for streams and gives them up
 * (one request at a time, so that an error without an id still has an addressee), and sorts what
 * comes in. A refused request for several symbols is asked again in halves, until the refusal falls
 * on the symbol that earned it. What a frame means for a symbol that has two connections, and what
 * happens when a connection ends, is its owner's business.
 */

import type { Clock, Timer } from '../../service/clock.ts';
import { Connection } from '../connection.ts';
import type { Refusals } from '../refusals.ts';
import type { Transport } from '../transport.ts';
import type { BinanceLimits } from './limits.ts';
import { Membership } from './membership.ts';
import type { MarketFrame, Subscription } from './subscription.ts';
import { parseFrame } from './wire.ts';
import type { Frame, ReplyFrame } from './wire.ts';

export interface CarrierOptions {
  readonly url: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly limits: BinanceLimits;
  /** How long a new connection's diffs wait for an older one to catch up. */
  readonly joinWithinMs: number;
  readonly refusals: Refusals;
  readonly traffic: Traffic;
}

/** Counted over all connections of the exchange. */
export interface Traffic {
  frames: number;
  bytes: number;
}

export interface CarrierOwner {
  onOpen(carrier: Carrier): void;
  onConfirmed(carrier: Carrier, membership: Membership): void;
  onRefused(carrier: Carrier, membership: Membership, reason: string): void;
  /** The first market data of this connection. */
  onFirstData(carrier: Carrier): void;
  onMarketFrame(
    carrier: Carrier,
    arrival: {
      readonly membership: Membership;
      readonly frame: MarketFrame;
      readonly receiveTimeUs: number;
    },
  ): void;
  /** It works, but wants to be replaced by a new one before it is given up. */
  onReplace(carrier: Carrier, reason: string): void;
  /** Whatever ended it, except its owner's `close`. */
  onEnd(carrier: Carrier, reason: string): void;
}

interface Request {
  readonly id: number;
  readonly memberships: readonly Membership[];
  /** The limit for its answer, from when it was sent. */
  timer: Timer | null;
}

export class Carrier {
  readonly #options: CarrierOptions;
  readonly #owner: CarrierOwner;
  readonly #connection: Connection;
  readonly #memberships = new Map<string, Membership>();
  /** Streams to give up. */
  readonly #leaving: string[] = [];
  /** Halves of a refused request. */
  readonly #halves: (readonly Membership[])[] = [];
  #request: Request | null = null;
  #lastRequestId = 0;
  #hasData = false;

  constructor(options: CarrierOptions, owner: CarrierOwner) {
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

  get wholeUntilUs(): number | null {
    return this.#connection.wholeUntilUs;
  }

  /** The symbol's place on this connection, once its streams are confirmed. */
  confirmed(subscription: Subscription): Membership | undefined {
    const membership = this.#memberships.get(subscription.symbol);
    const isIt = membership?.subscription === subscription && membership.phase === 'confirmed';
    return isIt ? membership : undefined;
  }

  add(subscription: Subscription): void {
    const { heldFramesMax } = this.#options.limits;
    this.#memberships.set(
      subscription.symbol,
      new Membership(
        subscription,
        { heldFramesMax, joinWithinMs: this.#options.joinWithinMs },
        (delayMs, run) => this.schedule(delayMs, run),
      ),
    );
    this.#pump();
  }

  remove(subscription: Subscription): void {
    const membership = this.#memberships.get(subscription.symbol);
    if (membership?.subscription !== subscription) return;
    this.#memberships.delete(subscription.symbol);
    membership.isGone = true;
    if (membership.phase === 'confirmed') this.#leaving.push(...subscription.streams);
    this.#expectData();
    this.#pump();
  }

  schedule(delayMs: number, run: () => void): Timer {
    return this.#connection.schedule(delayMs, run);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #pump(): void {
    if (!this.#connection.isOpen || this.#request) return;
    if (this.#leaving.length > 0) {
      const streams = this.#leaving.splice(0, this.#options.limits.paramsPerMessageMax);
      this.#ask('UNSUBSCRIBE', streams, []);
      return;
    }
    const memberships = this.#nextWanted();
    if (memberships.length === 0) return;
    for (const membership of memberships) membership.phase = 'asked';
    const streams = memberships.flatMap(({ subscription }) => subscription.streams);
    this.#ask('SUBSCRIBE', streams, memberships);
  }

  #nextWanted(): readonly Membership[] {
    for (let half = this.#halves.shift(); half; half = this.#halves.shift()) {
      const left = half.filter((membership) => !membership.isGone);
      if (left.length > 0) return left;
    }
    const wanted: Membership[] = [];
    let room = this.#options.limits.paramsPerMessageMax;
    for (const membership of this.#memberships.values()) {
      if (membership.phase !== 'wanted') continue;
      room -= membership.subscription.streams.length;
      if (room < 0) break;
      wanted.push(membership);
    }
    return wanted;
  }

  #ask(method: string, params: readonly string[], memberships: readonly Membership[]): void {
    const { replyWithinMs } = this.#options.limits;
    const id = ++this.#lastRequestId;
    const request: Request = { id, memberships, timer: null };
    this.#request = request;
    this.#connection.send(JSON.stringify({ method, params, id }), () => {
      request.timer = this.schedule(replyWithinMs, () => {
        const reason = `The exchange did not answer ${method} within ${replyWithinMs} ms`;
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
    let frame: Frame;
    try {
      frame = parseFrame(data.toString('utf8'));
    } catch (error) {
      // Nobody can say whose it was; if it was a diff, the hole shows in its symbol's next one.
      refusals.noteOrThrow(error);
      return;
    }
    switch (frame.kind) {
      case 'depth':
      case 'trade':
        this.#market(frame, receiveTimeUs);
        return;
      case 'reply':
        this.#reply(frame);
        return;
      case 'shutdown':
        this.#owner.onReplace(this, 'The exchange announced that this server shuts down');
        return;
      case 'unknown':
        refusals.note('unknown-event', `Unknown event: ${frame.event}`);
    }
  }

  #market(frame: MarketFrame, receiveTimeUs: number): void {
    const membership = this.#memberships.get(frame.symbol);
    // Streams that were given up run on until the exchange has heard of it.
    if (!membership || membership.phase === 'wanted') return;
    this.#connection.noteData();
    if (!this.#hasData) {
      this.#hasData = true;
      this.#owner.onFirstData(this);
    }
    this.#owner.onMarketFrame(this, { membership, frame, receiveTimeUs });
  }

  #reply(frame: ReplyFrame): void {
    const request = this.#request;
    // An error may come without an id: then it is for the one request that is out.
    const isExpected = request && (frame.id === request.id || (frame.id === null && frame.refusal));
    if (!isExpected) {
      this.#options.refusals.note('reply', `Unexpected reply: ${frame.refusal ?? 'done'}`);
      return;
    }
    request.timer?.cancel();
    this.#request = null;
    if (frame.refusal !== null) this.#refused(request.memberships, frame.refusal);
    else this.#confirmed(request.memberships);
    this.#pump();
  }

  #confirmed(memberships: readonly Membership[]): void {
    for (const membership of memberships) {
      if (membership.isGone) this.#leaving.push(...membership.subscription.streams);
      else this.#owner.onConfirmed(this, membership);
    }
    this.#expectData();
  }

  #refused(memberships: readonly Membership[], reason: string): void {
    const left = memberships.filter((membership) => !membership.isGone);
    if (memberships.length === 0) {
      this.#options.refusals.note('reply', `UNSUBSCRIBE was refused: ${reason}`);
    } else if (memberships.length === 1) {
      for (const membership of left) this.#owner.onRefused(this, membership, reason);
    } else {
      for (const membership of left) membership.phase = 'wanted';
      const middle = Math.ceil(left.length / 2);
      this.#halves.unshift(left.slice(0, middle), left.slice(middle));
    }
  }

  #hasConfirmed(): boolean {
    return [...this.#memberships.values()].some(({ phase }) => phase === 'confirmed');
  }

  #expectData(): void {
    this.#connection.expectData(this.#hasConfirmed());
  }
}
