/**
 * Snapshots of stored history, in one pass over the records. How far exchange times have to be looked
 * ahead is what `bookAt` looks at: the rest of the block, the block after it, and the image of the next
 * interval, which takes over from its own time on.
 */

import type { Gap } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import type { MarketEvent } from '../market/events.ts';
import { isFarAhead } from '../market/reached-time.ts';
import type { GapItem, SnapshotItem } from '../queries/items.ts';
import type { SnapshotsQuery } from '../queries/queries.ts';
import type { ReaderContext } from './context.ts';
import { itemsInRange, timeOf } from './range.ts';
import type { RangeItem } from './range.ts';
import { SnapshotFold } from './snapshot-fold.ts';

/** Lazy like the streams; two decoded blocks are in memory at a time. */
export async function* snapshots(
  context: ReaderContext,
  query: SnapshotsQuery,
): AsyncGenerator<SnapshotItem | GapItem> {
  const stored = new StoredSnapshots(new SnapshotFold(query));
  const { range, everyUs } = stored.fold;
  // The first tick covers what was traded before it.
  const beforeUs = query.features === true ? 2 * everyUs : everyUs;
  for await (const item of itemsInRange(context, query.security, range, beforeUs)) {
    // Not `yield*`, which costs some promises more per item.
    for (const tick of stored.take(item)) yield tick;
  }
  yield* stored.finish();
}

/** Pure: takes the history item by item, yields the ticks and gaps that are settled by then. */
class StoredSnapshots {
  readonly fold: SnapshotFold;
  /** The current interval has an end of its own. */
  #hasEnded = false;
  /** Up to when its book is proven; undefined: its last message tells. */
  #provenUs: number | undefined;
  /** After the interval whose last ticks are not settled yet. */
  #gaps: Gap[] = [];
  /** Exchange clock − receive clock, of the last image. */
  #offsetUs = 0;
  /** Whether the last update was stamped far ahead of the receive time. */
  #isAhead = false;

  constructor(fold: SnapshotFold) {
    this.fold = fold;
  }

  *take(item: RangeItem): Generator<SnapshotItem | GapItem> {
    const { fold } = this;
    const { clock } = fold.range;
    switch (item.type) {
      case 'image':
        yield* this.#settle(timeOf(item.image.image, clock));
        fold.begin(item.image, item.declaredUs);
        this.#offsetUs = item.image.image.exchangeTimeUs - item.image.image.receiveTimeUs;
        break;
      case 'events': {
        const earliestUs = this.#earliest(item.events);
        fold.addTrades(item.events, item.scale);
        if (earliestUs < Infinity) yield* fold.advance(earliestUs);
        fold.addUpdates(item.events, item.scale);
        break;
      }
      case 'deeper':
        fold.deepen(item.image);
        break;
      case 'end':
        if (!fold.isInInterval) break;
        this.#hasEnded = true;
        if (clock === 'receive') this.#provenUs = item.toUs;
        break;
      case 'gap':
        this.#gaps.push(item.gap);
        if (!fold.isInInterval) yield* this.#takeGaps();
        break;
    }
  }

  *finish(): Generator<SnapshotItem | GapItem> {
    const { range, declaredUs } = this.fold;
    // Without an end of its own, a good block follows that begins behind the range.
    if (!this.#hasEnded) this.#provenUs = range.clock === 'receive' ? declaredUs : Infinity;
    yield* this.#settle(Infinity);
  }

  /** The interval is over, the next one begins at `untilUs`: the rest of its ticks, then the gaps. */
  *#settle(untilUs: number): Generator<SnapshotItem | GapItem> {
    yield* this.fold.end(untilUs, this.#provenUs);
    this.#hasEnded = false;
    this.#provenUs = undefined;
    yield* this.#takeGaps();
  }

  *#takeGaps(): Generator<GapItem> {
    yield* this.#gaps.map((gap) => this.fold.gap(gap));
    this.#gaps = [];
  }

  /**
   * The earliest time of a book update; infinite: there is none. A single one that is stamped far ahead may be the
   * only one of its block, and says nothing about how far the book has come.
   */
  #earliest(events: readonly MarketEvent[]): number {
    const { clock } = this.fold.range;
    let us = Infinity;
    for (const event of events) {
      if (!isBookUpdate(event)) continue;
      const isAhead = clock === 'exchange' && isFarAhead(event, this.#offsetUs);
      if (!isAhead || this.#isAhead) us = Math.min(us, timeOf(event, clock));
      this.#isAhead = isAhead;
    }
    return us;
  }
}
