/** The venues of archives, as a post-mortem reads them. */

import type { ArchiveReader } from '../../../logger/archive/archive.ts';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { hasConsecutiveTradeIds } from '../../../logger/exchange/exchanges.ts';
import type { StoredLevelEvent } from '../../../logger/market/level-events.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';
import type { GapItem } from '../../../logger/queries/items.ts';
import type { CoverageResult } from '../../../logger/queries/results.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import type { TopSpan } from '../../../logger/reader/top-bounds.ts';
import type { YieldToEventLoop } from '../../../logger/runtime/yield.ts';
import { yieldToEventLoop as yieldToMachine } from '../../../logger/runtime/yield.ts';
import type { BookPoint, VenueEvent, VenueImage } from '../../market/events.ts';
import type { Venue } from '../../market/venue.ts';
import { Lane } from '../lane.ts';
import type { PastVenues, Span } from '../past-venues.ts';

/** To begin somewhere costs more than to read on for so long. */
const NEAR_US = 300_000_000;

export class ArchiveVenues implements PastVenues {
  readonly #archives: ReadonlyMap<string, Reader>;
  readonly #ends = new Map<string, Promise<number>>();
  /** By source and security: where the last point was found. */
  readonly #walks = new Map<string, Lane>();

  /** @param archives by the name of their source. Closing them stays with the caller. */
  constructor(
    archives: ReadonlyMap<string, ArchiveReader>,
    yieldToEventLoop: YieldToEventLoop = yieldToMachine,
  ) {
    this.#archives = new Map(
      [...archives].map(([name, archive]) => [
        name,
        createReader(archive, { yieldToEventLoop, hasConsecutiveTradeIds }),
      ]),
    );
  }

  async *range(
    venue: Venue,
    span: Span,
    { topOnly = false }: { readonly topOnly?: boolean },
  ): AsyncGenerator<VenueEvent> {
    const reader = this.#of(venue);
    let last: VenueEvent | undefined;
    for await (const item of reader.levels({ security: venue.security, ...span, topOnly })) {
      const event = eventOf(venue, item, span);
      // Where the recording begins in the range, nothing is proven before.
      const isLate = event.type === 'image' && event.point.receiveTimeUs > span.fromUs;
      if (last === undefined && isLate) yield unprovenAt(venue, null, span.fromUs, 'not recorded');
      last = event;
      yield event;
    }
    const endUs = await this.endUs(venue);
    // A gap at the end says why itself.
    if (endUs < span.toUs && last?.type !== 'unproven') {
      yield unprovenAt(venue, endUs, Math.max(endUs, span.fromUs), 'the recording ends');
    }
  }

  async topBounds(venue: Venue, span: Span): Promise<readonly TopSpan[]> {
    const found: TopSpan[] = [];
    const { security } = venue;
    for await (const one of this.#of(venue).topBounds({ security, ...span })) found.push(one);
    return found;
  }

  async bookAtPoint(venue: Venue, point: BookPoint): Promise<VenueImage | null> {
    const key = keyOf(venue);
    let walk = this.#walks.get(key);
    if (walk === undefined) {
      walk = new Lane(this, venue, await this.endUs(venue));
      this.#walks.set(key, walk);
    }
    const at = walk.book.point?.receiveTimeUs ?? Infinity;
    const isAhead = point.receiveTimeUs > at && point.receiveTimeUs <= at + NEAR_US;
    if (isAt(walk, point)) return imageOf(walk);
    if (isAhead && (await isFoundAhead(walk, point))) return imageOf(walk);
    await walk.open(point.receiveTimeUs);
    return (await isFoundAhead(walk, point)) ? imageOf(walk) : null;
  }

  /** Ends what is being read. */
  async close(): Promise<void> {
    for (const walk of this.#walks.values()) await walk.close();
    this.#walks.clear();
  }

  endUs(venue: Venue): Promise<number> {
    const key = keyOf(venue);
    let end = this.#ends.get(key);
    if (end === undefined) this.#ends.set(key, (end = this.#end(venue)));
    return end;
  }

  async fingerprint(venue: Venue, { fromUs, toUs }: Span): Promise<string> {
    const { security } = venue;
    const coverage = await this.#of(venue).coverage({ security, fromUs, toUs });
    return JSON.stringify(within(coverage, fromUs, toUs));
  }

  async #end(venue: Venue): Promise<number> {
    const { security } = venue;
    const { intervals } = await this.#of(venue).coverage({ security });
    const last = intervals.at(-1);
    return last === undefined ? 0 : parseTimeUs(last.to);
  }

  #of({ source, name }: Venue): Reader {
    const found =
      this.#archives.get(source) ??
      // Records name the source that was followed live; with one archive there is no choice.
      (this.#archives.size === 1 ? [...this.#archives.values()][0] : undefined) ??
      this.#archives.get(name.split('@')[1] ?? '');
    if (found === undefined) {
      throw new InvalidArgumentError(
        `There is no archive for ${name}: name it ${source} with --archive ${source}=…`,
      );
    }
    return found;
  }
}

function keyOf({ source, security }: Venue): string {
  return `${source}\n${security}`;
}

function isAt({ book }: Lane, { epoch, sequence }: BookPoint): boolean {
  return book.point?.epoch === epoch && book.point.sequence === sequence;
}

/** Moves the walk until it stands there, or is past it. */
async function isFoundAhead(walk: Lane, point: BookPoint): Promise<boolean> {
  while (walk.nextUs <= point.receiveTimeUs) {
    await walk.take();
    // An image that knows the same book further out may follow: the first one is what was decided on.
    if (isAt(walk, point)) return true;
  }
  return isAt(walk, point);
}

function imageOf({ book: { venue, book, point, horizon } }: Lane): VenueImage | null {
  if (book === null || point === null) return null;
  const [bids, asks] = [book.levels('bid'), book.levels('ask')];
  return { type: 'image', venue, point, scale: book.scale, bids, asks, horizon };
}

function unprovenAt(
  venue: Venue,
  sinceUs: number | null,
  atUs: number,
  reason: string,
): VenueEvent {
  return { type: 'unproven', venue, sinceUs, atUs, reason };
}

function eventOf(venue: Venue, item: StoredLevelEvent | GapItem, { fromUs }: Span): VenueEvent {
  switch (item.type) {
    case 'gap':
      return unprovenAt(venue, item.fromUs, Math.max(item.fromUs, fromUs), item.cause);
    case 'trade':
      return { ...item, venue, tradeId: String(item.tradeId) };
    default:
      return { ...item, venue };
  }
}

/** What is known of that time: what goes on behind it, or went on before, does not count. */
function within({ intervals, gaps }: CoverageResult, fromUs: number, toUs: number): object {
  const clipped = (from: string | null, to: string | null): object => ({
    from: Math.max(fromUs, from === null ? fromUs : parseTimeUs(from)),
    to: Math.min(toUs, to === null ? toUs : parseTimeUs(to)),
  });
  return {
    intervals: intervals.map(({ from, to, feed, proof }) => ({
      ...clipped(from, to),
      feed,
      proof,
    })),
    gaps: gaps.map(({ from, to, cause }) => ({ ...clipped(from, to), cause })),
  };
}
