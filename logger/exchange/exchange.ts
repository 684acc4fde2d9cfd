/**
 * The port between an exchange and the recorders. An adapter knows a wire protocol and its sequence
 * rule, but nothing of storage; a recorder knows nothing of the wire. One `Exchange` serves any number
 * of securities; trouble with one does not affect another.
 */

import type { Contract } from '../market/contract.ts';
import type { BookSnapshot, BookUpdate, SideEvent, UpdateHead } from '../market/events.ts';
import type { Proof } from '../market/coverage.ts';
import type { InstrumentFacts } from '../market/instrument.ts';
import type { BookLevel } from '../market/security.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { ExchangeCandles } from './candles.ts';

export interface Exchange {
  readonly name: string;
  readonly level: BookLevel;
  /** The exchange's name for what is recorded: `depth`, `depth@100ms`, `full` … */
  readonly feed: string;
  /**
   * The proof of continuity. `connection`: the exchange sends no sequence, so a segment lasts as long
   * as one connection; the adapter counts the messages itself (see `UpdateHead`), and `snapshot` gives
   * the one that the connection itself sent.
   */
  readonly proof: Proof;
  readonly rule: SequenceRule;
  /**
   * Sequences count the messages of one connection: each begins anew, so a segment lasts as long as one
   * connection, and of what is missing after it only the first sequence is known.
   */
  readonly isNumberedByConnection?: boolean;
  /** The feed shows a window: the best levels, which enter and leave it as the market moves. */
  readonly isWindowed?: boolean;
  /** Set where it records less than the exchange offers: the reason, and whether it was chosen. */
  readonly fallback?: { readonly reason: string; readonly isChosen: boolean } | null | undefined;

  /**
   * Asks the exchange about a symbol in its own spelling, within its request budget: it may wait its
   * turn, and `signal` cancels.
   * @throws UnknownSecurityError with the exchange's own reason; RateLimitedError,
   *   FeedClosedError when it can't be asked now.
   */
  instrument(symbol: string, signal: AbortSignal): Promise<Instrument>;

  /** Starts the symbol's streams. The listener is called until the handle is closed. */
  open(instrument: Instrument, listener: FeedListener): FeedHandle;

  /**
   * The exchange's book, within its request budget: it may wait its turn, and `signal` cancels.
   * @throws RateLimitedError, FeedClosedError, WireFormatError, ExchangeRejectedError.
   */
  snapshot(symbol: string, signal: AbortSignal, request?: SnapshotRequest): Promise<BookSnapshot>;

  /**
   * Where a deeper snapshot costs more: in which depths (levels a side, ascending) a book is asked for
   * once it is proven. Without it snapshots are whole.
   */
  readonly snapshotDepths?: readonly number[];

  /**
   * Asks, at little cost, where the books of silent symbols are now: evidence of whether a stream is
   * quiet or dead. `depth` `prices`: best prices are enough, in as few requests as possible;
   * `sequence`: with the book's sequence, where the exchange has one. A symbol is missing from the
   * answer if the exchange does not list it any more. Goes before snapshots within the request budget.
   * Without this capability a silent security stays unproven until its next message.
   * @throws RateLimitedError, FeedClosedError, WireFormatError, ExchangeRejectedError.
   */
  probe?(
    symbols: readonly string[],
    depth: 'prices' | 'sequence',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, BookProbe>>;

  /** One request brings the best prices of any number of symbols. `preferred`: requests are scarce. */
  readonly probesInBatches?: boolean | 'preferred';

  /**
   * The book by another way than the stream, so without a place in it: it can't prove a book, but it can
   * contradict one. For feeds whose proof is the connection, where nothing else shows a lost message.
   * @param isSpare as `spare` for `snapshot`.
   * @throws as `snapshot`.
   */
  secondOpinion?(symbol: string, signal: AbortSignal, isSpare: boolean): Promise<BookSnapshot>;

  /** Its own candles; absent: it has none. */
  readonly candles?: ExchangeCandles;

  /** Replaces every connection, the new one first, so that nothing is lost. Resolves when done. */
  reset(): Promise<void>;

  /** Ends everything. No listener is called afterwards. */
  close(): Promise<void>;

  counters(): ExchangeCounters;
}

export interface SnapshotRequest {
  /**
   * `patient`: all others go first. `spare`: nothing is lost without it: LimitExceededError where it would
   * delay other requests. Default: `usual`.
   */
  readonly urgency?: 'usual' | 'patient' | 'spare';
  /** One of `snapshotDepths`. Default: as deep as the budget allows for all that have no book yet. */
  readonly depth?: number | undefined;
}

export interface Instrument {
  readonly symbol: string;
  /** The scale at which the adapter emits prices and sizes of this symbol. */
  readonly scale: Scale;
  /** As the exchange prints them, without trailing zeros; null where it does not say. */
  readonly tickSize: string | null;
  readonly lotSize: string | null;
  /** What a size counts where that is not the traded asset; absent where it is. */
  readonly contract?: Contract | null;
  /** As in `InstrumentFacts`; absent or null where the exchange does not say. */
  readonly base?: string | null;
  readonly quote?: string | null;
  readonly minSize?: string | null;
  readonly minNotional?: string | null;
}

/** null where the exchange does not say what is traded for what. */
export function factsOf(instrument: Instrument): InstrumentFacts | null {
  const { base = null, quote = null, tickSize, lotSize, contract = null } = instrument;
  const { minSize = null, minNotional = null } = instrument;
  if (base === null || quote === null) return null;
  return { base, quote, tickSize, lotSize, minSize, minNotional, contract };
}

export interface FeedListener {
  /** The exchange has confirmed the streams on a connection (again, after a reconnect). */
  onUp(): void;
  /**
   * The connection that carried the streams is gone and no other has taken over; or, where the proof
   * is the connection, another has (`onUp` follows).
   * @param aliveUntilUs the last moment at which it is known to have been alive.
   */
  onDown(aliveUntilUs: number, reason: string): void;
  /**
   * Updates and side events come in the order of arrival; receive times never go back. Updates may
   * come twice or overlap, as those of two connections do: the sequence rule drops what was applied
   * already.
   */
  onUpdate(update: BookUpdate): void;
  /** A trade comes once. */
  onSideEvent(event: SideEvent): void;
  /**
   * The exchange reports how far its sequence has come. Where the proof is the connection, that
   * sequence is not the book's: while it does not change, nothing has happened.
   */
  onHeartbeat(heartbeat: Heartbeat): void;
  /**
   * The connection is up, but something that the exchange sent after `aliveUntilUs` did not arrive, or its
   * numbering restarted. What the sequence rule finds by itself is not reported.
   */
  onLoss(aliveUntilUs: number, reason: string): void;
  /**
   * What the exchange sends contradicts the book that it sent before: something was lost, nobody knows
   * when. Nothing since the book was last known to be the exchange's can be claimed.
   * @param checksum it is the exchange's checksum that does not match.
   */
  onMismatch(reason: string, checksum?: ChecksumMismatch): void;
  /** The exchange starts or stops collecting orders for an auction; meanwhile its book may be crossed. */
  onAuction(isCollecting: boolean): void;
  /** From here on prices and sizes come at this finer scale. Called before the first such event. */
  onScale(scale: Scale): void;
  /** The exchange changed tick or lot size. */
  onInstrument(instrument: Instrument): void;
  /** The streams are not up: an attempt failed, and another follows. Called for each. */
  onWaiting(wait: FeedWait): void;
  /**
   * The exchange does not list the symbol (any more): nothing is tried from here on, and the listener is
   * not called again.
   */
  onUnlisted(reason: string): void;
}

export interface ChecksumMismatch {
  /** The last update after which what differs now still was the exchange's; null: none is known. */
  readonly lastMatch: { readonly sequence: number; readonly receiveTimeUs: number } | null;
}

/** Why streams are not up. The adapter has logged what concerns a connection or the login. */
export interface FeedWait {
  /** What failed: `streams` where the exchange rejects those of this symbol. */
  readonly for: 'connection' | 'login' | 'streams';
  /** In the exchange's own words, where it gave any. */
  readonly reason: string;
}

/** Where a book is, by the exchange's own account. */
export interface BookProbe {
  /** The book's sequence; null: unknown. On a feed without sequences it counts other messages. */
  readonly sequence: number | null;
  readonly receiveTimeUs: number;
  readonly scale: Scale;
  /** Best price and its size (null: not told) at `scale`; null: the side is empty. */
  readonly bid: readonly [price: ScaledInt, size: ScaledInt | null] | null;
  readonly ask: readonly [price: ScaledInt, size: ScaledInt | null] | null;
}

/** The last sequence that the exchange has given out for a security. */
export interface Heartbeat {
  readonly lastSequence: number;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export interface FeedHandle {
  /**
   * The last moment (receive time) at which the connection was known to be alive: anything at all came
   * in, pongs included. That proves nothing about the book. null while no connection carries these
   * streams, or one has brought updates that still wait to be delivered.
   */
  aliveUntilUs(): number | null;
  /**
   * The streams are dead although their connection lives: subscribes them again, or replaces the
   * connection, the new one first. Other symbols miss nothing.
   */
  renew(what: 'streams' | 'connection', reason: string): void;
  /**
   * An answer looked as if the exchange did not list the symbol any more: its instrument data is asked,
   * and `onUnlisted` follows if that says so.
   */
  checkListing(): void;
  /** Stops the streams. The listener is not called again. Idempotent. */
  close(): void;
}

/** The exchange's rule of continuity, pure. Sequences are safe integers. */
export interface SequenceRule {
  /** Whether an update continues a book at `lastSequence`. Checked for every update. */
  follow(lastSequence: number, update: UpdateHead): 'apply' | 'ignore' | 'gap';
  /** Joins a snapshot to the updates buffered since before it was requested. */
  bridge(snapshotSequence: number, buffered: readonly UpdateHead[]): Bridge;
}

export type Bridge =
  /**
   * `buffered[from]` spans the snapshot's sequence, and no gap follows. `from` may be the buffer's
   * length, where the snapshot proves itself and has an exchange time of its own.
   */
  | { readonly kind: 'bridged'; readonly from: number }
  /** Nothing buffered reaches past the snapshot yet: wait for the next update. */
  | { readonly kind: 'waiting' }
  /** The snapshot is older than the buffer: fetch again, keep buffering. */
  | { readonly kind: 'too-old' }
  /** A gap inside the buffer: drop everything before `buffered[from]` and fetch again. */
  | { readonly kind: 'gap'; readonly from: number };

export interface ExchangeCounters {
  /** Connections that are open now. */
  readonly connections: number;
  readonly frames: number;
  readonly bytes: number;
  /** Frames that could not be used, by kind. */
  readonly wireErrors: Readonly<Record<string, number>>;
  /** Requests that wait for their turn in the request budget. */
  readonly requestsWaiting: number;
  /** Request weight used in the running minute, as the exchange reports it. */
  readonly requestWeightUsed: number;
  /** Receive time until which the exchange accepts no requests; null: it accepts them. */
  readonly bannedUntilUs: number | null;
}
