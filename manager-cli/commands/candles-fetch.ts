/** `candles fetch`: brings the exchange's own candles into the archive of a running logger. */

import { TIMEFRAMES } from '../../logger/candles/timeframe.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import { fetchCandlesRequest, fetchProgress, fetchResult } from '../../logger/messages/candles.ts';
import type { FetchCandlesProgress, FetchCandlesResult } from '../../logger/queries/results.ts';
import { fetchCandlesQuery } from '../arguments.ts';
import { SECURITY, valued } from '../command.ts';
import type { Command, Session } from '../command.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { counted, grouped } from '../format.ts';
import { bar, progressLine } from '../progress.ts';

/** Stretches without candles that are listed in text; JSON has all of them. */
const MAX_LISTED = 10;

function progressText(progress: FetchCandlesProgress): string {
  const { security, timeframe, from, to, at, stored, present, wait } = progress;
  const [fromUs, toUs, atUs] = [from, to, at].map((time) => parseTimeUs(time)) as [
    number,
    number,
    number,
  ];
  const part = bar(atUs - fromUs, toUs - fromUs);
  const waiting = wait === null ? '' : `; waits ${wait.seconds} s: ${wait.reason}`;
  return `${part}  ${security} ${timeframe} to ${at}: ${counted(stored + present, 'candle')}${waiting}`;
}

async function fetched(session: Session): Promise<FetchCandlesResult> {
  const query = fetchCandlesQuery(session.args);
  const client = await session.client();
  const progress = progressLine(session.io);
  const gaps: { readonly from: string; readonly to: string }[] = [];
  const options = { isEndless: true, signal: session.signal };
  try {
    for await (const part of client.stream('FetchCandles', fetchCandlesRequest(query), options)) {
      const latest = part.progress ? fetchProgress(part.progress) : null;
      if (latest) progress.show(() => progressText(latest));
      if (part.gap) gaps.push({ from: part.gap.from, to: part.gap.to });
      if (part.result) return fetchResult(part.result, gaps);
    }
  } finally {
    progress.clear();
  }
  throw new CliError(EXIT.failed, 'The fetch ended without a result; repeat it, it goes on');
}

function lengthOf({ from, to }: { readonly from: string; readonly to: string }): number {
  return parseTimeUs(to) - parseTimeUs(from);
}

function textOf({ stored, present, missing, gaps, ...result }: FetchCandlesResult): string[] {
  const { security, timeframe, from, to } = result;
  const before = present === 0 ? '' : `, ${grouped(present)} there already`;
  const lines = [
    `${security} ${timeframe} from ${from} to ${to}: ${counted(stored, 'candle')} stored${before}.`,
  ];
  if (missing === 0) return lines;
  const longest = gaps.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, MAX_LISTED);
  const which = gaps.length > MAX_LISTED ? `; the longest of ${gaps.length} stretches` : '';
  lines.push(`The exchange has no candle for ${counted(missing, 'interval')}${which}:`);
  for (const gap of longest) lines.push(`  ${gap.from} to ${gap.to}`);
  return lines;
}

export const candlesFetchCommand: Command = {
  usage: 'candles fetch <security>',
  describe:
    "Store the exchange's own candles from before the recording; repeated, it goes on where it stopped",
  positionals: { security: SECURITY },
  options: {
    timeframe: { ...valued('Length of the candles (required)'), choices: [...TIMEFRAMES] },
    from: valued('Candles that begin at or after this time (required)'),
    to: valued('Candles that begin before this time (default: where the recording begins, or now)'),
  },
  examples: [
    ['candles fetch binance:BTCUSDT --timeframe 1h --from 2024-01-01T00:00:00Z', 'its history'],
    ['candles fetch bitmex:XBTUSD --timeframe 1d --from -365d --json', 'a year of days'],
  ],
  completes: { recorded: true },
  run: async (session) => {
    const result = await fetched(session);
    const { out } = session;
    if (out.isJson) await out.json(result);
    else for (const line of textOf(result)) await out.line(line);
    return result.stored + result.present > 0 ? EXIT.done : EXIT.notRecorded;
  },
};
