/**
 * The book at every tick of a cadence, in one pass over the records. Ticks are whole multiples of the
 * cadence since 1970 on the chosen clock, so those of any two exports coincide. A tick shows what `bookAt`
 * answers for it; where that has no book there is no tick, but a gap between the others.
 *
 * `bookAt` takes the last message, in the order of the segment, that is not behind the moment. Receive
 * times only rise, so a tick is due before the first message behind it. Exchange times may step back: there
 * a tick is due before message k when no message from k on is stamped at or before it. How far ahead that
 * has to look is what `bookAt` looks at: the rest of the block, the block after it, and the image of the
 * next interval, which takes over from its own time on.
 */

import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookUpdate } from '../market/events.ts';
import { viewOf } from '../queries/format.ts';
import type { Flows, GapItem, SnapshotItem } from '../queries/items.ts';
import type { SnapshotsQuery } from '../queries/queries.ts';
import type { ReaderContext } from './context.ts';
import { DEFAULT_EVERY_US, validEveryUs } from '../queries/validate.ts';
import { FlowTicks } from './flows.ts';
import type { LoadedImage } from './record-loader.ts';
import { gapItem, itemsInRange, rangeOf, timeOf } from './range.ts';
import type { Range, RangeItem } from './range.ts';
import { ReplayedBook } from './replay.ts';

/** Lazy like the streams; two decoded blocks are in memory at a time. */
export async function* snapshots(
  context: ReaderContext,
  query: SnapshotsQuery,
): AsyncGenerator<SnapshotItem | GapItem> {
  // The first tick covers what was traded before it.
  const everyUs = validEveryUs(query.everyUs ?? DEFAULT_EVERY_US);
  const ticks = new TickFold(query, everyUs);
  for await (const item of itemsInRange(context, query.security, ticks.range, everyUs)) {
    // Not `yield*`, which costs some promises more per item.
    for (const tick of ticks.take(item)) yield tick;
  }
  yield* ticks.finish();
}

/** The current interval. */
interface Interval {
  book: ReplayedBook;
  /** From this receive time on its book is declared unknown. */
  readonly declaredUs: number;
  /** When it began, on the range's clock. */
  readonly beginUs: number;
  /** The last moment, on the range's clock, for which the messages so far prove the book. */
  provenUs: number;
  /** A message behind `declaredUs` came: nothing after it counts. */
  isOver: boolean;
}

/** Updates that wait until it is known what comes after them. */
interface Waiting {
  readonly scale: Scale;
  readonly updates: readonly BookUpdate[];
  /** The book after them, known further out. */
  deeper?: LoadedImage;
}

/** Pure: takes the history item by item, yields the ticks and gaps that are settled by then. */
class TickFold {
  readonly range: Range;
  readonly #query: SnapshotsQuery;
  readonly #everyUs: number;
  readonly #flows: FlowTicks;
  #segment = 0;
  /** A gap came since the last interval. */
  #hasGap = true;
  #tickUs = Number.NEGATIVE_INFINITY;
  #interval: Interval | undefined;
  #waiting: Waiting | undefined;
  #hasEnded = false;
  /** After the interval whose last ticks are not settled yet. */
  #gaps: Gap[] = [];
  /** The last tick, shown again as long as nothing changes. */
  #last: SnapshotItem | undefined;

  constructor(query: SnapshotsQuery, everyUs: number) {
    this.range = rangeOf(query);
    this.#query = query;
    this.#everyUs = everyUs;
    this.#flows = new FlowTicks(this.#everyUs, this.range.clock);
    this.#notBefore(this.range.fromUs);
  }

  *take(item: RangeItem): Generator<SnapshotItem | GapItem> {
    switch (item.type) {
      case 'image':
        yield* this.#settle(timeOf(item.image.image, this.range.clock));
        this.#begin(item);
        break;
      case 'events': {
        this.#flows.add(item.events, item.scale);
        const updates = item.events.filter(isBookUpdate);
        if (this.#interval === undefined || updates.length === 0) break;
        const [earliestUs = Infinity] = risingTimes(updates, this.range, Infinity);
        yield* this.#play(earliestUs);
        this.#waiting = { scale: item.scale, updates };
        break;
      }
      case 'deeper':
        // It stands after the updates that wait.
        if (this.#waiting !== undefined) this.#waiting.deeper = item.image;
        break;
      case 'end':
        if (this.#interval === undefined) break;
        this.#hasEnded = true;
        if (this.range.clock === 'receive') this.#interval.provenUs = item.toUs;
        break;
      case 'gap':
        this.#gaps.push(item.gap);
        this.#hasGap = true;
        if (this.#interval === undefined) yield* this.#takeGaps();
        break;
    }
  }

  *finish(): Generator<SnapshotItem | GapItem> {
    // Without an end of its own, a good block follows that begins behind the range.
    if (this.#interval !== undefined && !this.#hasEnded) {
      const { declaredUs } = this.#interval;
      this.#interval.provenUs = this.range.clock === 'receive' ? declaredUs : Infinity;
    }
    yield* this.#settle(Infinity);
  }

  #begin({ image, declaredUs }: RangeItem & { type: 'image' }): void {
    if (image.image.receiveTimeUs > declaredUs) return;
    const provenUs = timeOf(image.image, this.range.clock);
    const book = new ReplayedBook(image);
    this.#interval = { book, declaredUs, beginUs: provenUs, provenUs, isOver: false };
    if (this.#hasGap) this.#segment++;
    this.#hasGap = false;
    this.#notBefore(provenUs);
  }

  #notBefore(us: number): void {
    if (us <= this.#tickUs) return;
    this.#tickUs = Number.isFinite(us) ? Math.ceil(us / this.#everyUs) * this.#everyUs : us;
  }

  /** The interval is over, the next one begins at `untilUs`: the rest of its ticks, then the gaps. */
  *#settle(untilUs: number): Generator<SnapshotItem | GapItem> {
    if (this.#interval !== undefined) {
      yield* this.#play(Infinity, untilUs);
      const { isOver, provenUs, book } = this.#interval;
      if (!isOver) yield* this.#ticks(book, Math.min(untilUs, provenUs + 1));
    }
    this.#interval = undefined;
    this.#last = undefined;
    this.#hasEnded = false;
    yield* this.#takeGaps();
  }

  *#takeGaps(): Generator<GapItem> {
    yield* this.#gaps.map((gap) => gapItem(gap));
    this.#gaps = [];
  }

  /** The waiting updates, and the ticks that are due between them. */
  *#play(nextUs: number, untilUs = Infinity): Generator<SnapshotItem> {
    const interval = this.#interval;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (interval === undefined || waiting === undefined || interval.isOver) return;
    const { updates, scale } = waiting;
    const { book, declaredUs } = interval;
    const before = book.book;
    book.refine(scale);
    if (book.book !== before) this.#last = undefined;
    const isReceive = this.range.clock === 'receive';
    const lastUs = Math.min(untilUs, isReceive ? declaredUs + 1 : Infinity);
    const dueUs = risingTimes(updates, this.range, nextUs);
    let applied = 0;
    for (const [k, update] of updates.entries()) {
      const boundUs = Math.min(lastUs, dueUs[k] as number);
      if (this.#isDue(boundUs)) {
        this.#apply(book, updates.slice(applied, k));
        applied = k;
        yield* this.#ticks(book, boundUs);
      }
      if (update.receiveTimeUs > declaredUs) {
        interval.isOver = true;
        return;
      }
      interval.provenUs = Math.max(interval.provenUs, timeOf(update, this.range.clock));
    }
    this.#apply(book, updates.slice(applied));
    if (waiting.deeper === undefined) return;
    interval.book = new ReplayedBook(waiting.deeper);
    this.#last = undefined;
  }

  #apply(book: ReplayedBook, updates: readonly BookUpdate[]): void {
    if (updates.length === 0) return;
    book.applyAll(updates);
    this.#last = undefined;
  }

  #isDue(untilUs: number): boolean {
    return this.#tickUs < untilUs && this.#tickUs < this.range.toUs;
  }

  /** Ticks before `untilUs`, all of the current book. */
  *#ticks(book: ReplayedBook, untilUs: number): Generator<SnapshotItem> {
    while (this.#isDue(untilUs)) {
      const atUs = this.#tickUs;
      this.#tickUs += this.#everyUs;
      const flows = this.#flowsOf(atUs);
      this.#last =
        this.#last === undefined
          ? { ...this.#snapshotOf(book, atUs), segment: this.#segment, flows }
          : { ...this.#last, atUs, flows };
      yield this.#last;
    }
  }

  /** Of the period that ends at a tick; null: it touches a gap. */
  #flowsOf(tickUs: number): Flows | null {
    const flows = this.#flows.take(tickUs);
    const beginUs = this.#interval?.beginUs ?? Infinity;
    return tickUs - this.#everyUs < beginUs ? null : flows;
  }

  #snapshotOf(replayed: ReplayedBook, atUs: number): Omit<SnapshotItem, 'segment' | 'flows'> {
    const { header, book } = replayed;
    const { depth, level } = this.#query;
    const { clock } = this.range;
    const view = viewOf({ header, book, position: replayed, atUs, clock, depth, level });
    return { type: 'snapshot', ...view };
  }
}

/** For each update the earliest time that it or anything after it has; `nextUs` is what follows them. */
function risingTimes(updates: readonly BookUpdate[], { clock }: Range, nextUs: number): number[] {
  const times = Array.from<number>({ length: updates.length });
  let us = nextUs;
  for (let k = updates.length - 1; k >= 0; k--) {
    us = Math.min(us, timeOf(updates[k] as BookUpdate, clock));
    times[k] = us;
  }
  return times;
}
