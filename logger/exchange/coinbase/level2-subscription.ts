/**
 * One open product of `level2_batch` and `matches`: the public feed, which numbers nothing. Messages
 * are counted here, for their order. The book's snapshot comes in the stream; whoever needs one gets
 * the last that nobody has had, or waits for the next. Trades have ids that step by one, and the
 * heartbeat names the last one: that is how loss on a connection that stands is found.
 */

import { FeedClosedError } from '../../errors.ts';
import type { WireFormatError } from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { FeedListener, Instrument } from '../exchange.ts';
import type { Refusals } from '../refusals.ts';
import { Subscription } from '../subscription.ts';
import { TradeFilter } from '../trade-filter.ts';
import { diffOf, tradeOf } from './events.ts';
import { snapshotOf } from './snapshot.ts';
import type { CoinbaseFrame, HeartbeatFrame, LevelsFrame, OrderFrame } from './wire.ts';

/** Heartbeats that name a trade which has not come, one a second, before it counts as lost. */
const HEARTBEATS_AHEAD_MAX = 2;

interface Waiter {
  readonly resolve: (snapshot: BookSnapshot) => void;
  readonly reject: (error: Error) => void;
}

export class Level2Subscription extends Subscription<CoinbaseFrame> {
  readonly streams: readonly string[];
  readonly #trades = new TradeFilter();
  /** Messages of the book so far; goes on over connections, so that it never comes twice. */
  #count = 0;
  #exchangeTimeUs: number | null = null;
  /** Came in, and nobody has had it. Complete once its exchange time is known. */
  #snapshot: BookSnapshot | null = null;
  /** The snapshot of this connection is of no use to anybody who asks now. */
  #isSpent = false;
  #waiters: Waiter[] = [];
  #lastTradeId: number | null = null;
  #heartbeatsAhead = 0;
  /** When trades and heartbeat last agreed. */
  #agreedUs = 0;

  constructor(
    instrument: Instrument,
    parts: { readonly listener: FeedListener; readonly refusals: Refusals },
  ) {
    super(instrument, parts);
    this.streams = [this.symbol];
  }

  take(frame: CoinbaseFrame, receiveTimeUs: number): void {
    if (this.isClosed) return;
    const timeUs = this.streamTimeUs(receiveTimeUs);
    switch (frame.kind) {
      case 'levels':
        this.#takeSnapshot(frame, timeUs);
        return;
      case 'changes': {
        this.#count++;
        const place = { firstSequence: this.#count, lastSequence: this.#count };
        const exchangeTimeUs = this.#timeOf(frame.timeUs);
        if (exchangeTimeUs === null) return;
        this.#complete();
        this.hand(() =>
          diffOf(frame, this.scale, { ...place, exchangeTimeUs, receiveTimeUs: timeUs }),
        );
        return;
      }
      case 'order':
        if (frame.type === 'match') this.#takeTrade(frame, timeUs);
        return;
      case 'last-match':
        // A subscription begins after it: what came before it was not asked for.
        this.#lastTradeId = Math.max(this.#lastTradeId ?? 0, frame.tradeId);
        return;
      case 'heartbeat':
        this.#timeOf(frame.timeUs);
        this.#complete();
        this.#watch(frame, timeUs);
        return;
      case 'auction':
        this.listener.onAuction(frame.isCollecting);
        return;
    }
  }

  /** Unless the streams are asked for afresh, no snapshot will come. */
  get isSpent(): boolean {
    return this.#isSpent && this.#snapshot === null;
  }

  /** The snapshot that should have come by now did not. */
  giveUpWaiting(): void {
    this.#isSpent = true;
  }

  /**
   * The last snapshot that nobody has had, or the next one.
   * @throws FeedClosedError on abort; WireFormatError if it comes and is none.
   */
  nextSnapshot(signal: AbortSignal): Promise<BookSnapshot> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject };
      this.#waiters.push(waiter);
      signal.addEventListener(
        'abort',
        () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          reject(new FeedClosedError('The connection brought no snapshot', { retryable: true }));
        },
        { once: true },
      );
      this.#complete();
    });
  }

  override lose(reason: string): void {
    this.#snapshot = null;
    this.#isSpent = true;
    super.lose(reason);
  }

  protected forget(isMoved: boolean): void {
    this.#snapshot = null;
    this.#isSpent = false;
    if (!isMoved) this.#trades.reset();
    this.#lastTradeId = null;
    this.#heartbeatsAhead = 0;
    this.#exchangeTimeUs = null;
  }

  #takeSnapshot(frame: LevelsFrame, receiveTimeUs: number): void {
    this.#count++;
    let snapshot: BookSnapshot;
    try {
      const { scale } = this;
      snapshot = snapshotOf(frame, { scale, receiveTimeUs, sequence: this.#count });
    } catch (error) {
      this.refusals.noteOrThrow(error);
      this.#snapshot = null;
      this.#isSpent = true;
      for (const { reject } of this.#waiters.splice(0)) reject(error as WireFormatError);
      return;
    }
    this.raiseScale(snapshot.scale);
    this.#agreedUs = Math.max(this.#agreedUs, receiveTimeUs);
    this.#snapshot = snapshot;
    this.#exchangeTimeUs = null;
    if (snapshot.exchangeTimeUs !== null) this.#complete();
  }

  /** Hands the snapshot to whoever waits for it, once a time on the exchange's clock is known. */
  #complete(): void {
    const snapshot = this.#snapshot;
    const exchangeTimeUs = snapshot?.exchangeTimeUs ?? this.#exchangeTimeUs;
    if (!snapshot || exchangeTimeUs === null || this.#waiters.length === 0) return;
    this.#snapshot = null;
    this.#isSpent = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve({ ...snapshot, exchangeTimeUs });
  }

  #timeOf(timeUs: number | null): number | null {
    if (timeUs !== null) this.#exchangeTimeUs = timeUs;
    else this.refusals.note('time', 'A message has no time that makes sense');
    return this.#exchangeTimeUs;
  }

  #takeTrade(frame: OrderFrame, receiveTimeUs: number): void {
    const exchangeTimeUs = frame.timeUs ?? this.#exchangeTimeUs;
    if (exchangeTimeUs === null) return;
    this.hand(() => {
      const trade = tradeOf(frame, this.scale, { exchangeTimeUs, receiveTimeUs });
      const { tradeId } = trade.event;
      if (!this.#trades.isNew(tradeId)) return null;
      this.#note(tradeId, receiveTimeUs);
      return trade;
    });
  }

  #note(tradeId: number, receiveTimeUs: number): void {
    const last = this.#lastTradeId;
    this.#lastTradeId = Math.max(last ?? tradeId, tradeId);
    if (last !== null && tradeId > last + 1) {
      this.#lost(`trade ${tradeId} came after ${last}`);
    }
    this.#heartbeatsAhead = 0;
    this.#agreedUs = receiveTimeUs;
  }

  #watch({ lastTradeId }: HeartbeatFrame, receiveTimeUs: number): void {
    const last = this.#lastTradeId;
    if (last === null || lastTradeId <= last) {
      this.#lastTradeId ??= lastTradeId;
      this.#heartbeatsAhead = 0;
      this.#agreedUs = receiveTimeUs;
      return;
    }
    if (++this.#heartbeatsAhead < HEARTBEATS_AHEAD_MAX) return;
    this.#heartbeatsAhead = 0;
    this.#lastTradeId = lastTradeId;
    this.#lost(`the exchange is at trade ${lastTradeId}, and ${last} was the last that came`);
  }

  #lost(reason: string): void {
    this.#snapshot = null;
    this.#isSpent = true;
    this.listener.onLoss(this.#agreedUs, `Something was lost: ${reason}`);
  }
}
