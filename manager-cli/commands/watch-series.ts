/** `watch <security> --candles` and `--snapshots`: a line for each candle that changes, or each row. */

import { snapshotSeriesRequest } from '../../logger/messages/requests.ts';
import type { WatchSeriesRequest } from '../../logger/messages/types.ts';
import type { SnapshotsQuery } from '../../logger/queries/queries.ts';
import type {
  BookResult,
  BookRow,
  CandleResult,
  ExportGap,
  SnapshotFlowResult,
} from '../../logger/queries/results.ts';
import type { Session } from '../command.ts';
import { known } from '../format.ts';

type Snapshot = BookResult & SnapshotFlowResult;
type Line = CandleResult | Snapshot | { readonly gap: ExportGap };

function textOf(line: Line): string {
  if ('gap' in line) return `gap  ${line.gap.from}  to ${known(line.gap.to)} (${line.gap.cause})`;
  if ('bids' in line) return snapshotText(line);
  const prices = [line.open, line.high, line.low, line.close].map(known).join(' / ');
  return `${line.timeframe}  ${line.from}  ${line.state}  ${prices}  volume ${line.volume}  ${line.trades} trades`;
}

/** The best prices; the whole row is in `--json`. */
function snapshotText({ at, segment, bids, asks, upticks, downticks }: Snapshot): string {
  const best = (row: BookRow | undefined): string =>
    row === undefined ? '–' : `${row[1]} × ${row[0]}`;
  const flow = ({ notional, count }: SnapshotFlowResult['upticks']): string =>
    `${known(notional)} (${known(count === null ? null : String(count))})`;
  return `${at}  segment ${segment}  ${best(bids[0])} / ${best(asks[0])}  bought ${flow(upticks)}  sold ${flow(downticks)}`;
}

export async function followCandles(
  session: Session,
  security: string,
  candles: readonly string[],
): Promise<void> {
  await follow(session, { security, candles: [...candles] });
}

export async function followSnapshots(session: Session, query: SnapshotsQuery): Promise<void> {
  await follow(session, snapshotSeriesRequest(query));
}

async function follow(session: Session, request: WatchSeriesRequest): Promise<void> {
  const { out, signal } = session;
  const client = await session.client();
  for await (const part of client.stream('WatchSeries', request, { isEndless: true, signal })) {
    // Whole lines: the rest behind the last one is empty.
    for (const line of Buffer.from(part.lines).toString().split('\n').slice(0, -1)) {
      await out.line(out.isJson ? line : textOf(JSON.parse(line) as Line));
    }
  }
}
