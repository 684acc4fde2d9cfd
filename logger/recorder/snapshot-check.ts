/**
 * The second half of the self-check: the book in memory is held against a fresh snapshot of the
 * exchange, inside the horizons of both, at one and the same sequence. The snapshot is brought there
 * by the steps that came in since before it was asked for, just as a book is proven.
 *
 * A difference counts when a snapshot of a little later shows it too: nobody promises that both sides
 * of an answer and its sequence are of one moment, nor that the same answer is not given again. One
 * without any level is no answer at all: a usual one of an exchange in trouble.
 */

import type { BookDifference } from '../book/difference.ts';
import { differenceInside } from '../book/difference.ts';
import { sidesOf } from '../book/book.ts';
import type { Exchange, Heartbeat } from '../exchange/exchange.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookSnapshot, BookStep } from '../market/events.ts';
import type { Clock } from '../service/clock.ts';
import { nextNews } from './book-proof.ts';
import type { Chain } from './chain.ts';
import { delay } from './delay.ts';
import type { RecorderLimits } from './limits.ts';
import { SyncBuffer } from './sync-buffer.ts';

export interface SnapshotCheckParts {
  readonly exchange: Exchange;
  readonly symbol: string;
  readonly chain: Chain;
  /** The scale of the steps, as of the moment. */
  readonly scale: () => Scale;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  /** The chain ended, or nobody wants to know any more. */
  readonly signal: AbortSignal;
}

/**
 * `queue`: the orders are the same, their order within a price is not. An exchange says nothing of the
 * order in which it lists them, so that is told and nothing more.
 */
export type SnapshotCheckOutcome =
  | { readonly kind: 'same' }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'once' | 'queue' | 'differs'; readonly difference: BookDifference };

/** Snapshots asked for until one joins the steps. */
const ATTEMPTS_MAX = 3;

export class SnapshotCheck {
  readonly #parts: SnapshotCheckParts;
  readonly #buffer: SyncBuffer;

  constructor(parts: SnapshotCheckParts) {
    this.#parts = parts;
    this.#buffer = new SyncBuffer(parts.exchange.rule, parts.limits);
  }

  /** A step that the chain has taken in. */
  addStep(step: BookStep): void {
    this.#buffer.addStep(step);
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
    if (first === null) return { kind: 'same' };
    const { clock, limits, signal } = this.#parts;
    await delay(clock, limits.snapshotCheckAgainMs, signal);
    const second = await this.#look(false);
    if (second === 'undecided') return { kind: 'undecided' };
    const isSeenAgain = second !== null && [...first.places].some((one) => second.places.has(one));
    if (!isSeenAgain) return { kind: 'once', difference: first };
    return { kind: second.isQueueOrderAlone ? 'queue' : 'differs', difference: second };
  }

  async #look(isSpare: boolean): Promise<BookDifference | null | 'undecided'> {
    const { exchange, symbol, chain, scale, clock, limits, signal } = this.#parts;
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
          if (snapshot.sequence === chain.sequence) return this.#difference(snapshot);
          const joined = this.#buffer.join(snapshot, scale());
          if (joined.kind === 'again') break;
          if (joined.kind === 'waiting') {
            await this.#news(inTime);
          } else {
            const { book, horizon, sequence } = joined.proven;
            if (sequence !== chain.sequence) return 'undecided';
            return this.#difference({ ...sidesOf(book), scale: book.scale, horizon });
          }
        }
      }
      return 'undecided';
    } finally {
      timer.cancel();
    }
  }

  #difference(theirs: Pick<BookSnapshot, 'scale' | 'horizon'> & ReturnType<typeof sidesOf>) {
    return differenceInside(this.#parts.chain.image(), theirs);
  }

  #news(signal: AbortSignal, maxMs?: number): Promise<void> {
    return nextNews({ buffer: this.#buffer, clock: this.#parts.clock, signal }, maxMs);
  }
}
