/**
 * The check where the exchange gives a second opinion: compares the book with the exchange's own as it comes by
 * another way, which has no place in the stream. So only those places are compared that no update
 * touched for a while before the request and after the answer: there both show the same, whatever
 * moment in between the answer is of. A place with a lost update stays such a place until the next one.
 *
 * A difference counts if a later answer shows it too, and nothing touched the place meanwhile. An empty
 * answer decides nothing.
 */

import { sidesOf } from '../../book/book.ts';
import { differenceInside } from '../../book/difference.ts';
import type { BookContent, BookDifference } from '../../book/difference.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { rescale } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import type { BookUpdate, Horizon, Levels } from '../../market/events.ts';
import { finerScale, rescaleHorizon, rescaleSides } from '../../market/scale.ts';
import type { Clock } from '../../runtime/clock.ts';
import { sleep } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import type { Segment, SegmentPosition } from '../segment/segment.ts';
import type { BookCheck, SnapshotCheckOutcome } from './snapshot-check.ts';

export interface OpinionCheckDeps {
  readonly exchange: Pick<Exchange, 'secondOpinion'>;
  readonly symbol: string;
  readonly segment: Segment;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  /** Aborts with the segment. */
  readonly signal: AbortSignal;
}

interface Comparison {
  readonly at: SegmentPosition;
  readonly difference: BookDifference | null;
}

export class OpinionCheck implements BookCheck {
  readonly #deps: OpinionCheckDeps;
  /** Prices that updates touched since the check began, at `#scale`. */
  readonly #touched = { bids: new Set<ScaledInt>(), asks: new Set<ScaledInt>() };
  readonly #scale: Scale;

  constructor(deps: OpinionCheckDeps) {
    this.#deps = deps;
    this.#scale = deps.segment.scale;
  }

  /** An update that the segment already contains. */
  addUpdate(update: BookUpdate): void {
    if (update.type !== 'diff') return;
    for (const side of ['bids', 'asks'] as const) {
      const levels = update[side];
      for (let i = 0; i < levels.length; i += 2) this.#touched[side].add(levels[i] ?? 0);
    }
  }

  /** @throws what the exchange's `secondOpinion` throws. */
  async run(urgency: 'patient' | 'spare'): Promise<SnapshotCheckOutcome> {
    const first = await this.#compare(urgency === 'spare');
    if (first === 'undecided') return { kind: 'undecided' };
    if (first.difference === null) return { kind: 'same', at: first.at };
    const { clock, limits, signal } = this.#deps;
    await sleep(clock, limits.snapshotRecheckDelayMs, signal);
    const second = await this.#compare(false);
    if (second === 'undecided') return { kind: 'undecided' };
    const [once, again] = [first.difference, second.difference];
    const isSeenAgain = again !== null && [...once.places].some((one) => again.places.has(one));
    if (!isSeenAgain) return { kind: 'once', difference: once };
    return { kind: 'differs', difference: again };
  }

  async #compare(isSpare: boolean): Promise<Comparison | 'undecided'> {
    const { exchange, symbol, segment, clock, limits, signal } = this.#deps;
    await sleep(clock, limits.opinionSettleMs, signal);
    const theirs = await exchange.secondOpinion?.(symbol, signal, isSpare);
    await sleep(clock, limits.opinionSettleMs, signal);
    if (!theirs) return 'undecided';
    const isEmpty = theirs.bids.length === 0 && theirs.asks.length === 0;
    // The prices that were touched are not those of the book any more where its scale has changed.
    const isRescaled = segment.scale.priceExponent !== this.#scale.priceExponent;
    if (signal.aborted || isEmpty || isRescaled) return 'undecided';
    const ours = { ...sidesOf(segment.book), scale: segment.scale, horizon: segment.horizon };
    const scale = finerScale(ours.scale, theirs.scale);
    const [left, theirLeft] = [this.#untouched(ours, scale), this.#untouched(theirs, scale)];
    const difference = differenceInside(left, theirLeft);
    // Short of the book's horizon it proves nothing more than was known.
    const isWhole = reaches(theirLeft.horizon, left.horizon);
    return { at: isWhole ? segment.last : segment.proven, difference };
  }

  /** A book without the levels at prices that were touched. */
  #untouched(book: BookContent, scale: Scale): BookContent {
    const sides = rescaleSides(book, book.scale, scale);
    if (sides.level !== 'L2') return book;
    const bids = this.#placesLeft(sides.bids, this.#touched.bids, scale);
    const asks = this.#placesLeft(sides.asks, this.#touched.asks, scale);
    const { counts } = sides;
    return {
      level: 'L2',
      bids: levelsAt(sides.bids, bids),
      asks: levelsAt(sides.asks, asks),
      ...(counts && {
        counts: {
          bids: bids.map((place) => counts.bids[place] ?? 0),
          asks: asks.map((place) => counts.asks[place] ?? 0),
        },
      }),
      scale,
      horizon: rescaleHorizon(book.horizon, book.scale, scale),
    };
  }

  /** Which levels of a side were not touched. */
  #placesLeft(levels: Levels, touched: ReadonlySet<ScaledInt>, scale: Scale): number[] {
    const { priceExponent } = this.#scale;
    const gone = new Set(
      [...touched].map((one) => rescale(one, priceExponent, scale.priceExponent)),
    );
    const left: number[] = [];
    for (let i = 0; i < levels.length; i += 2) if (!gone.has(levels[i] ?? 0)) left.push(i / 2);
    return left;
  }
}

function levelsAt(levels: Levels, places: readonly number[]): Levels {
  return places.flatMap((place) => levels.slice(2 * place, 2 * place + 2));
}

/** Both at one scale. */
function reaches(theirs: Horizon, ours: Horizon): boolean {
  const isBidSo = theirs.bid === null || (ours.bid !== null && theirs.bid <= ours.bid);
  return isBidSo && (theirs.ask === null || (ours.ask !== null && theirs.ask >= ours.ask));
}
