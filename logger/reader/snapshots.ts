/**
 * The book at every tick of a cadence, in one pass over the records. Ticks are whole multiples of the
 * cadence since 1970 on the chosen clock, so those of any two exports fall together. What a tick shows
 * is what `bookAt` answers for it; where that has no book there is no tick, but a gap between the others.
 *
 * The rule of `bookAt` is "after the last message, in the order of the segment, that is not behind the
 * moment". Receive times only rise, so a tick is due before the first message behind it. Stamps of
 * the exchange may step back: there a tick is due before message k when no message from k on is stamped
 * at or before it. How far ahead that has to look is what `bookAt` looks at: the rest of the block,
 * the block after it, and the image of the next interval, which takes over from its own stamp on.
 */

import type { RecordHeader } from '../archive/archive.ts';
import type { Book } from '../book/book.ts';
import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookUpdate, Horizon } from '../market/events.ts';
import { formatTimeUs } from '../market/time.ts';
import type { ReaderContext } from './context.ts';
import { DEFAULT_EVERY_US, validEveryUs } from '../queries/validate.ts';
import { formatBook } from '../queries/format.ts';
import type { HistoryItem } from './history.ts';
import { gapItem, historyOf, rangeOf, timeOf } from './range.ts';
import type { Range } from './range.ts';
import type { SnapshotsQuery } from '../queries/queries.ts';
import type { GapItem, SnapshotItem } from '../queries/results.ts';
import { refine, stepOver } from './replay.ts';

/** Lazy like the streams; two decoded blocks are in memory at a time. */
export async function* snapshots(
  context: ReaderContext,
  question: SnapshotsQuery,
): AsyncGenerator<SnapshotItem | GapItem> {
  const walk = new TickWalk(question);
  for await (const item of historyOf(context, question.security, walk.range)) {
    yield* walk.take(item);
  }
  yield* walk.finish();
}

/** The book of one interval on its way. */
interface Walked {
  readonly header: RecordHeader;
  book: Book;
  horizon: Horizon;
  sequence: number;
  exchangeTimeUs: number;
  receiveTimeUs: number;
  /** From here on (receive time) it is declared unknown. */
  readonly declaredUs: number;
  /** The last moment, on the range's clock, for which what came until now proves the book. */
  provenUs: number;
  /** A message behind `declaredUs` came: nothing after it counts. */
  isOver: boolean;
}

/** Steps that wait until it is known what comes after them. */
interface Waiting {
  readonly scale: Scale;
  readonly steps: readonly BookUpdate[];
}

/** Pure: takes the history item by item, gives the ticks and gaps that are settled by then. */
class TickWalk {
  readonly range: Range;
  readonly #question: SnapshotsQuery;
  readonly #everyUs: number;
  #tickUs = Number.NEGATIVE_INFINITY;
  #at: Walked | undefined;
  #waiting: Waiting | undefined;
  #hasEnded = false;
  /** Holes after the interval whose last ticks are not settled yet. */
  #gaps: Gap[] = [];
  /** The last tick's, which serves again as long as nothing changes. */
  #last: SnapshotItem | undefined;

  constructor(question: SnapshotsQuery) {
    this.range = rangeOf(question);
    this.#question = question;
    this.#everyUs = validEveryUs(question.everyUs ?? DEFAULT_EVERY_US);
    this.#notBefore(this.range.fromUs);
  }

  *take(item: HistoryItem): Generator<SnapshotItem | GapItem> {
    switch (item.type) {
      case 'begin':
        yield* this.#settle(timeOf(item, this.range.clock));
        this.#begin(item);
        break;
      case 'events': {
        const steps = item.events.filter(isBookUpdate);
        if (this.#at === undefined || steps.length === 0) break;
        const [earliestUs = Infinity] = risingTimes(steps, this.range, Infinity);
        yield* this.#play(earliestUs);
        this.#waiting = { scale: item.scale, steps };
        break;
      }
      case 'end':
        if (this.#at === undefined) break;
        this.#hasEnded = true;
        if (this.range.clock === 'receive') this.#at.provenUs = item.toUs;
        break;
      case 'gap':
        this.#gaps.push(item.gap);
        if (this.#at === undefined) yield* this.#tellGaps();
        break;
    }
  }

  *finish(): Generator<SnapshotItem | GapItem> {
    // Without an end of its own, a good block follows that begins behind the range.
    if (this.#at !== undefined && !this.#hasEnded) {
      const { declaredUs } = this.#at;
      this.#at.provenUs = this.range.clock === 'receive' ? declaredUs : Infinity;
    }
    yield* this.#settle(Infinity);
  }

  #begin(item: HistoryItem & { type: 'begin' }): void {
    if (item.receiveTimeUs > item.declaredUs) return;
    const { header, book, horizon, exchangeTimeUs, receiveTimeUs, declaredUs } = item;
    const provenUs = timeOf(item, this.range.clock);
    const stand = { sequence: header.lastSequence, exchangeTimeUs, receiveTimeUs };
    this.#at = { header, book, horizon, ...stand, declaredUs, provenUs, isOver: false };
    this.#notBefore(provenUs);
  }

  #notBefore(us: number): void {
    if (us <= this.#tickUs) return;
    this.#tickUs = Number.isFinite(us) ? Math.ceil(us / this.#everyUs) * this.#everyUs : us;
  }

  /** The interval is over, the next one begins at `untilUs`: the rest of its ticks, then the holes. */
  *#settle(untilUs: number): Generator<SnapshotItem | GapItem> {
    if (this.#at !== undefined) {
      yield* this.#play(Infinity, untilUs);
      if (!this.#at.isOver) yield* this.#ticks(this.#at, Math.min(untilUs, this.#at.provenUs + 1));
    }
    this.#at = undefined;
    this.#last = undefined;
    this.#hasEnded = false;
    yield* this.#tellGaps();
  }

  *#tellGaps(): Generator<GapItem> {
    for (const gap of this.#gaps) yield gapItem(gap, 'sequence');
    this.#gaps = [];
  }

  /** The waiting steps, and the ticks that are due between them. */
  *#play(nextUs: number, untilUs = Infinity): Generator<SnapshotItem> {
    const at = this.#at;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (at === undefined || waiting === undefined || at.isOver) return;
    const { steps, scale } = waiting;
    const refined = refine(at.book, at.horizon, scale);
    if (refined.book !== at.book) this.#last = undefined;
    Object.assign(at, refined);
    const isReceive = this.range.clock === 'receive';
    const lastUs = Math.min(untilUs, isReceive ? at.declaredUs + 1 : Infinity);
    const dueUs = risingTimes(steps, this.range, nextUs);
    let applied = 0;
    for (const [k, step] of steps.entries()) {
      const boundUs = Math.min(lastUs, dueUs[k] as number);
      if (this.#isDue(boundUs)) {
        this.#apply(at, steps.slice(applied, k));
        applied = k;
        yield* this.#ticks(at, boundUs);
      }
      if (step.receiveTimeUs > at.declaredUs) {
        at.isOver = true;
        return;
      }
      at.provenUs = Math.max(at.provenUs, timeOf(step, this.range.clock));
    }
    this.#apply(at, steps.slice(applied));
  }

  #apply(at: Walked, steps: readonly BookUpdate[]): void {
    const last = steps.at(-1);
    if (last === undefined) return;
    stepOver(at.book, steps, { after: Number.NEGATIVE_INFINITY, until: Infinity });
    at.sequence = last.lastSequence;
    at.exchangeTimeUs = last.exchangeTimeUs;
    at.receiveTimeUs = last.receiveTimeUs;
    this.#last = undefined;
  }

  #isDue(untilUs: number): boolean {
    return this.#tickUs < untilUs && this.#tickUs < this.range.toUs;
  }

  /** Ticks before `untilUs`, all of the book as it stands. */
  *#ticks(at: Walked, untilUs: number): Generator<SnapshotItem> {
    while (this.#isDue(untilUs)) {
      const tickUs = this.#tickUs;
      this.#tickUs += this.#everyUs;
      this.#last =
        this.#last === undefined ? this.#shown(at, tickUs) : shownAgain(this.#last, tickUs);
      yield this.#last;
    }
  }

  #shown(at: Walked, atUs: number): SnapshotItem {
    const { header, book, sequence, exchangeTimeUs, receiveTimeUs, horizon } = at;
    const { depth, level } = this.#question;
    const stand = { sequence, exchangeTimeUs, receiveTimeUs, horizon };
    const { clock } = this.range;
    return {
      type: 'snapshot',
      atUs,
      exchangeTimeUs,
      receiveTimeUs,
      book: formatBook({ header, book, stand, atUs, clock, depth, level }),
    };
  }
}

function shownAgain(item: SnapshotItem, atUs: number): SnapshotItem {
  return { ...item, atUs, book: { ...item.book, at: formatTimeUs(atUs) } };
}

/** For each step the earliest time that it or anything after it has; `nextUs` is what follows them. */
function risingTimes(steps: readonly BookUpdate[], { clock }: Range, nextUs: number): number[] {
  const times = Array.from<number>({ length: steps.length });
  let us = nextUs;
  for (let k = steps.length - 1; k >= 0; k--) {
    us = Math.min(us, timeOf(steps[k] as BookUpdate, clock));
    times[k] = us;
  }
  return times;
}
