/**
 * `WatchSeries`: candles (or snapshots, see `snapshot-stream.ts`) of one security as they run, end and become final. News is collected between two
 * parts; of a running candle only the latest state is sent.
 */

import type { Candle } from '../candles/candle.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { InvalidArgumentError } from '../errors.ts';
import type { WatchSeriesPart, WatchSeriesRequest__Output } from '../messages/types.ts';
import { formatCandle, formatGapItem } from '../queries/format.ts';
import { validTimeframe } from '../queries/validate.ts';
import { candleItem } from '../reader/candles.ts';
import { sleep } from '../runtime/timing.ts';
import type { CandleNews, LiveCandles } from '../series/live-candles.ts';
import type { ManagerContext } from './context.ts';
import type { PartWriter } from './part-writer.ts';
import { recordedSecurity } from './requests.ts';
import { streamSnapshots } from './snapshot-stream.ts';
import { ClosingError } from './status-map.ts';

interface Watched {
  readonly candles: LiveCandles;
  readonly security: string;
  readonly timeframes: readonly Timeframe[];
}

function watchedIn(context: ManagerContext, request: WatchSeriesRequest__Output): Watched {
  const { control, candles } = context;
  const security = recordedSecurity(request.security, control);
  const timeframes = request.candles.map((timeframe) => validTimeframe(timeframe, 'candles'));
  if (timeframes.length === 0) {
    throw new InvalidArgumentError('candles: name at least one timeframe, like 1m');
  }
  if (candles === undefined) throw new InvalidArgumentError('candles: are not watched here');
  return { candles, security, timeframes };
}

/** The running candles that have changed since they were last sent. */
class RunningCandles {
  readonly #watched: Watched;
  readonly #sent = new Map<Timeframe, string>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  changed(): Candle[] {
    const { candles, security, timeframes } = this.#watched;
    return timeframes.flatMap((timeframe) => {
      const candle = candles.running(security, timeframe);
      if (candle === undefined) return [];
      const { fromUs, trades, missing } = candle;
      const essence = [fromUs, trades, missing.length].join(' ');
      if (this.#sent.get(timeframe) === essence) return [];
      this.#sent.set(timeframe, essence);
      return [candle];
    });
  }
}

function lineOf(security: string, news: CandleNews): string {
  const output =
    news.type === 'early'
      ? ({ type: 'candle', candle: news.candle } as const)
      : news.settled.output;
  const item = candleItem(output, security);
  const value = item.type === 'gap' ? { gap: formatGapItem(item) } : formatCandle(item);
  return `${JSON.stringify(value)}\n`;
}

/** Runs until the client leaves or the port closes; then it throws. */
export async function streamSeries(
  context: ManagerContext,
  request: WatchSeriesRequest__Output,
  writer: PartWriter<WatchSeriesPart>,
): Promise<void> {
  if (request.snapshots !== null) return streamSnapshots(context, request, writer);
  const { clock, limits, closing } = context;
  const watched = watchedIn(context, request);
  const { candles, security, timeframes } = watched;
  const ended = AbortSignal.any([writer.signal, closing]);
  const running = new RunningCandles(watched);
  let lines: string[] = [];
  const unsubscribe = candles.subscribe((news) => {
    const { timeframe } = news.type === 'early' ? news.candle : news.settled;
    if (news.security !== security || !timeframes.includes(timeframe)) return;
    if (news.type === 'settled' && news.isAgain) return;
    lines.push(lineOf(security, news));
  });
  const unfollow = candles.follow(security);
  try {
    // Shows the client that the watch has begun.
    await writer.write({});
    let shownMs = Number.NEGATIVE_INFINITY;
    while (!ended.aborted) {
      if (clock.monotonicMs() - shownMs >= limits.watchRefreshMs) {
        shownMs = clock.monotonicMs();
        for (const candle of running.changed()) {
          lines.push(lineOf(security, { type: 'early', security, candle }));
        }
      }
      const batch = lines;
      lines = [];
      if (batch.length > 0) await writer.write({ lines: Buffer.from(batch.join('')) });
      await sleep(clock, limits.watchIntervalMs, ended);
    }
  } finally {
    unsubscribe();
    unfollow();
  }
  if (closing.aborted) throw new ClosingError('The logger is stopping');
}
