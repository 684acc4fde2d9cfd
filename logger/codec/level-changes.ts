/**
 * What the diffs of an L2 block leave: the last size of each price that they name. Whoever wants the book at one
 * moment needs no more of a block. Here from its events; `block-1-changes.ts` and `block-2-changes.ts` do without them.
 */

import { RecordCorruptError } from '../errors.ts';
import { highestFirst, lowestFirst } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Diff, Levels, MarketEvent } from '../market/events.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BlockContent } from './codec.ts';

/** The last diff that counts, by its sequence or its receive time. */
export type ChangesEnd = { readonly sequence: number } | { readonly receiveTimeUs: number };

export interface LevelChanges {
  readonly scale: Scale;
  /** The sequence of the book that they change. */
  readonly previousSequence: number;
  /** The diff after which they stand; null: none counts. */
  readonly last: Pick<Diff, 'lastSequence' | 'exchangeTimeUs' | 'receiveTimeUs'> | null;
  /** Best first; size 0: there is no such level any more. */
  readonly bids: Levels;
  readonly asks: Levels;
}

/** Whether a diff lies behind the end. Within a stream neither sequences nor receive times go back. */
export function isBehind(
  { lastSequence, receiveTimeUs }: Pick<Diff, 'lastSequence' | 'receiveTimeUs'>,
  end: ChangesEnd,
): boolean {
  return 'sequence' in end ? lastSequence > end.sequence : receiveTimeUs > end.receiveTimeUs;
}

/**
 * @param afterSequence diffs up to it are in the book already.
 * @throws RecordCorruptError if it holds order events.
 */
export function changesOf(
  { scale, previousSequence, events }: BlockContent,
  end: ChangesEnd,
  afterSequence: number,
): LevelChanges {
  const bids = new Map<ScaledInt, ScaledInt>();
  const asks = new Map<ScaledInt, ScaledInt>();
  let fromSequence = previousSequence;
  let last: Diff | null = null;
  for (const diff of diffsOf(events)) {
    if (diff.lastSequence <= afterSequence) {
      fromSequence = diff.lastSequence;
      continue;
    }
    if (isBehind(diff, end)) break;
    setAll(bids, diff.bids);
    setAll(asks, diff.asks);
    last = diff;
  }
  return {
    scale,
    previousSequence: fromSequence,
    last,
    bids: sortedLevels(bids, -1),
    asks: sortedLevels(asks, 1),
  };
}

function* diffsOf(events: readonly MarketEvent[]): Generator<Diff> {
  for (const event of events) {
    if (!isBookUpdate(event)) continue;
    if (event.type !== 'diff') {
      throw new RecordCorruptError(`A block of levels holds an event of type ${event.type}`);
    }
    yield event;
  }
}

function setAll(sizes: Map<ScaledInt, ScaledInt>, levels: Levels): void {
  for (let i = 0; i + 1 < levels.length; i += 2) {
    sizes.set(levels[i] as ScaledInt, levels[i + 1] as ScaledInt);
  }
}

/** @param outward -1: bids, whose best price is the highest. */
export function sortedLevels(
  sizes: ReadonlyMap<ScaledInt, ScaledInt>,
  outward: 1 | -1,
): ScaledInt[] {
  const prices = [...sizes.keys()].sort(outward === 1 ? lowestFirst : highestFirst);
  return prices.flatMap((price) => [price, sizes.get(price) ?? 0]);
}

/** A side of the book that a block builds of its own changes, and what that does not hold. */
export interface OwnSide {
  /** Prices in ticks, negated for bids, best first, and their sizes. */
  readonly keys: readonly number[];
  readonly sizes: readonly ScaledInt[];
  /** Keys of levels that were deleted, some of them more than once, or set again since. */
  readonly deleted: readonly number[];
  /** Sizes by price, where that is no number of ticks. */
  readonly offGrid: ReadonlyMap<ScaledInt, ScaledInt>;
}

/** Each price with its last size, best first. */
export function lastLevels(
  { keys, sizes, deleted, offGrid }: OwnSide,
  priceOf: (key: number) => number,
  outward: 1 | -1,
): Levels {
  const levels: ScaledInt[] = [];
  const gone = ascending(deleted);
  let next = 0;
  for (let rank = 0; rank <= keys.length; rank++) {
    const key = keys[rank] ?? Number.POSITIVE_INFINITY;
    for (; next < gone.length && (gone[next] as number) <= key; next++) {
      if (gone[next] === key || gone[next] === gone[next + 1]) continue;
      levels.push(priceOf(gone[next] as number), 0);
    }
    if (rank < keys.length) levels.push(priceOf(key), sizes[rank] as ScaledInt);
  }
  if (offGrid.size === 0) return levels;
  const all = new Map(offGrid);
  for (let i = 0; i < levels.length; i += 2) {
    all.set(levels[i] as ScaledInt, levels[i + 1] as ScaledInt);
  }
  return sortedLevels(all, outward);
}

/** Small integers are sorted in a quarter of the time. */
function ascending(keys: readonly number[]): Int32Array | Float64Array {
  const isSmall = keys.every((key) => (key | 0) === key);
  return isSmall ? new Int32Array(keys).sort() : new Float64Array(keys).sort();
}
