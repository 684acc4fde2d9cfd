/**
 * The snapshot check: compares the book in memory with a fresh snapshot of the exchange, inside the
 * horizons of both, at the same sequence. The snapshot is brought there by the updates since before it
 * was requested, just as a book is proven.
 *
 * A difference counts if a slightly later snapshot shows it too: no exchange promises that both sides
 * of a snapshot and its sequence are of one moment, or that it does not return a cached one. An empty
 * snapshot decides nothing: it is a common answer of an exchange in trouble.
 */

import { bookOf, sidesOf } from '../../book/book.ts';
import type { Book } from '../../book/book.ts';
import { deeperBook } from '../../book/deeper-book.ts';
import type { LevelContent } from '../../book/deeper-book.ts';
import type { BookDifference, BookContent } from '../../book/difference.ts';
import { differenceInside } from '../../book/difference.ts';
import type { Exchange, Heartbeat, SnapshotRequest } from '../../exchange/exchange.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot, BookUpdate, Horizon } from '../../market/events.ts';
import { isSameScale, rescaleHorizon, rescaleSides } from '../../market/scale.ts';
import type { Clock } from '../../runtime/clock.ts';
import { sleep } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import type { DeeperBook, ProvenBook, SegmentPosition, Segment } from '../segment/segment.ts';
import { SyncBuffer } from '../proof/sync-buffer.ts';

export interface SnapshotCheckDeps {
  readonly exchange: Exchange;
  readonly symbol: string;
  readonly segment: Segment;
  /** Levels a side to ask for; undefined: all. */
  readonly depth: number | undefined;
  /** The current scale of the updates. */
  readonly scale: () => Scale;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  /** A snapshot at the book's sequence, or ahead of it although nothing comes in. */
  readonly onEvidence: (sequence: number, snapshot: BookSnapshot) => void;
  /** Aborts with the segment. */
  readonly signal: AbortSignal;
}

export type SnapshotCheckOutcome =
  /** `at`: the position that was compared; the book has moved on. */
  | { readonly kind: 'same'; readonly at: SegmentPosition }
  | { readonly kind: 'undecided' }
  /**
   * `once`: the second snapshot did not differ. `queue`: the orders are the same, their sequence
   * within a price is not; exchanges don't define in which sequence they list them.
   */
  | { readonly kind: 'once' | 'queue' | 'differs'; readonly difference: BookDifference };

/** A comparison of a book with the exchange's own, while both move on. */
export interface BookCheck {
  /** An update that the segment already contains. */
  addUpdate(update: BookUpdate): void;
  addHeartbeat?(heartbeat: Heartbeat): void;
  refine?(from: Scale, to: Scale): void;
  /** @throws what the exchange's request throws. */
  run(urgency: 'patient' | 'spare'): Promise<SnapshotCheckOutcome>;
  /** After a snapshot that was the same: the book known further out. */
  deeper?(): DeeperBook | null;
}

type Comparison =
  | { readonly at: SegmentPosition; readonly difference: BookDifference | null }
  | 'undecided'
  /** Another snapshot is needed. */
  | 'unusable';

/** Snapshots requested until one can be merged with the updates. */
const MAX_ATTEMPTS = 3;

export class SnapshotCheck implements BookCheck {
  readonly #deps: SnapshotCheckDeps;
  readonly #buffer: SyncBuffer;
  /** The exchange's book that was found to be the same, and is known further out. */
  #further: ProvenBook | undefined;

  constructor(deps: SnapshotCheckDeps) {
    this.#deps = deps;
    this.#buffer = new SyncBuffer(deps.exchange.rule, deps.limits);
  }

  /** An update that the segment already contains. */
  addUpdate(update: BookUpdate): void {
    this.#buffer.addUpdate(update);
  }

  addHeartbeat(heartbeat: Heartbeat): void {
    this.#buffer.addHeartbeat(heartbeat);
  }

  refine(from: Scale, to: Scale): void {
    this.#buffer.refine(from, to);
  }

  /**
   * @param urgency of the first request: one that only takes what the budget can spare may be rejected.
   * @throws what the exchange's `snapshot` throws.
   */
  async run(urgency: 'patient' | 'spare'): Promise<SnapshotCheckOutcome> {
    const first = await this.#compareSnapshot(urgency);
    if (typeof first === 'string') return { kind: 'undecided' };
    if (first.difference === null) return { kind: 'same', at: first.at };
    const { clock, limits, signal } = this.#deps;
    await sleep(clock, limits.snapshotRecheckDelayMs, signal);
    const second = await this.#compareSnapshot('usual');
    if (typeof second === 'string') return { kind: 'undecided' };
    const [once, again] = [first.difference, second.difference];
    const isSeenAgain = again !== null && [...once.places].some((one) => again.places.has(one));
    if (!isSeenAgain) return { kind: 'once', difference: once };
    return { kind: again.isQueueOrderOnly ? 'queue' : 'differs', difference: again };
  }

  /**
   * The segment's book as it is now, with what the exchange's shows further out. To be asked for once, with
   * the outcome. null: nothing worthwhile.
   */
  deeper(): DeeperBook | null {
    const { segment, scale } = this.#deps;
    const found = this.#further;
    // Updates that came since are at the scale of now.
    if (!found || !isSameScale(found.book.scale, scale())) return null;
    const further = this.#buffer.follow(found);
    if (further?.sequence !== segment.sequence) return null;
    const ours = levelsOf(segment.book, segment.horizon);
    const theirs = levelsOf(further.book, further.horizon);
    const content = ours && theirs && deeperBook(ours, theirs);
    return content ? { content, depth: further.depth, sequence: further.sequence } : null;
  }

  async #compareSnapshot(urgency: SnapshotRequest['urgency'] & string): Promise<Comparison> {
    const { exchange, symbol, depth, clock, limits } = this.#deps;
    const timeout = new AbortController();
    const timer = clock.schedule(limits.snapshotCheckTimeoutMs, () => timeout.abort());
    const signal = AbortSignal.any([this.#deps.signal, timeout.signal]);
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS && !signal.aborted; attempt++) {
        // A snapshot from before the first buffered update would have to be fetched again.
        if (this.#buffer.updates === 0) {
          await this.#buffer.nextNews(clock, signal, limits.firstUpdateWaitMs);
        }
        const snapshot = await exchange.snapshot(symbol, signal, { urgency, depth });
        const comparison = await this.#bring(snapshot, signal);
        if (comparison !== 'unusable') return comparison;
      }
      return 'undecided';
    } finally {
      timer.cancel();
    }
  }

  /** Brings a snapshot to the sequence of the book, and compares them. */
  async #bring(snapshot: BookSnapshot, signal: AbortSignal): Promise<Comparison> {
    const { segment, scale, clock, limits } = this.#deps;
    if (snapshot.bids.length === 0 && snapshot.asks.length === 0) return 'undecided';
    while (!signal.aborted) {
      if (snapshot.sequence === segment.sequence) {
        this.#deps.onEvidence(segment.sequence, snapshot);
        return this.#compare(
          () => snapshot,
          () => this.#bookOf(snapshot),
        );
      }
      const merged = this.#buffer.merge(snapshot, scale());
      switch (merged.kind) {
        case 'unusable':
          return 'unusable';
        case 'waiting': {
          const { news } = this.#buffer;
          await this.#buffer.nextNews(clock, signal, limits.deadAfterMs);
          const isSilent = this.#buffer.news === news && !signal.aborted;
          if (isSilent && snapshot.sequence > segment.sequence) {
            this.#deps.onEvidence(segment.sequence, snapshot);
            return 'undecided';
          }
          break;
        }
        case 'proven': {
          const { book, horizon, sequence } = merged.proven;
          if (sequence !== segment.sequence) return 'undecided';
          const content = () => ({ ...sidesOf(book), scale: book.scale, horizon });
          return this.#compare(content, () => merged.proven);
        }
      }
    }
    return 'undecided';
  }

  /**
   * Compares the book as it is now, while it moves on: listing and comparing very many orders takes
   * long, so the event loop gets its turn in between.
   * @param theirs the exchange's book at the same sequence.
   */
  async #compare(theirs: () => BookContent, book: () => ProvenBook): Promise<Comparison> {
    const { segment, clock, signal } = this.#deps;
    const at = segment.last;
    const { horizon } = segment;
    const copy = segment.book.clone();
    await sleep(clock, 0, signal);
    const ours = { ...sidesOf(copy), scale: copy.scale, horizon };
    await sleep(clock, 0, signal);
    const content = theirs();
    const difference = differenceInside(ours, content);
    // A window is never known further out: what leaves it is deleted.
    const isWindowed = segment.identity.windowed === true;
    const isPartial = !isWindowed && (horizon.bid !== null || horizon.ask !== null);
    if (difference === null && isPartial) this.#further = book();
    return { at, difference };
  }

  #bookOf(snapshot: BookSnapshot): ProvenBook {
    const { segment } = this.#deps;
    const scale = this.#deps.scale();
    return {
      book: bookOf({ scale, ...rescaleSides(snapshot, snapshot.scale, scale) }),
      horizon: rescaleHorizon(snapshot.horizon, snapshot.scale, scale),
      depth: snapshot.depth,
      sequence: snapshot.sequence,
      exchangeTimeUs: snapshot.exchangeTimeUs ?? segment.exchangeTimeUs,
      receiveTimeUs: snapshot.receiveTimeUs,
    };
  }
}

/** undefined: an L3 book. */
function levelsOf(book: Book, horizon: Horizon): LevelContent | undefined {
  const sides = sidesOf(book);
  return sides.level === 'L2' ? { ...sides, scale: book.scale, horizon } : undefined;
}
