/** The top of a venue's book over a time that is past, from an archive or from a logger's. */

import { parseTimeUs } from '../../logger/market/time.ts';
import type { DataItem, GapItem, QuoteItem } from '../../logger/queries/items.ts';
import type { CoverageQuery, ExportQuery } from '../../logger/queries/queries.ts';
import type { CoverageResult } from '../../logger/queries/results.ts';
import type { Venue } from '../market/venue.ts';
import type { Top } from '../top/top.ts';
import type { TopEntry } from '../top/top-series.ts';

/** Where the past is asked: a logger, or an archive. */
export interface PastHistory {
  coverage(query: CoverageQuery): Promise<CoverageResult>;
  items(query: ExportQuery, signal: AbortSignal): AsyncIterable<DataItem | GapItem>;
}

export interface PastRange {
  readonly fromUs: number;
  readonly toUs: number;
  /** It ends where the recording does: what is live there is not said to end. */
  readonly isOpen?: boolean;
}

/**
 * What holds at `fromUs`, and every change of it until before `toUs`, on the receive clock. What is not
 * recorded is not proven, up to the end of the range.
 * @throws CliError
 */
export async function* pastTops(
  history: PastHistory,
  { security }: Pick<Venue, 'security'>,
  { fromUs, toUs, isOpen }: PastRange,
  signal: AbortSignal,
): AsyncGenerator<TopEntry> {
  const covered = await intervalsOf(history, security, { fromUs, toUs });
  const endUs = covered.ranges.at(-1)?.toUs ?? fromUs;
  // What is recorded and not read yet; the last one is not over while it is recorded.
  let rest = covered.ranges;
  if ((rest[0]?.fromUs ?? Infinity) > fromUs) yield { atUs: fromUs, top: null };
  const query = { type: 'quotes', format: 'jsonl', security, fromUs, toUs: endUs } as const;
  for await (const item of endUs > fromUs ? history.items(query, signal) : []) {
    const atUs = item.type === 'gap' ? item.fromUs + 1 : receiveTimeOf(item);
    // A gap behind what was covered.
    if (atUs >= endUs) break;
    if (item.type === 'gap') {
      const over = rest.filter((range) => range.toUs <= atUs);
      yield* over.map(unprovenAfter);
      rest = rest.slice(over.length);
    }
    // The first one of an interval is the book as it stood, which may be older.
    if (item.type === 'quote')
      yield { atUs: Math.max(atUs, rest[0]?.fromUs ?? fromUs), top: topOfQuote(item) };
  }
  if (isOpen && !covered.endsInGap) rest = rest.slice(0, -1);
  yield* rest.filter((range) => range.toUs < toUs).map(unprovenAfter);
}

/** What is covered, cut at the range's ends. */
async function intervalsOf(
  history: PastHistory,
  security: string,
  { fromUs, toUs }: PastRange,
): Promise<{ readonly ranges: readonly PastRange[]; readonly endsInGap: boolean }> {
  const { intervals, gaps } = await history.coverage({ security, fromUs, toUs });
  const ranges = intervals.map(({ from, to }) => ({
    fromUs: Math.max(parseTimeUs(from), fromUs),
    // Proven at its last moment, too.
    toUs: Math.min(parseTimeUs(to) + 1, toUs),
  }));
  return { ranges, endsInGap: gaps.at(-1)?.to === null };
}

function unprovenAfter({ toUs }: PastRange): TopEntry {
  return { atUs: toUs, top: null };
}

function topOfQuote({ scale, bidPrice, bidSize, askPrice, askSize }: QuoteItem): Top {
  return { scale, bidPrice, bidSize, askPrice, askSize };
}

function receiveTimeOf(item: DataItem): number {
  return 'receiveTimeUs' in item ? item.receiveTimeUs : 0;
}

/** One after another by time, then by the order of the venues: every read of a recording gives the same. */
export async function* mergedTops(
  venues: readonly Venue[],
  topsOf: (venue: Venue) => AsyncIterable<TopEntry>,
): AsyncGenerator<TopEntry & { readonly venue: Venue }> {
  const streams = await Promise.all(
    venues.map(async (venue) => {
      const entries = topsOf(venue)[Symbol.asyncIterator]();
      return { venue, entries, next: await entries.next() };
    }),
  );
  for (;;) {
    let first: (typeof streams)[number] | undefined;
    for (const stream of streams) {
      if (stream.next.done) continue;
      if (first?.next.done !== false || stream.next.value.atUs < first.next.value.atUs) {
        first = stream;
      }
    }
    if (first === undefined || first.next.done) return;
    yield { ...first.next.value, venue: first.venue };
    first.next = await first.entries.next();
  }
}
