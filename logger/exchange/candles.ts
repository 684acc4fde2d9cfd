/**
 * An exchange's own candles by REST: what every exchange has in common. An exchange adds its
 * `CandleProtocol`: its facts, its path and its rows.
 */

import { intervalEndUs, intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import type { CandleRules, ExchangeCandle } from '../candles/exchange-candle.ts';
import {
  MAX_FRACTION_DIGITS,
  fractionDigits,
  parseScaled,
  roundDecimal,
} from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { RestResponse } from './rest/rest-client.ts';
import { JsonNumber } from './wire/exact-json.ts';
import { wireError } from './wire/fields.ts';
import type { WireErrors } from './wire/wire-errors.ts';

/** What is known of an exchange's candles. */
export interface CandleFacts extends CandleRules {
  /** Those that it has itself, with the same begin and end as ours; in ascending order. */
  readonly native: readonly Timeframe[];
  /** Intervals that one request may ask for. */
  readonly maxIntervals: number;
  /** Whether there is a row where nobody traded. If not, an outage looks the same. */
  readonly hasEmptyRows: boolean;
  /** What was in one answer may be missing from the next: an answer without a row proves nothing. */
  readonly answersVary?: boolean;
  /** How long after its end a candle may still be missing, or change. */
  readonly lateMs: number;
}

export interface CandlePageRequest {
  readonly symbol: string;
  /** A native one. */
  readonly timeframe: Timeframe;
  /** Candles that begin in `fromUs <= t < toUs`, whole intervals, at most `maxIntervals`. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly signal: AbortSignal;
}

export interface CandlePage {
  /** In order of time, each once; the running one may be the last. */
  readonly candles: readonly ExchangeCandle[];
  /** Of rows that made no sense, and were left out: their times. What the exchange has there is not known. */
  readonly unknownUs: readonly number[];
  readonly receiveTimeUs: number;
}

export interface ExchangeCandles extends CandleFacts {
  /**
   * Asks with what the request budget has to spare.
   * @throws LimitExceededError (retryable) where it has nothing to spare; RateLimitedError, FeedClosedError,
   *   WireFormatError, ExchangeRejectedError, UnknownSecurityError.
   */
  page(request: CandlePageRequest): Promise<CandlePage>;
}

export interface CandleProtocol extends CandleFacts {
  /** Of a request. */
  readonly weight: number;
  path(request: CandlePageRequest): string;
  /** The rows of an answer, in any order. @throws WireFormatError */
  rows(body: string, request: CandlePageRequest): readonly CandleRow[];
}

/** As the exchange prints it: texts, or JSON numbers kept as text. Where nobody traded, prices may be anything. */
export interface CandleRow {
  readonly fromUs: number;
  /** Where it says so. */
  readonly toUs?: number;
  readonly open: unknown;
  readonly high: unknown;
  readonly low: unknown;
  readonly close: unknown;
  readonly volume: unknown;
  readonly quoteVolume?: unknown;
  readonly buyVolume?: unknown;
  readonly trades?: number;
}

export interface CandleRequests {
  readonly wireErrors: WireErrors;
  /** A request of urgency `spare`. */
  readonly get: (path: string, weight: number, signal: AbortSignal) => Promise<RestResponse>;
}

export function exchangeCandles(
  protocol: CandleProtocol,
  { wireErrors, get }: CandleRequests,
): ExchangeCandles {
  return {
    ...protocol,
    page: async (request) => {
      const path = protocol.path(request);
      const { body, receiveTimeUs } = await get(path, protocol.weight, request.signal);
      try {
        const rows = protocol.rows(body, request);
        return { ...candlesIn(rows, request, wireErrors), receiveTimeUs };
      } catch (error) {
        throw wireErrors.countOrThrow(error);
      }
    },
  };
}

/** The wanted ones in order. One that makes no sense is counted and left out: the others do. */
function candlesIn(
  rows: readonly CandleRow[],
  request: CandlePageRequest,
  wireErrors: WireErrors,
): Pick<CandlePage, 'candles' | 'unknownUs'> {
  const found = new Map<number, ExchangeCandle>();
  const unknownUs: number[] = [];
  for (const row of rows) {
    if (row.fromUs < request.fromUs || row.fromUs >= request.toUs) continue;
    try {
      const candle = candleOf(row, request.timeframe);
      // Of a candle that is there twice, the exchange's order decides: the first.
      if (!found.has(candle.fromUs)) found.set(candle.fromUs, candle);
    } catch (error) {
      wireErrors.countOrThrow(error);
      unknownUs.push(row.fromUs);
    }
  }
  return { candles: [...found.values()].sort((a, b) => a.fromUs - b.fromUs), unknownUs };
}

/** @throws WireFormatError of kind `candle` or `decimal`. */
function candleOf(row: CandleRow, timeframe: Timeframe): ExchangeCandle {
  const { fromUs, trades = null } = row;
  const toUs = intervalEndUs(timeframe, fromUs);
  if (intervalStartUs(timeframe, fromUs) !== fromUs || (row.toUs ?? toUs) !== toUs) {
    throw wireError('candle', 'A candle does not begin and end where one of its timeframe does');
  }
  const volume = amountOf(row.volume);
  if (volume === null) throw wireError('candle', 'A candle has no volume');
  const [quoteVolume, buyVolume] = [amountOf(row.quoteVolume), amountOf(row.buyVolume)];
  const prices = /[1-9]/.test(volume) ? pricesOf(row) : null;
  const scale = scaleOf(Object.values(prices ?? {}), [volume, buyVolume], quoteVolume);
  const { priceExponent, sizeExponent } = scale;
  const price = (name: keyof Prices): ScaledInt | null =>
    prices === null ? null : exact(prices[name], priceExponent);
  const amount = (text: string | null, exponent: number): ScaledInt | null =>
    text === null ? null : exact(text, exponent);
  return sensible({
    timeframe,
    fromUs,
    toUs,
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close: price('close'),
    volume: exact(volume, sizeExponent),
    quoteVolume: amount(quoteVolume, priceExponent + sizeExponent),
    buyVolume: amount(buyVolume, sizeExponent),
    trades,
    scale,
  });
}

interface Prices {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
}

function pricesOf(row: CandleRow): Prices {
  const price = (value: unknown): string => {
    const text = textOf(value);
    if (text === null) throw wireError('candle', 'A candle with trades has no prices');
    return text;
  };
  return {
    open: price(row.open),
    high: price(row.high),
    low: price(row.low),
    close: price(row.close),
  };
}

function sensible(candle: ExchangeCandle): ExchangeCandle {
  const { high, low, close } = candle;
  if (high !== null && low !== null && close !== null && (close > high || close < low)) {
    throw wireError('candle', 'The close of a candle is not between its lowest and highest price');
  }
  return candle;
}

/** null: it is not reported. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return value instanceof JsonNumber ? value.decimal : null;
}

/** A sum that an exchange makes of binary fractions has more decimals than any amount. */
function amountOf(value: unknown): string | null {
  const text = textOf(value);
  return text !== null && value instanceof JsonNumber
    ? roundDecimal(text, MAX_FRACTION_DIGITS)
    : text;
}

function scaleOf(
  prices: readonly string[],
  sizes: readonly (string | null)[],
  quoteVolume: string | null,
): Scale {
  const digits = (texts: readonly (string | null)[]): number =>
    Math.max(0, ...texts.map((text) => (text === null ? 0 : fractionDigits(text))));
  const priceExponent = digits(prices);
  const sizeExponent = Math.max(digits(sizes), digits([quoteVolume]) - priceExponent);
  return { priceExponent, sizeExponent };
}

function exact(text: string, exponent: number): ScaledInt {
  const value = parseScaled(text, exponent);
  if (value === undefined) throw wireError('candle', 'A number has more decimals than its scale');
  return value;
}
