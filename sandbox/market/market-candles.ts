/** A market's own candles: of its trades, and of those that it would have had before it was opened. */

import { endUs, startUs } from './intervals.ts';
import type { Interval } from './intervals.ts';
import type { MarketTrade } from './market-trade.ts';
import { PAST_DAYS, pastTrades, wasDown } from './past-trades.ts';
import type { SymbolProfile } from './symbols.ts';
import { toUnits } from './units.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
/** How long the minutes of the running market are kept. */
const KEPT_US = 2 * DAY_US;

/** Prices and sizes in units, quote volumes in their squares. Without trades all prices are the close before. */
export interface MarketCandle {
  readonly fromUs: number;
  readonly toUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quoteVolume: bigint;
  readonly buyVolume: number;
  readonly trades: number;
  readonly previousClose: number;
  /** The exchange was down throughout. */
  readonly isOutage: boolean;
}

type Sums = { -readonly [Field in keyof MarketCandle]: MarketCandle[Field] };

export interface CandleRange {
  /** Those that begin in `fromUs <= t < toUs`. */
  readonly fromUs: number;
  readonly toUs: number;
}

export class MarketCandles {
  readonly #profile: SymbolProfile;
  readonly #openedUs: number;
  /** Of the running market, by the minute. Those without trades are absent. */
  readonly #minutes = new Map<number, Sums>();
  readonly #listedUs: number;

  constructor(profile: SymbolProfile, openedUs: number) {
    this.#profile = profile;
    this.#openedUs = openedUs;
    this.#listedUs = startUs('1d', openedUs - PAST_DAYS * DAY_US);
  }

  add(trade: MarketTrade): void {
    const fromUs = startUs('1m', trade.timeUs);
    const known = this.#minutes.get(fromUs);
    const sums = known ?? emptySums('1m', fromUs, 0);
    addTrade(sums, trade);
    if (known !== undefined) return;
    this.#minutes.set(fromUs, sums);
    for (const us of this.#minutes.keys()) {
      if (us >= fromUs - KEPT_US) break;
      this.#minutes.delete(us);
    }
  }

  /** In order, the running one included. */
  between(interval: Interval, range: CandleRange, nowUs: number): MarketCandle[] {
    const firstUs = Math.max(range.fromUs, this.#listedUs);
    const lastUs = Math.min(range.toUs, endUs(interval, nowUs));
    const candles: MarketCandle[] = [];
    let us = startUs(interval, firstUs);
    if (us < firstUs) us = endUs(interval, us);
    let close = us < lastUs ? this.#closeBefore(us) : 0;
    for (; us < lastUs; us = endUs(interval, us)) {
      const candle = this.#candle(interval, us, { close, nowUs });
      candles.push(candle);
      ({ close } = candle);
    }
    return candles;
  }

  #candle(
    interval: Interval,
    fromUs: number,
    { close, nowUs }: { readonly close: number; readonly nowUs: number },
  ): MarketCandle {
    const sums = emptySums(interval, fromUs, close);
    sums.isOutage = true;
    for (let us = fromUs; us < Math.min(sums.toUs, nowUs + 1); us += MINUTE_US) {
      if (!this.#isPast(us) || !wasDown(us / MINUTE_US)) sums.isOutage = false;
      this.#addMinute(sums, us);
    }
    return sums;
  }

  #addMinute(sums: Sums, us: number): void {
    if (this.#isPast(us)) {
      for (const trade of pastTrades(this.#profile, us / MINUTE_US)) addTrade(sums, trade);
      return;
    }
    const minute = this.#minutes.get(us);
    if (minute !== undefined) addSums(sums, minute);
  }

  /** The minute in which the market was opened is of the running one. */
  #isPast(us: number): boolean {
    return us + MINUTE_US <= this.#openedUs;
  }

  /** Of the last trade before a time. */
  #closeBefore(us: number): number {
    const sums = emptySums('1m', us, 0);
    for (let back = us - MINUTE_US; back >= this.#listedUs; back -= MINUTE_US) {
      this.#addMinute(sums, back);
      if (sums.trades > 0) return sums.close;
    }
    return toUnits(this.#profile.startPrice, 'startPrice');
  }
}

function emptySums(interval: Interval, fromUs: number, close: number): Sums {
  return {
    fromUs,
    toUs: endUs(interval, fromUs),
    open: close,
    high: close,
    low: close,
    close,
    volume: 0,
    quoteVolume: 0n,
    buyVolume: 0,
    trades: 0,
    previousClose: close,
    isOutage: false,
  };
}

function addTrade(sums: Sums, { price, size, takerSide }: MarketTrade): void {
  addSums(sums, {
    open: price,
    high: price,
    low: price,
    close: price,
    volume: size,
    quoteVolume: BigInt(price) * BigInt(size),
    buyVolume: takerSide === 'buy' ? size : 0,
    trades: 1,
  });
}

function addSums(
  sums: Sums,
  part: Omit<MarketCandle, 'fromUs' | 'toUs' | 'previousClose' | 'isOutage'>,
): void {
  const isFirst = sums.trades === 0;
  sums.open = isFirst ? part.open : sums.open;
  sums.high = isFirst ? part.high : Math.max(sums.high, part.high);
  sums.low = isFirst ? part.low : Math.min(sums.low, part.low);
  sums.close = part.close;
  sums.volume += part.volume;
  sums.quoteVolume += part.quoteVolume;
  sums.buyVolume += part.buyVolume;
  sums.trades += part.trades;
}
