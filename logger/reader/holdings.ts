/** What an archive holds: one line for each security, from headers alone. */

import type { ArchiveReader } from '../archive/archive.ts';
import { parseTimeUs } from '../market/time.ts';
import type { HoldingResult } from '../queries/results.ts';
import type { Reader } from './reader.ts';

/** In order of their names. */
export async function holdings(
  archive: ArchiveReader,
  reader: Pick<Reader, 'coverage'>,
): Promise<HoldingResult[]> {
  const found: HoldingResult[] = [];
  for (const { security, feed } of await archive.securities()) {
    // One after another: each walks every header of its security.
    found.push(await holding(archive, reader, { security, feed }));
  }
  return found.sort((a, b) => (a.security < b.security ? -1 : 1));
}

async function holding(
  archive: ArchiveReader,
  reader: Pick<Reader, 'coverage'>,
  { security, feed }: { readonly security: string; readonly feed: string },
): Promise<HoldingResult> {
  const { intervals, gaps } = await reader.coverage({ security });
  const { storedBytes } = await archive.totals(security);
  const last = await archive.imageAt(security, { clock: 'receive', us: Number.MAX_SAFE_INTEGER });
  const coveredUs = intervals.reduce(
    (us, { from, to }) => us + parseTimeUs(to) - parseTimeUs(from),
    0,
  );
  return {
    security,
    level: last?.header.level ?? null,
    feed: intervals.at(-1)?.feed ?? feed,
    ...(last?.header.contract && { contract: last.header.contract }),
    from: intervals.at(0)?.from ?? null,
    to: intervals.at(-1)?.to ?? null,
    covered: coveredUs / 1_000_000,
    intervals: intervals.length,
    gaps: gaps.length,
    storedBytes,
  };
}
