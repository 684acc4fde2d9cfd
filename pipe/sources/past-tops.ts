/** The top of a venue's book over a time that is past, from an archive or from a logger's. */

import type { History } from '../../manager-cli/history.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { DataItem } from '../../logger/queries/items.ts';
import type { Venue } from '../market/venue.ts';
import type { TopEntry } from '../top/top-series.ts';

export interface PastRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * What holds at `fromUs`, and every change of it until before `toUs`, on the receive clock. What is not
 * recorded is not proven, up to the end of the range.
 * @throws CliError
 */
export async function* pastTops(
  history: Pick<History, 'coverage' | 'items'>,
  { security }: Pick<Venue, 'security'>,
  { fromUs, toUs }: PastRange,
  signal: AbortSignal,
): AsyncGenerator<TopEntry> {
  const { intervals } = await history.coverage({ security, fromUs, toUs });
  const covered = intervals.map(({ from, to }) => ({
    fromUs: Math.max(parseTimeUs(from), fromUs),
    toUs: parseTimeUs(to),
  }));
  const endUs = covered.at(-1)?.toUs ?? fromUs;
  if ((covered[0]?.fromUs ?? Infinity) > fromUs) yield { atUs: fromUs, top: null };
  // What is recorded while this is read has no place in what was covered.
  const query = { type: 'quotes', format: 'jsonl', security, fromUs, toUs: endUs } as const;
  let at = 0;
  for await (const item of endUs > fromUs ? history.items(query, signal) : []) {
    if (item.type === 'gap') {
      for (; (covered[at]?.toUs ?? Infinity) <= item.fromUs; at++) yield unprovenAt(covered[at]);
      continue;
    }
    const entry = entryOf(item);
    // The first one of an interval is the book as it stood, which may be older.
    if (entry) yield { ...entry, atUs: Math.max(entry.atUs, covered[at]?.fromUs ?? fromUs) };
  }
  for (const interval of covered.slice(at)) if (interval.toUs < toUs) yield unprovenAt(interval);
}

function unprovenAt(interval: PastRange | undefined): TopEntry {
  return { atUs: interval?.toUs ?? 0, top: null };
}

function entryOf(item: DataItem): TopEntry | null {
  if (item.type !== 'quote') return null;
  const { receiveTimeUs: atUs, scale, bidPrice, bidSize, askPrice, askSize } = item;
  return { atUs, top: { scale, bidPrice, bidSize, askPrice, askSize } };
}
