/** Candles as exact integers, and the sums they are made of: of trades, or of shorter candles. Pure. */

import type { GapCause } from '../market/coverage.ts';
import { addScaled, multiplyScaled, rescale } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { TradeId } from '../market/events.ts';
import { finerScale, isSameScale } from '../market/scale.ts';
import type { Timeframe } from './timeframe.ts';

/**
 * `open`: running. `early`: its end has passed, but a trade of it may still arrive. `final`: none will.
 * `incomplete`: it has ended, and a part of it was not recorded. `checked`: it is over, and the exchange's own
 * agrees; `differs`: it does not.
 */
export type CandleState = 'open' | 'early' | 'final' | 'incomplete' | 'checked' | 'differs';

/** A stretch of exchange time of which trades may be missing. */
export interface MissingTime {
  readonly fromUs: number;
  readonly toUs: number;
  readonly cause: GapCause;
}

/** What the trades of an interval come to. */
export interface CandleValues {
  /** Price of the first trade; null, as the next three: there was none. */
  readonly open: ScaledInt | null;
  readonly high: ScaledInt | null;
  readonly low: ScaledInt | null;
  readonly close: ScaledInt | null;
  readonly volume: ScaledInt;
  /** The sum of price × size; its exponent is the sum of both. */
  readonly quoteVolume: ScaledInt;
  /** The part of the volume whose taker bought. */
  readonly buyVolume: ScaledInt;
  readonly trades: number;
  readonly firstTradeId: TradeId | null;
  readonly lastTradeId: TradeId | null;
  readonly scale: Scale;
}

/** The interval `fromUs <= t < toUs` of the exchange's time of the trades; named by its beginning. */
export interface Candle extends CandleValues {
  readonly timeframe: Timeframe;
  readonly fromUs: number;
  readonly toUs: number;
  readonly state: CandleState;
  /** In order of time, each cut at the ends of the interval. */
  readonly missing: readonly MissingTime[];
}

export interface CandleTrade {
  readonly tradeId: TradeId;
  readonly exchangeTimeUs: number;
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  /** Side of the taker. */
  readonly side: 'buy' | 'sell';
  readonly scale: Scale;
}

/**
 * Which trade is the first: by its id where the exchange numbers trades 1, 2, 3 …; elsewhere by the
 * exchange's time, and of one time the one that arrived first.
 */
export type TradeOrder = 'id' | 'time';

/** Grows by trades in any order, or by candles in order of time. */
export class CandleSums {
  readonly #order: TradeOrder;
  #scale: Scale;
  #open: ScaledInt | null = null;
  #high: ScaledInt | null = null;
  #low: ScaledInt | null = null;
  #close: ScaledInt | null = null;
  #volume: ScaledInt = 0;
  #quoteVolume: ScaledInt = 0;
  #buyVolume: ScaledInt = 0;
  #trades = 0;
  #firstTradeId: TradeId | null = null;
  #lastTradeId: TradeId | null = null;
  /** Place of the first and of the last trade: id or time. */
  #firstKey = Infinity;
  #lastKey = -Infinity;

  constructor(order: TradeOrder, scale: Scale) {
    this.#order = order;
    this.#scale = scale;
  }

  add(trade: CandleTrade): void {
    const { tradeId, exchangeTimeUs, side } = trade;
    const [price, size] = this.#atCommonScale(trade);
    const key = this.#order === 'id' && typeof tradeId === 'number' ? tradeId : exchangeTimeUs;
    if (key < this.#firstKey) {
      this.#firstKey = key;
      this.#open = price;
      this.#firstTradeId = tradeId;
    }
    if (key >= this.#lastKey) {
      this.#lastKey = key;
      this.#close = price;
      this.#lastTradeId = tradeId;
    }
    this.#reach(price, price);
    this.#volume = addScaled(this.#volume, size);
    this.#quoteVolume = addScaled(this.#quoteVolume, multiplyScaled(price, size));
    if (side === 'buy') this.#buyVolume = addScaled(this.#buyVolume, size);
    this.#trades++;
  }

  /** @param candle the next one in time, of a shorter timeframe. */
  append(candle: CandleValues): void {
    if (candle.trades === 0) return;
    this.#refine(candle.scale);
    const { open, high, low, close, volume, quoteVolume, buyVolume } = rescaled(
      candle,
      this.#scale,
    );
    if (open === null || high === null || low === null || close === null) return;
    const { firstTradeId, lastTradeId } = candle;
    if (this.#trades === 0 || this.#isIdBefore(firstTradeId, this.#firstTradeId)) {
      this.#open = open;
      this.#firstTradeId = firstTradeId;
    }
    if (this.#trades === 0 || !this.#isIdBefore(lastTradeId, this.#lastTradeId)) {
      this.#close = close;
      this.#lastTradeId = lastTradeId;
    }
    this.#reach(high, low);
    this.#volume = addScaled(this.#volume, volume);
    this.#quoteVolume = addScaled(this.#quoteVolume, quoteVolume);
    this.#buyVolume = addScaled(this.#buyVolume, buyVolume);
    this.#trades += candle.trades;
  }

  values(): CandleValues {
    return {
      open: this.#open,
      high: this.#high,
      low: this.#low,
      close: this.#close,
      volume: this.#volume,
      quoteVolume: this.#quoteVolume,
      buyVolume: this.#buyVolume,
      trades: this.#trades,
      firstTradeId: this.#firstTradeId,
      lastTradeId: this.#lastTradeId,
      scale: this.#scale,
    };
  }

  #isIdBefore(id: TradeId | null, other: TradeId | null): boolean {
    if (this.#order === 'time' || typeof id !== 'number' || typeof other !== 'number') return false;
    return id < other;
  }

  #reach(high: ScaledInt, low: ScaledInt): void {
    if (this.#high === null || high > this.#high) this.#high = high;
    if (this.#low === null || low < this.#low) this.#low = low;
  }

  #atCommonScale({ price, size, scale }: CandleTrade): readonly [ScaledInt, ScaledInt] {
    if (isSameScale(scale, this.#scale)) return [price, size];
    this.#refine(scale);
    return [
      rescale(price, scale.priceExponent, this.#scale.priceExponent),
      rescale(size, scale.sizeExponent, this.#scale.sizeExponent),
    ];
  }

  /** To a scale that is at least as fine as both. */
  #refine(scale: Scale): void {
    const finer = finerScale(this.#scale, scale);
    if (isSameScale(finer, this.#scale)) return;
    const values = rescaled(this.values(), finer);
    this.#open = values.open;
    this.#high = values.high;
    this.#low = values.low;
    this.#close = values.close;
    this.#volume = values.volume;
    this.#quoteVolume = values.quoteVolume;
    this.#buyVolume = values.buyVolume;
    this.#scale = finer;
  }
}

/** The same values at a scale that is at least as fine. */
function rescaled(values: CandleValues, to: Scale): CandleValues {
  const { scale: from } = values;
  if (isSameScale(from, to)) return values;
  const price = (value: ScaledInt | null): ScaledInt | null =>
    value === null ? null : rescale(value, from.priceExponent, to.priceExponent);
  const size = (value: ScaledInt): ScaledInt => rescale(value, from.sizeExponent, to.sizeExponent);
  return {
    ...values,
    open: price(values.open),
    high: price(values.high),
    low: price(values.low),
    close: price(values.close),
    volume: size(values.volume),
    buyVolume: size(values.buyVolume),
    quoteVolume: rescale(
      values.quoteVolume,
      from.priceExponent + from.sizeExponent,
      to.priceExponent + to.sizeExponent,
    ),
    scale: to,
  };
}
