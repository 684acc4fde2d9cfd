/** `watch <security> --candles`: a line for each candle that runs, ends or becomes final. */

import type { CandleResult, ExportGap } from '../../logger/queries/results.ts';
import type { Session } from '../command.ts';
import { known } from '../format.ts';

type Line = CandleResult | { readonly gap: ExportGap };

function textOf(line: Line): string {
  if ('gap' in line) return `gap  ${line.gap.from}  to ${known(line.gap.to)} (${line.gap.cause})`;
  const prices = [line.open, line.high, line.low, line.close].map(known).join(' / ');
  return `${line.timeframe}  ${line.from}  ${line.state}  ${prices}  volume ${line.volume}  ${line.trades} trades`;
}

export async function followCandles(
  session: Session,
  security: string,
  candles: readonly string[],
): Promise<void> {
  const { out, signal } = session;
  const client = await session.client();
  const request = { security, candles: [...candles] };
  for await (const part of client.stream('WatchSeries', request, { isEndless: true, signal })) {
    const lines = Buffer.from(part.lines).toString().split('\n');
    for (const line of lines) {
      if (line === '') continue;
      await out.line(out.isJson ? line : textOf(JSON.parse(line) as Line));
    }
  }
}
