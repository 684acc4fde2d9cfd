/** An exchange that has candles and nothing else. */

import type { ExchangeCandle } from '../../logger/candles/exchange-candle.ts';
import { intervalEndUs } from '../../logger/candles/timeframe.ts';
import type { Timeframe } from '../../logger/candles/timeframe.ts';
import { UnknownSecurityError } from '../../logger/errors.ts';
import type {
  CandlePage,
  CandlePageRequest,
  ExchangeCandles,
} from '../../logger/exchange/candles.ts';
import type { Exchange } from '../../logger/exchange/exchange.ts';
import type { ManualClock } from './manual-clock.ts';

export class ScriptedCandles implements ExchangeCandles {
  native: readonly Timeframe[] = ['1m', '5m', '1h', '1d'];
  maxIntervals = 10;
  hasEmptyRows = true;
  answersVary = false;
  lateMs = 60_000;
  compared = ['open', 'high', 'low', 'close', 'volume', 'trades'] as const;
  opensAtPreviousClose = false;
  /** Those of which there is no row. */
  readonly without = new Set<number>();
  /** Those whose row makes no sense. */
  readonly unknown = new Set<number>();
  readonly changed = new Map<number, Partial<ExchangeCandle>>();
  /** Nothing is there before. */
  listedUs = 0;
  isListed = true;
  /** Thrown one by one, before anything is answered. */
  readonly errors: Error[] = [];
  readonly asked: CandlePageRequest[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async page(request: CandlePageRequest): Promise<CandlePage> {
    this.asked.push(request);
    const error = this.errors.shift();
    if (error) throw error;
    const { timeframe, fromUs, toUs } = request;
    const receiveTimeUs = this.#clock.nowUs();
    const candles: ExchangeCandle[] = [];
    for (let us = fromUs; us < toUs; us = intervalEndUs(timeframe, us)) {
      const isLeftOut = this.without.has(us) || this.unknown.has(us);
      const isThere = us >= this.listedUs && us <= receiveTimeUs && !isLeftOut;
      if (isThere && this.isListed) candles.push(this.candle(timeframe, us));
    }
    const unknownUs = [...this.unknown].filter((us) => us >= fromUs && us < toUs);
    return { candles, unknownUs, receiveTimeUs };
  }

  candle(timeframe: Timeframe, fromUs: number): ExchangeCandle {
    return {
      timeframe,
      fromUs,
      toUs: intervalEndUs(timeframe, fromUs),
      open: 100,
      high: 120,
      low: 90,
      close: 110,
      volume: 5,
      quoteVolume: null,
      buyVolume: null,
      trades: 3,
      scale: { priceExponent: 0, sizeExponent: 0 },
      ...this.changed.get(fromUs),
    };
  }

  get exchange(): Exchange {
    const instrument = async (symbol: string): Promise<unknown> => {
      if (!this.isListed) throw new UnknownSecurityError(`${symbol} is not listed`);
      return { symbol };
    };
    return { name: 'binance', candles: this, instrument } as unknown as Exchange;
  }
}
