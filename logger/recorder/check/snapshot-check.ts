/**
 * The second half of the self-check: the book in memory is held against a fresh snapshot of the
 * exchange, inside the horizons of both, at one and the same sequence. The snapshot is brought there
 * by the steps that came in since before it was asked for, just as a book is proven.
 *
 * A difference counts when a snapshot of a little later shows it too: nobody promises that both sides
 * of an answer and its sequence are of one moment, nor that the same answer is not given again. One
 * without any level is no answer at all: a usual one of an exchange in trouble.
 */

import type { BookDifference, ShownBook } from '../../book/difference.ts';
import { differenceInside } from '../../book/difference.ts';
import { sidesOf } from '../../book/book.ts';
import type { Exchange, Heartbeat } from '../../exchange/exchange.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookUpdate } from '../../market/events.ts';
import type { Clock } from '../../runtime/clock.ts';
import { nextNews } from '../book-proof.ts';
import type { Segment, Moment } from '../segment.ts';
import { sleep } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import { SyncBuffer } from '../sync-buffer.ts';

export interface SnapshotCheckParts {
  readonly exchange: Exchange;
  readonly symbol: string;
  readonly segment: Segment;
  /** The scale of the steps, as of the moment. */
  readonly scale: () => Scale;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  /** The segment ended, or nobody wants to know any more. */
  readonly signal: AbortSignal;
}

/**
 * `queue`: the orders are the same, their order within a price is not. An exchange says nothing of the
 * order in which it lists them, so that is told and nothing more.
 */
export type SnapshotCheckOutcome =
  /** `at`: of the moment that was compared; the book has gone on. */
  | { readonly kind: 'same'; readonly at: Moment }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'once' | 'queue' | 'differs'; readonly difference: BookDifference };

interface Look {
  readonly at: Moment;
  readonly difference: BookDifference | null;
}

/** Snapshots asked for until one joins the steps. */
const ATTEMPTS_MAX = 3;

export class SnapshotCheck {
  readonly #parts: SnapshotCheckParts;
  readonly #buffer: SyncBuffer;

  constructor(parts: SnapshotCheckParts) {
    this.#parts = parts;
    this.#buffer = new SyncBuffer(parts.exchange.rule, parts.limits);
  }

  /** A step that the segment has taken in. */
  addUpdate(step: BookUpdate): void {
    this.#buffer.addUpdate(step);
  }

  addHeartbeat(heartbeat: Heartbeat): void {
    this.#buffer.addHeartbeat(heartbeat);
  }

  refine(from: Scale, to: Scale): void {
    this.#buffer.refine(from, to);
  }

  /** @throws what the exchange's `snapshot` throws. */
  async run(): Promise<SnapshotCheckOutcome> {
    // The first may be refused: it only takes what nobody else needs.
    const first = await this.#look(true);
    if (first === 'undecided') return { kind: 'undecided' };
    if (first.difference === null) return { kind: 'same', at: first.at };
    const { clock, limits, signal } = this.#parts;
    await sleep(clock, limits.snapshotCheckAgainMs, signal);
    const second = await this.#look(false);
    if (second === 'undecided') return { kind: 'undecided' };
    const [once, again] = [first.difference, second.difference];
    const isSeenAgain = again !== null && [...once.places].some((one) => again.places.has(one));
    if (!isSeenAgain) return { kind: 'once', difference: once };
    return { kind: again.isQueueOrderAlone ? 'queue' : 'differs', difference: again };
  }

  async #look(isSpare: boolean): Promise<Look | 'undecided'> {
    const { exchange, symbol, segment, scale, clock, limits, signal } = this.#parts;
    const late = new AbortController();
    const timer = clock.schedule(limits.snapshotCheckWithinMs, () => late.abort());
    const inTime = AbortSignal.any([signal, late.signal]);
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX && !inTime.aborted; attempt++) {
        // A snapshot from before the first buffered step would only have to be fetched again.
        if (this.#buffer.steps === 0) await this.#news(inTime, limits.firstStepWaitMs);
        const snapshot = await exchange.snapshot(symbol, inTime, isSpare);
        if (snapshot.bids.length === 0 && snapshot.asks.length === 0) return 'undecided';
        while (!inTime.aborted) {
          if (snapshot.sequence === segment.sequence) return await this.#compare(() => snapshot);
          const joined = this.#buffer.join(snapshot, scale());
          if (joined.kind === 'again') break;
          if (joined.kind === 'waiting') {
            await this.#news(inTime);
          } else {
            const { book, horizon, sequence } = joined.proven;
            if (sequence !== segment.sequence) return 'undecided';
            return await this.#compare(() => ({ ...sidesOf(book), scale: book.scale, horizon }));
          }
        }
      }
      return 'undecided';
    } finally {
      timer.cancel();
    }
  }

  /**
   * The book as it stands now, while it goes on: to list and compare very many orders takes long.
   * @param theirs the book of the exchange at the same sequence.
   */
  async #compare(theirs: () => ShownBook): Promise<Look> {
    const { segment, clock, signal } = this.#parts;
    const at = segment.last;
    const { horizon } = segment;
    const book = segment.book.clone();
    await sleep(clock, 0, signal);
    const ours = { ...sidesOf(book), scale: book.scale, horizon };
    await sleep(clock, 0, signal);
    const difference = differenceInside(ours, theirs());
    return { at, difference };
  }

  #news(signal: AbortSignal, maxMs?: number): Promise<void> {
    return nextNews({ buffer: this.#buffer, clock: this.#parts.clock, signal }, maxMs);
  }
}
