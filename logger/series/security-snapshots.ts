/**
 * Snapshots of one security as they happen, by the exchange's clock: the rows that `export --type snapshots`
 * gives afterwards. Pure; the caller has the clock.
 *
 * A row at T is made as soon as
 * - the book has moved on to a time behind T: until then nothing proves that it is still the exchange's, and
 *   what was missed would be a gap from its last message on; and
 * - so have the trades, or anything is stamped a second behind T, because nobody trades. Where trades are
 *   messages of the book, the book alone tells.
 *
 * A message that comes later still, stamped at or before T, is counted: the archive's row shows it. One that is
 * stamped far ahead of our clock moves nothing on unless the next one is, too.
 */

import type { LiveEvent, LiveSegment } from '../live/events.ts';
import type { BookUpdate, MarketEvent } from '../market/events.ts';
import type { Scale } from '../market/decimal.ts';
import { ReachedTime } from '../market/reached-time.ts';
import type { GapItem, SnapshotItem } from '../queries/items.ts';
import type { SnapshotsQuery } from '../queries/queries.ts';
import type { BookStart } from '../reader/replay.ts';
import { SnapshotFold } from '../reader/snapshot-fold.ts';

/** How far quiet trades may be behind what else the exchange sends. */
export const QUIET_AFTER_US = 1_000_000;
/** Updates are applied at the latest when so many wait. */
const MAX_WAITING = 1000;
/** Rows that are made at once; the others are still due. */
const MAX_ROWS = 100;
/** What was traded so long ago is of no use to a segment that begins now. */
const FORGET_AFTER_US = 60_000_000;

export type LiveSnapshotsQuery = Pick<
  SnapshotsQuery,
  'security' | 'everyUs' | 'depth' | 'level' | 'features'
>;

export class SecuritySnapshots {
  readonly #fold: SnapshotFold;
  /** What was received earlier is not known; undefined once the first book is. */
  #sinceUs: number | undefined;
  /** Segments that have begun. */
  #segments = 0;
  #isInGap = true;
  #isTradeInBook = false;
  readonly #book = new ReachedTime();
  readonly #trades = new ReachedTime();
  readonly #heard = new ReachedTime();
  /** Exchange clock − receive clock, of the last proven book. */
  #offsetUs = 0;
  /** Of the last row. */
  #shownUs = -Infinity;
  #waiting = 0;
  #late = 0;

  /** @param sinceUs receive time from which on every message comes here. */
  constructor(query: LiveSnapshotsQuery, sinceUs: number) {
    this.#fold = new SnapshotFold({ ...query, clock: 'exchange' });
    this.#sinceUs = sinceUs;
  }

  /** Segments that have begun, the one that ran at the start included. */
  get segments(): number {
    return this.#segments;
  }

  /** Messages that came after a row that they belong to. */
  get late(): number {
    return this.#late;
  }

  /** A row can be made now, or much waits. */
  get isDue(): boolean {
    if (this.#isInGap) return false;
    return this.#knownUs > this.#fold.tickUs || this.#waiting >= MAX_WAITING;
  }

  /** @returns what an event ends at once; rows that it makes possible are due. */
  take(event: LiveEvent): (SnapshotItem | GapItem)[] {
    switch (event.type) {
      case 'image':
        return this.#image(event);
      case 'update':
        this.#update(event.update, event.segment.scale);
        return [];
      case 'side-event':
        this.#hear(event.event);
        if (event.event.type === 'trade') {
          this.#trades.reach(event.event, this.#offsetUs);
          this.#addTrade(event.event, event.scale);
        }
        return [];
      case 'heartbeat':
        this.#heard.reach(event.heartbeat, this.#offsetUs);
        return [];
      case 'gap':
        // The last rows wait for the next segment, which takes over from its own time on.
        this.#fold.declare(event.gap.fromUs);
        this.#isInGap = true;
        return [];
      case 'unapplied':
      case 'state':
        return [];
    }
  }

  /** Rows that are known now, as many as are made at once. */
  rows(): SnapshotItem[] {
    if (this.#isInGap) return [];
    this.#waiting = 0;
    const { tickUs, everyUs } = this.#fold;
    const rows = [...this.#fold.advance(Math.min(this.#knownUs, tickUs + MAX_ROWS * everyUs))];
    this.#shownUs = rows.at(-1)?.atUs ?? this.#shownUs;
    return rows;
  }

  /** Nothing stamped before is expected. */
  get #knownUs(): number {
    const bookUs = this.#book.us;
    if (this.#isTradeInBook) return bookUs;
    return Math.min(bookUs, Math.max(this.#trades.us, this.#heard.us - QUIET_AFTER_US));
  }

  #image({
    reason,
    segment,
    closedGap,
  }: LiveEvent & { readonly type: 'image' }): (SnapshotItem | GapItem)[] {
    if (reason === 'scale') return [];
    if (reason === 'horizon') {
      const start = startOf(segment);
      this.#fold.deepen({ ...start, book: start.book.clone() });
      return [];
    }
    const items: (SnapshotItem | GapItem)[] = [...this.#fold.end(segment.exchangeTimeUs)];
    if (closedGap !== null && this.#segments > 0) items.push(this.#fold.gap(closedGap));
    this.#startWithin(segment);
    this.#fold.begin(startOf(segment));
    this.#segments++;
    this.#isInGap = false;
    this.#waiting = 0;
    const { level, windowed } = segment.identity;
    this.#isTradeInBook = level === 'L3' && windowed !== true;
    this.#offsetUs = segment.exchangeTimeUs - segment.receiveTimeUs;
    this.#book.begin(segment.exchangeTimeUs);
    this.#heard.reach(segment, this.#offsetUs);
    return items;
  }

  /** In the middle of a segment: from the first period of which every trade comes here. */
  #startWithin({ exchangeTimeUs, receiveTimeUs }: LiveSegment): void {
    if (this.#sinceUs === undefined) return;
    const aheadUs = this.#sinceUs - receiveTimeUs + QUIET_AFTER_US;
    this.#fold.notBefore(exchangeTimeUs + aheadUs + this.#fold.everyUs);
    this.#sinceUs = undefined;
  }

  #update(update: BookUpdate, scale: Scale): void {
    this.#hear(update);
    this.#book.reach(update, this.#offsetUs);
    if (update.type === 'match') this.#addTrade(update, scale);
    this.#fold.addUpdate(update, scale);
    this.#waiting++;
  }

  #addTrade(event: MarketEvent, scale: Scale): void {
    this.#fold.addTrades([event], scale);
    if (this.#isInGap) {
      this.#fold.forgetBefore(event.exchangeTimeUs - FORGET_AFTER_US - this.#fold.everyUs);
    }
  }

  #hear(event: MarketEvent): void {
    this.#heard.reach(event, this.#offsetUs);
    if (!this.#isInGap && event.exchangeTimeUs <= this.#shownUs) this.#late++;
  }
}

/** The book moves on: it has to be cloned at once. */
function startOf(segment: LiveSegment): BookStart {
  const { identity, book, sequence, exchangeTimeUs, receiveTimeUs, scale, horizon } = segment;
  const image = { sequence, exchangeTimeUs, receiveTimeUs, scale, horizon };
  return { header: identity, image, book };
}
