/**
 * The book at every tick of a cadence, out of a history item by item. Ticks are whole multiples of the
 * cadence since 1970 on the chosen clock. A tick shows what `bookAt` answers for it; where that has no book
 * there is no tick, but a gap between the others. Pure: stored histories and live feeds fold alike.
 *
 * `bookAt` takes the last message, in the order of the segment, that is not behind the moment. Receive
 * times only rise, so a tick is due before the first message behind it. Exchange times may step back: there
 * a tick is due before message k when no message from k on is stamped at or before it. Up to when nothing
 * will be, the caller knows.
 */

import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { ReachedTime, isFarAhead } from '../market/reached-time.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookUpdate, MarketEvent } from '../market/events.ts';
import { isSameScale } from '../market/scale.ts';
import { viewOf } from '../queries/format.ts';
import type { Flows, GapItem, SnapshotItem } from '../queries/items.ts';
import type { SnapshotsQuery } from '../queries/queries.ts';
import { DEFAULT_EVERY_US, validEveryUs } from '../queries/validate.ts';
import { FlowTicks } from './flows.ts';
import { LevelChanges } from './level-changes.ts';
import { gapItem, rangeOf, timeOf } from './range.ts';
import type { Range } from './range.ts';
import { ReplayedBook } from './replay.ts';
import type { BookStart } from './replay.ts';

/** The current interval. */
interface Interval {
  book: ReplayedBook;
  /** From this receive time on its book is declared unknown. */
  declaredUs: number;
  /** When it began, on the range's clock. */
  readonly beginUs: number;
  /** The last moment, on the range's clock, for which the messages so far prove the book. */
  readonly proven: ReachedTime;
  /** Exchange clock − receive clock. */
  readonly offsetUs: number;
  /** A message behind `declaredUs` came: nothing after it counts. */
  isOver: boolean;
}

/** Updates that wait until it is known what comes after them. */
interface Waiting {
  readonly scale: Scale;
  readonly updates: BookUpdate[];
  /** The book after them, known further out. */
  deeper?: BookStart;
}

export class SnapshotFold {
  readonly range: Range;
  readonly everyUs: number;
  readonly #query: SnapshotsQuery;
  readonly #flows: FlowTicks;
  readonly #changes: LevelChanges | undefined;
  /** Ticks before are not shown: what changes are counted from. */
  #shownFromUs = Number.NEGATIVE_INFINITY;
  #segment: number;
  /** A gap came since the last interval. */
  #hasGap = true;
  #tickUs = Number.NEGATIVE_INFINITY;
  #interval: Interval | undefined;
  #waiting: Waiting[] = [];
  /** The last tick, shown again as long as nothing changes. */
  #last: SnapshotItem | undefined;

  /** @param segments how many there were before. */
  constructor(query: SnapshotsQuery, segments = 0) {
    this.range = rangeOf(query);
    this.#query = query.features === true ? { ...query, level: 'L2' } : query;
    this.everyUs = validEveryUs(query.everyUs ?? DEFAULT_EVERY_US);
    if (query.features === true) {
      this.#changes = new LevelChanges(this.everyUs, this.range.clock, query.depth);
    }
    this.#segment = segments;
    this.#flows = new FlowTicks(this.everyUs, this.range.clock);
    this.notBefore(this.range.fromUs);
  }

  get isInInterval(): boolean {
    return this.#interval !== undefined;
  }

  /** The next tick. */
  get tickUs(): number {
    return this.#tickUs;
  }

  /** The first tick that is shown is at or after this time. */
  notBefore(us: number): void {
    this.#shownFromUs = Math.max(this.#shownFromUs, us);
    // Changes are counted from the tick before.
    this.#skipTo(this.#changes === undefined ? us : us - this.everyUs);
  }

  /** A proven interval begins, the one before is over. */
  begin(start: BookStart, declaredUs = Infinity): void {
    this.#interval = undefined;
    this.#last = undefined;
    if (start.image.receiveTimeUs > declaredUs) return;
    const provenUs = timeOf(start.image, this.range.clock);
    const book = new ReplayedBook(start);
    const proven = new ReachedTime();
    proven.begin(provenUs);
    const offsetUs = start.image.exchangeTimeUs - start.image.receiveTimeUs;
    const interval = { book, declaredUs, beginUs: provenUs, proven, offsetUs, isOver: false };
    this.#interval = interval;
    if (this.#hasGap) this.#segment++;
    this.#hasGap = false;
    this.#skipTo(provenUs);
    this.#changes?.begin(book, false);
  }

  /** The trades of what follows; some may be older than the book. */
  addTrades(events: readonly MarketEvent[], scale: Scale): void {
    this.#flows.add(events, scale);
    this.#changes?.addTrades(events, scale);
  }

  /** The book updates of what follows. */
  addUpdates(events: readonly MarketEvent[], scale: Scale): void {
    const updates = events.filter(isBookUpdate);
    if (this.#interval === undefined || updates.length === 0) return;
    this.#waiting.push({ scale, updates });
  }

  /** One, which costs less than a list of one. */
  addUpdate(update: BookUpdate, scale: Scale): void {
    const last = this.#waiting.at(-1);
    const isSameBatch = last !== undefined && last.deeper === undefined;
    if (isSameBatch && isSameScale(last.scale, scale)) last.updates.push(update);
    else if (this.#interval !== undefined) this.#waiting.push({ scale, updates: [update] });
  }

  /** Trades of periods that end before are of no use. */
  forgetBefore(us: number): void {
    this.#flows.forgetBefore(us);
    this.#changes?.forgetBefore(us);
  }

  /** After what was added so far the book is known further out. */
  deepen(start: BookStart): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined) last.deeper = start;
    else if (this.#interval !== undefined) this.#replace(this.#interval, start);
  }

  /** Nothing that is added later is stamped before `untilUs`: what is due before. */
  *advance(untilUs: number): Generator<SnapshotItem> {
    yield* this.#play(untilUs);
    const interval = this.#interval;
    if (interval === undefined || interval.isOver || !Number.isFinite(untilUs)) return;
    yield* this.#ticks(interval, Math.min(untilUs, this.#declaredEndUs(interval)));
  }

  /**
   * The interval is over, and the next one begins at `untilUs`: the rest of its ticks.
   * @param provenUs up to when its book is proven, if not by its last message alone.
   */
  *end(untilUs: number, provenUs?: number): Generator<SnapshotItem> {
    const interval = this.#interval;
    if (interval !== undefined) {
      if (provenUs !== undefined) interval.proven.begin(provenUs);
      yield* this.#play(Infinity, untilUs);
      if (!interval.isOver) {
        yield* this.#ticks(interval, Math.min(untilUs, interval.proven.us + 1));
      }
    }
    this.#interval = undefined;
    this.#waiting = [];
    this.#last = undefined;
  }

  /** From this receive time on the book of the interval is declared unknown. */
  declare(us: number): void {
    if (this.#interval) this.#interval.declaredUs = Math.min(this.#interval.declaredUs, us);
  }

  /** Up to when the book of the interval may be asked for, as far as it is declared. */
  get declaredUs(): number {
    return this.#interval?.declaredUs ?? Infinity;
  }

  gap(gap: Gap): GapItem {
    this.#hasGap = true;
    return gapItem(gap);
  }

  #skipTo(us: number): void {
    if (us <= this.#tickUs) return;
    this.#tickUs = Number.isFinite(us) ? Math.ceil(us / this.everyUs) * this.everyUs : us;
  }

  #declaredEndUs({ declaredUs }: Interval): number {
    return this.range.clock === 'receive' ? declaredUs + 1 : Infinity;
  }

  /** The updates that wait, and the ticks between them. What is stamped behind `knownUs` goes on waiting. */
  *#play(knownUs: number, untilUs = Infinity): Generator<SnapshotItem> {
    const interval = this.#interval;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (interval === undefined || interval.isOver) return;
    const lastUs = Math.min(untilUs, this.#declaredEndUs(interval));
    const due = dueTimes(waiting, this.range, knownUs);
    for (const [i, { scale, updates, deeper }] of waiting.entries()) {
      let applied = 0;
      for (const [k, update] of updates.entries()) {
        const dueUs = due[i]?.[k] as number;
        if (dueUs >= knownUs) {
          this.#apply(interval, updates.slice(applied, k), scale);
          this.#waiting = [
            { scale, updates: updates.slice(k), ...(deeper && { deeper }) },
            ...waiting.slice(i + 1),
          ];
          return;
        }
        const boundUs = Math.min(lastUs, dueUs);
        const isLast = i === waiting.length - 1 && k === updates.length - 1;
        const isDoubtful = isLast && this.#isDoubtful(interval, update);
        if (this.#isDue(boundUs) && !isDoubtful) {
          this.#apply(interval, updates.slice(applied, k), scale);
          applied = k;
          yield* this.#ticks(interval, boundUs);
        }
        if (update.receiveTimeUs > interval.declaredUs) {
          interval.isOver = true;
          return;
        }
        this.#prove(interval, update);
      }
      this.#apply(interval, updates.slice(applied), scale);
      if (deeper !== undefined) this.#replace(interval, deeper);
    }
  }

  #apply({ book }: Interval, updates: readonly BookUpdate[], scale: Scale): void {
    if (updates.length === 0) return;
    book.refine(scale);
    if (this.#changes === undefined) book.applyAll(updates);
    else this.#changes.apply(book, updates);
    this.#last = undefined;
  }

  #replace(interval: Interval, start: BookStart): void {
    interval.book = new ReplayedBook(start);
    this.#changes?.begin(interval.book, true);
    this.#last = undefined;
  }

  /** The last one, and alone in being stamped far ahead: the book is not known to have come so far. */
  #isDoubtful({ proven, offsetUs }: Interval, update: BookUpdate): boolean {
    const isAlone = this.range.clock === 'exchange' && !proven.isAhead;
    return isAlone && isFarAhead(update, offsetUs);
  }

  #prove({ proven, offsetUs }: Interval, update: BookUpdate): void {
    if (this.range.clock === 'exchange') proven.reach(update, offsetUs);
    else proven.begin(Math.max(proven.us, update.receiveTimeUs));
  }

  #isDue(untilUs: number): boolean {
    return this.#tickUs < untilUs && this.#tickUs < this.range.toUs;
  }

  /** Ticks before `untilUs`, all of the current book. */
  *#ticks(interval: Interval, untilUs: number): Generator<SnapshotItem> {
    while (this.#isDue(untilUs)) {
      const atUs = this.#tickUs;
      this.#tickUs += this.everyUs;
      const flows = this.#flowsOf(interval, atUs);
      this.#last =
        this.#last === undefined
          ? { ...this.#snapshotOf(interval.book, atUs), segment: this.#segment, flows }
          : { ...this.#last, atUs, flows };
      if (this.#changes !== undefined) {
        const features = this.#changes.take(interval.book, this.#last.rows, atUs);
        this.#last = { ...this.#last, features: flows === null ? null : features };
      }
      if (atUs >= this.#shownFromUs) yield this.#last;
    }
  }

  /** Of the period that ends at a tick; null: it touches a gap. */
  #flowsOf({ beginUs }: Interval, tickUs: number): Flows | null {
    const flows = this.#flows.take(tickUs);
    return tickUs - this.everyUs < beginUs ? null : flows;
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
function dueTimes(waiting: readonly Waiting[], { clock }: Range, nextUs: number): number[][] {
  let us = nextUs;
  const times: number[][] = [];
  for (let i = waiting.length - 1; i >= 0; i--) {
    const updates = (waiting[i] as Waiting).updates;
    const own = Array.from<number>({ length: updates.length });
    for (let k = updates.length - 1; k >= 0; k--) {
      us = Math.min(us, timeOf(updates[k] as BookUpdate, clock));
      own[k] = us;
    }
    times[i] = own;
  }
  return times;
}
