/** Candles that an exchange made itself: merged to longer ones, and compared with those of trades. Pure. */

import { addScaled, formatScaled, rescale, roundDecimal } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { finerScale } from '../market/scale.ts';
import type { CandleValues } from './candle.ts';
import { intervalEndUs, intervalStartUs } from './timeframe.ts';
import type { Timeframe } from './timeframe.ts';

export const CANDLE_FIELDS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quoteVolume',
  'buyVolume',
  'trades',
] as const;
export type CandleField = (typeof CANDLE_FIELDS)[number];

/** The interval `fromUs <= t < toUs`. What the exchange does not report is null. */
export interface ExchangeCandle {
  readonly timeframe: Timeframe;
  readonly fromUs: number;
  readonly toUs: number;
  /** null, as the next three: nobody traded. */
  readonly open: ScaledInt | null;
  readonly high: ScaledInt | null;
  readonly low: ScaledInt | null;
  readonly close: ScaledInt | null;
  readonly volume: ScaledInt;
  /** Its exponent is the sum of both. */
  readonly quoteVolume: ScaledInt | null;
  readonly buyVolume: ScaledInt | null;
  readonly trades: number | null;
  readonly scale: Scale;
}

/** How an exchange's candles differ from ours. */
export interface CandleRules {
  /** What it reports, and defines as we do. */
  readonly compared: readonly CandleField[];
  /** `open` is the close of the candle before, which may count as the highest or lowest price, too. */
  readonly opensAtPreviousClose: boolean;
  /** Decimals that it cuts `quoteVolume` to; absent: none. */
  readonly quoteDecimals?: number;
  /** `volume` is a sum of binary fractions, as in `0.30000000000000004`: it is rounded to the decimals of our sizes. */
  readonly hasBinaryVolume?: boolean;
}

export interface CandleComparison {
  readonly compared: readonly CandleField[];
  /** Those of them in which the two are not equal. */
  readonly differs: readonly CandleField[];
}

type Texts = Readonly<Record<CandleField, string | null>>;

/** What can be compared of two candles of the same interval, and what differs. */
export function compareCandles(
  own: CandleValues,
  theirs: ExchangeCandle,
  rules: CandleRules,
): CandleComparison {
  const ours = candleTexts(own);
  const told = candleTexts(theirs);
  const { sizeExponent } = own.scale;
  const volume =
    rules.hasBinaryVolume === true && told.volume !== null
      ? roundDecimal(told.volume, sizeExponent)
      : told.volume;
  const exchange = { ...told, volume };
  const compared = rules.compared.filter((field) => isComparable(field, { ours, exchange, rules }));
  return { compared, differs: compared.filter((field) => ours[field] !== exchange[field]) };
}

function isComparable(
  field: CandleField,
  {
    ours,
    exchange,
    rules,
  }: { readonly ours: Texts; readonly exchange: Texts; readonly rules: CandleRules },
): boolean {
  const value = exchange[field];
  if (field === 'quoteVolume') {
    const { quoteDecimals = Infinity } = rules;
    return value !== null && decimalsOf(ours.quoteVolume ?? '') <= quoteDecimals;
  }
  if (field === 'high' || field === 'low') {
    const isBefore = rules.opensAtPreviousClose && value !== null && value === exchange.open;
    return !isBefore || value === ours[field];
  }
  // Where nobody traded there are no prices.
  return value !== null || field === 'open' || field === 'close';
}

function decimalsOf(text: string): number {
  return text.split('.')[1]?.length ?? 0;
}

/** All fields as exact decimal text, which is the same for the same value at any scale. */
export function candleTexts(
  candle: Pick<ExchangeCandle, CandleField | 'scale'> | CandleValues,
): Texts {
  const { priceExponent, sizeExponent } = candle.scale;
  const text = (value: ScaledInt | null, exponent: number): string | null =>
    value === null ? null : formatScaled(value, exponent);
  return {
    open: text(candle.open, priceExponent),
    high: text(candle.high, priceExponent),
    low: text(candle.low, priceExponent),
    close: text(candle.close, priceExponent),
    volume: text(candle.volume, sizeExponent),
    quoteVolume: text(candle.quoteVolume, priceExponent + sizeExponent),
    buyVolume: text(candle.buyVolume, sizeExponent),
    trades: candle.trades === null ? null : String(candle.trades),
  };
}

/**
 * The longest timeframe out of which one can be merged: itself, if it is among them.
 * @param native in ascending order.
 */
export function mergedFrom(
  timeframe: Timeframe,
  native: readonly Timeframe[],
): Timeframe | undefined {
  return native.findLast((shorter) => divides(shorter, timeframe));
}

/** Whether each interval of the longer one consists of whole intervals of the shorter one. */
function divides(shorter: Timeframe, longer: Timeframe): boolean {
  if (shorter === longer) return true;
  if (shorter === '7d' || shorter === '30d' || shorter === '1M') return false;
  return intervalEndUs(shorter, 0) <= intervalEndUs(longer, 0);
}

/** Longer candles out of shorter ones, which come in order; a missing one is as one without trades. */
export function mergeCandles(
  timeframe: Timeframe,
  parts: readonly ExchangeCandle[],
): ExchangeCandle[] {
  const merged: ExchangeCandle[] = [];
  for (const part of parts) {
    const fromUs = intervalStartUs(timeframe, part.fromUs);
    const last = merged.at(-1);
    if (last?.fromUs === fromUs) merged[merged.length - 1] = joined(last, part);
    else merged.push({ ...part, timeframe, fromUs, toUs: intervalEndUs(timeframe, fromUs) });
  }
  return merged;
}

function joined(before: ExchangeCandle, part: ExchangeCandle): ExchangeCandle {
  const scale = finerScale(before.scale, part.scale);
  const [a, b] = [atScale(before, scale), atScale(part, scale)];
  return {
    ...a,
    open: a.open ?? b.open,
    high: furthest(a.high, b.high, 1),
    low: furthest(a.low, b.low, -1),
    close: b.close ?? a.close,
    volume: addScaled(a.volume, b.volume),
    quoteVolume: sum(a.quoteVolume, b.quoteVolume),
    buyVolume: sum(a.buyVolume, b.buyVolume),
    trades: a.trades === null || b.trades === null ? null : a.trades + b.trades,
  };
}

/** `direction` 1: the higher one. */
function furthest(a: ScaledInt | null, b: ScaledInt | null, direction: 1 | -1): ScaledInt | null {
  if (a === null || b === null) return a ?? b;
  return a > b === (direction === 1) ? a : b;
}

function sum(a: ScaledInt | null, b: ScaledInt | null): ScaledInt | null {
  return a === null || b === null ? null : addScaled(a, b);
}

/** The same values at a scale that is at least as fine. */
function atScale(candle: ExchangeCandle, to: Scale): ExchangeCandle {
  const { scale: from } = candle;
  const [prices, sizes] = [
    [from.priceExponent, to.priceExponent],
    [from.sizeExponent, to.sizeExponent],
  ] as const;
  const refined = (
    value: ScaledInt | null,
    [before, after]: readonly [number, number],
  ): ScaledInt | null => (value === null ? null : rescale(value, before, after));
  return {
    ...candle,
    open: refined(candle.open, prices),
    high: refined(candle.high, prices),
    low: refined(candle.low, prices),
    close: refined(candle.close, prices),
    volume: rescale(candle.volume, ...sizes),
    quoteVolume: refined(candle.quoteVolume, [prices[0] + sizes[0], prices[1] + sizes[1]]),
    buyVolume: refined(candle.buyVolume, sizes),
    scale: to,
  };
}
