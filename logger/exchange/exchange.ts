/**
 * The port between an exchange and the recorders. An adapter knows a wire protocol and its sequence
 * rule, nothing of storage; a recorder knows none of the wire. One `Exchange` serves any number of
 * securities; trouble with one is never felt by another.
 */

import type { BookSnapshot, MarketEvent, UpdateHead } from '../market/events.ts';
import type { Proof } from '../market/coverage.ts';
import type { BookLevel } from '../market/security.ts';
import type { Scale } from '../market/decimal.ts';

export interface Exchange {
  readonly name: string;
  readonly level: BookLevel;
  /** What is recorded, in the exchange's words: `depth`, `depth@100ms`, `full` … */
  readonly feed: string;
  /**
   * On what continuity rests. `connection`: the exchange numbers nothing, so a segment lasts as long
   * as one connection; the adapter counts the messages itself (see `UpdateHead`), and what `snapshot`
   * gives is the one that the connection itself sent.
   */
  readonly proof: Proof;
  readonly rule: SequenceRule;
  /** Set where it records less than the exchange has to give: why, and whether it is meant so. */
  readonly fallback?: { readonly reason: string; readonly isChosen: boolean } | null | undefined;

  /**
   * What the exchange says about a symbol in its own spelling.
   * @throws UnknownSecurityError with the exchange's own reason; RateLimitedError,
   *   FeedClosedError when it can't be asked now.
   */
  instrument(symbol: string): Promise<Instrument>;

  /** Starts the symbol's streams. The listener hears of them until `close` of the handle. */
  open(instrument: Instrument, listener: FeedListener): FeedHandle;

  /**
   * The exchange's full answer about the book, within the exchange's request budget (so it may wait
   * its turn; `signal` gives the place up).
   * @param isSpare nothing is lost without it: LimitExceededError where it would take what others need.
   * @throws RateLimitedError, FeedClosedError, WireFormatError, ExchangeRefusedError.
   */
  snapshot(symbol: string, signal: AbortSignal, isSpare?: boolean): Promise<BookSnapshot>;

  /** Replaces every connection, the new one first, so that nothing is lost. Resolves when done. */
  reset(): Promise<void>;

  /** Ends everything. No listener is called afterwards. */
  close(): Promise<void>;

  counters(): ExchangeCounters;
}

export interface Instrument {
  readonly symbol: string;
  /** The scale in which the adapter hands out prices and sizes of this symbol. */
  readonly scale: Scale;
  /** As the exchange prints them, without trailing zeros; null where it does not say. */
  readonly tickSize: string | null;
  readonly lotSize: string | null;
}

export interface FeedListener {
  /** The exchange has confirmed the streams on a connection (again, after a reconnect). */
  onUp(): void;
  /**
   * The connection that carried the streams is gone and no other has taken over; or, where the proof
   * is the connection, another has (`onUp` follows).
   * `aliveUntilUs`: the last moment at which it is known to have been whole.
   */
  onDown(aliveUntilUs: number, reason: string): void;
  /**
   * Steps and sideEvents in the order of arrival; receive times never go back. A trade comes once. Steps
   * may come twice or overlap (two connections do, on purpose): the sequence rule sorts them out.
   */
  onEvent(event: MarketEvent): void;
  /** The exchange says how far its own numbers have come. Only where it numbers its messages. */
  onHeartbeat(heartbeat: Heartbeat): void;
  /**
   * The connection stands, yet something that the exchange sent did not arrive, at some moment after
   * `aliveUntilUs`. Only where it does not number its messages (else the rule finds out).
   */
  onLoss(aliveUntilUs: number, reason: string): void;
  /** While the exchange collects orders for an auction, its book may be crossed. */
  onAuction(isCollecting: boolean): void;
  /** From here on prices and sizes come at this finer scale. Called before the first such event. */
  onScale(scale: Scale): void;
  /** The exchange changed tick or lot size. */
  onInstrument(instrument: Instrument): void;
  /**
   * The exchange refuses this symbol's streams; the reason is its own. Where a refusal `mayPass` (a
   * login), the adapter has told the log, goes on trying, and `onUp` follows one day.
   */
  onRefused(reason: string, mayPass: boolean): void;
}

/** The last sequence that the exchange has given out for a security. */
export interface Heartbeat {
  readonly lastSequence: number;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export interface FeedHandle {
  /**
   * The last moment (receive clock, µs) at which the connection was known to be whole: anything at
   * all came in, pongs included. null while there is no connection with these streams on it.
   */
  aliveUntilUs(): number | null;
  /** Stops the streams. The listener is not called again. Idempotent. */
  close(): void;
}

/** The exchange's rule of continuity, pure. Sequences are safe integers. */
export interface SequenceRule {
  /** What to do with a step when the book stands at `lastSequence`. Checked for life. */
  follow(lastSequence: number, step: UpdateHead): 'apply' | 'ignore' | 'gap';
  /** How a snapshot joins the steps buffered since before it was asked for. */
  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge;
}

export type Bridge =
  /**
   * `buffered[from]` spans the snapshot's sequence, and from there on there is no hole. `from` may
   * be the buffer's length, where the snapshot proves itself and says its own exchange time.
   */
  | { readonly kind: 'bridged'; readonly from: number }
  /** Nothing buffered reaches past the snapshot yet: wait for the next step. */
  | { readonly kind: 'waiting' }
  /** The snapshot is older than the buffer: fetch again, keep buffering. */
  | { readonly kind: 'too-old' }
  /** A hole inside the buffer: drop everything before `buffered[from]` and fetch again. */
  | { readonly kind: 'hole'; readonly from: number };

export interface ExchangeCounters {
  /** Connections that are open now. */
  readonly connections: number;
  readonly frames: number;
  readonly bytes: number;
  /** Frames that could not be used, by kind. */
  readonly refused: Readonly<Record<string, number>>;
  /** Request weight used in the running minute, as the exchange reports it. */
  readonly requestWeightUsed: number;
  /** Receive time until which the exchange wants no requests; null: none asked. */
  readonly bannedUntilUs: number | null;
}
