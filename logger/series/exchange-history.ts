/**
 * An exchange's own candles of a security, in order: those that the archive keeps, and for the rest the exchange is
 * asked, a page at a time and with what its request budget has to spare. Timeframes that it has not are merged.
 */

import type {
  CandleEntry,
  CandleReader,
  CandleSeries,
  KeptCandle,
} from '../archive/candle-store.ts';
import { mergeCandles, mergedFrom } from '../candles/exchange-candle.ts';
import type { ExchangeCandle } from '../candles/exchange-candle.ts';
import { intervalEndUs, intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { InvalidArgumentError } from '../errors.ts';
import type { ExchangeCandles } from '../exchange/candles.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { whenSpare } from '../exchange/rest/spare-turns.ts';
import { parseSecurity } from '../market/security.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

export interface ExchangeHistoryDeps {
  /** null: none is asked. */
  readonly asked: AskedExchanges | null;
  /** undefined: this archive keeps none. */
  readonly kept: CandleReader | undefined;
}

export interface AskedExchanges {
  /** By name. */
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Candles that begin in `fromUs <= t < toUs`; both are where one of the timeframe begins. */
export interface HistoryRange {
  readonly security: string;
  readonly timeframe: Timeframe;
  readonly fromUs: number;
  readonly toUs: number;
  readonly signal: AbortSignal;
  readonly onWait?: (ms: number, reason: string) => void;
}

export interface HistoryPage {
  /** In order. Gaps are where the exchange has none; what is not over yet may be missing. */
  readonly entries: readonly CandleEntry[];
  /** Everything before it is in this page or one before. */
  readonly toUs: number;
  /** The archive keeps them already. */
  readonly isKept: boolean;
  /** There is a candle in the answer, so a gap beside it is one. */
  readonly hasCandles: boolean;
  /** Beginnings of intervals whose rows made no sense: what looks like a gap there is none. */
  readonly unknownUs: ReadonlySet<number>;
}

export class ExchangeHistory {
  readonly #deps: ExchangeHistoryDeps;

  constructor(deps: ExchangeHistoryDeps) {
    this.#deps = deps;
  }

  /**
   * An exchange's candles, and out of which of them those of a timeframe are merged.
   * @throws InvalidArgumentError where it has none of this timeframe.
   */
  candlesOf(
    security: string,
    timeframe: Timeframe,
  ): { readonly candles: ExchangeCandles; readonly shorter: Timeframe } {
    const { exchange } = parseSecurity(security);
    const candles = this.#deps.asked?.exchanges.get(exchange)?.candles;
    if (candles === undefined) {
      throw new InvalidArgumentError(`source: ${exchange} has no candles of its own`);
    }
    const shorter = mergedFrom(timeframe, candles.native);
    if (shorter !== undefined) return { candles, shorter };
    throw new InvalidArgumentError(
      `timeframe: ${exchange} has no ${timeframe} candles, and none to make them of; it has ${candles.native.join(', ')}`,
    );
  }

  /** Asks nothing that is kept, unless a page holds something else, too. */
  async *pages(range: HistoryRange): AsyncGenerator<HistoryPage> {
    const { security, timeframe, toUs } = range;
    const series: CandleSeries = { security, timeframe, source: 'exchange' };
    for (let { fromUs } = range; fromUs < toUs;) {
      const { asked } = this.#deps;
      const page =
        (await this.#keptFrom(series, fromUs, toUs)) ??
        (asked && (await this.#ask(asked, { ...range, fromUs }))) ??
        (await this.#nothingFrom(series, fromUs, toUs));
      yield page;
      fromUs = page.toUs;
    }
  }

  /** What is kept without a gap from a time on. */
  async #keptFrom(
    series: CandleSeries,
    fromUs: number,
    toUs: number,
  ): Promise<HistoryPage | undefined> {
    const { kept } = this.#deps;
    const found = (await kept?.between(series, { fromUs, toUs }, MAX_KEPT)) ?? [];
    let us = fromUs;
    const entries: CandleEntry[] = [];
    for (const entry of found) {
      if (entry.fromUs !== us) break;
      const cutUs = Math.min(entry.toUs, toUs);
      entries.push(entry.type === 'gap' ? { ...entry, toUs: cutUs } : entry);
      us = cutUs;
    }
    if (us === fromUs) return undefined;
    return { entries, toUs: us, isKept: true, hasCandles: true, unknownUs: NONE };
  }

  /** Up to the next that is kept. */
  async #nothingFrom(series: CandleSeries, fromUs: number, toUs: number): Promise<HistoryPage> {
    const [next] = (await this.#deps.kept?.between(series, { fromUs, toUs }, 1)) ?? [];
    const endUs = next?.fromUs ?? toUs;
    const gap: CandleEntry = { ...series, type: 'gap', fromUs, toUs: endUs, cause: 'other' };
    return { entries: [gap], toUs: endUs, isKept: true, hasCandles: false, unknownUs: NONE };
  }

  async #ask({ clock, random }: AskedExchanges, range: HistoryRange): Promise<HistoryPage> {
    const { security, timeframe, fromUs, signal } = range;
    const { candles, shorter } = this.candlesOf(security, timeframe);
    const { symbol } = parseSecurity(security);
    const toUs = pageEndUs(range, shorter, candles.maxIntervals);
    const request = { symbol, timeframe: shorter, fromUs, toUs, signal };
    const waiting = range.onWait === undefined ? {} : { onWait: range.onWait };
    const page = await whenSpare(() => candles.page(request), {
      clock,
      random,
      signal,
      ...waiting,
    });
    const unknownUs = new Set(page.unknownUs.map((us) => intervalStartUs(timeframe, us)));
    const merged = mergeCandles(timeframe, page.candles).filter(
      (one) => !unknownUs.has(one.fromUs),
    );
    const overUs = page.receiveTimeUs - candles.lateMs * 1000;
    const found = merged.map((candle) => keptCandle(security, candle, page.receiveTimeUs, overUs));
    const series: CandleSeries = { security, timeframe, source: 'exchange' };
    const entries = withGaps(series, found, {
      fromUs,
      toUs: Math.min(toUs, intervalStartUs(timeframe, overUs)),
    });
    return { entries, toUs, isKept: false, hasCandles: found.length > 0, unknownUs };
  }
}

const NONE: ReadonlySet<number> = new Set();
/** Read at once: some pages of an exchange. */
const MAX_KEPT = 2000;

/** Whole intervals, in one request of shorter ones. */
function pageEndUs(
  { timeframe, fromUs, toUs }: HistoryRange,
  shorter: Timeframe,
  max: number,
): number {
  const lengthUs = intervalEndUs(shorter, 0);
  let us = intervalEndUs(timeframe, fromUs);
  for (let next = us; next <= toUs && next - fromUs <= max * lengthUs;) {
    us = next;
    next = intervalEndUs(timeframe, us);
  }
  return us;
}

function keptCandle(
  security: string,
  candle: ExchangeCandle,
  nowUs: number,
  overUs: number,
): KeptCandle {
  const state = candle.toUs > nowUs ? 'open' : candle.toUs > overUs ? 'early' : 'final';
  const ids = { firstTradeId: null, lastTradeId: null };
  return { type: 'candle', security, source: 'exchange', ...candle, ...ids, state, missing: [] };
}

/** With what lies between them, and before `toUs` behind them. */
function withGaps(
  series: CandleSeries,
  candles: readonly KeptCandle[],
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): CandleEntry[] {
  const entries: CandleEntry[] = [];
  let us = fromUs;
  const gapTo = (endUs: number): void => {
    if (endUs > us)
      entries.push({ ...series, type: 'gap', fromUs: us, toUs: endUs, cause: 'other' });
  };
  for (const candle of candles) {
    gapTo(candle.fromUs);
    entries.push(candle);
    us = candle.toUs;
  }
  gapTo(toUs);
  return entries;
}
