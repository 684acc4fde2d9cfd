import { describe, expect, test } from 'vitest';
import type { CandleValues } from '../../../logger/candles/candle.ts';
import {
  compareCandles,
  mergeCandles,
  mergedFrom,
} from '../../../logger/candles/exchange-candle.ts';
import type { CandleRules, ExchangeCandle } from '../../../logger/candles/exchange-candle.ts';
import { intervalEndUs } from '../../../logger/candles/timeframe.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';

const SCALE = { priceExponent: 1, sizeExponent: 2 };
const OWN: CandleValues = {
  open: 1000,
  high: 1100,
  low: 900,
  close: 1050,
  volume: 250,
  quoteVolume: 250_000,
  buyVolume: 100,
  trades: 7,
  firstTradeId: 1,
  lastTradeId: 7,
  scale: SCALE,
};
const NOBODY = { open: null, high: null, low: null, close: null, volume: 0, trades: 0 };
const ALL: CandleRules = {
  compared: ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'buyVolume', 'trades'],
  opensAtPreviousClose: false,
};
const T0 = parseTimeUs('2026-11-20T07:00:00Z');

function theirs(change: Partial<ExchangeCandle> = {}): ExchangeCandle {
  return { ...OWN, timeframe: '1m', fromUs: T0, toUs: T0 + 60_000_000, ...change };
}

describe('comparing', () => {
  test('the same values at another scale are equal', () => {
    const finer = theirs({
      open: 100_000,
      high: 110_000,
      low: 90_000,
      close: 105_000,
      volume: 2500,
      quoteVolume: 250_000_000,
      buyVolume: 1000,
      scale: { priceExponent: 3, sizeExponent: 3 },
    });
    expect(compareCandles(OWN, finer, ALL)).toEqual({ compared: ALL.compared, differs: [] });
  });

  test('every field that differs is named', () => {
    const other = theirs({ close: 1051, volume: 251, trades: 8 });
    expect(compareCandles(OWN, other, ALL).differs).toEqual(['close', 'volume', 'trades']);
  });

  test('what the exchange does not report is not compared', () => {
    const rules: CandleRules = { ...ALL, compared: ['high', 'volume'] };
    const { compared, differs } = compareCandles(OWN, theirs({ close: 1, trades: null }), rules);
    expect([compared, differs]).toEqual([['high', 'volume'], []]);
  });

  test('an open at the close before may be its highest or lowest price, but not ours', () => {
    const rules: CandleRules = { ...ALL, compared: ['high', 'low'], opensAtPreviousClose: true };
    const above = theirs({ open: 1200, high: 1200 });
    expect(compareCandles(OWN, above, rules)).toEqual({ compared: ['low'], differs: [] });
    const wrong = theirs({ open: 1200, high: 1150 });
    expect(compareCandles(OWN, wrong, rules).differs).toEqual(['high']);
    const plain = compareCandles(OWN, above, { ...rules, opensAtPreviousClose: false });
    expect(plain.differs).toEqual(['high']);
  });

  test('a sum of binary fractions is rounded to the decimals of our sizes', () => {
    const rules: CandleRules = { ...ALL, compared: ['volume'], hasBinaryVolume: true };
    const scale = { priceExponent: 1, sizeExponent: 17 };
    const volume = 250_000_000_000_000_004n;
    expect(compareCandles(OWN, theirs({ volume, scale }), rules).differs).toEqual([]);
    const lot = theirs({ volume: 251_000_000_000_000_004n, scale });
    expect(compareCandles(OWN, lot, rules).differs).toEqual(['volume']);
    const exact = { ...rules, hasBinaryVolume: false };
    expect(compareCandles(OWN, theirs({ volume, scale }), exact).differs).toEqual(['volume']);
  });

  test('a quote volume of more decimals than the exchange prints is not compared', () => {
    const own = { ...OWN, quoteVolume: 250_001 };
    const cut = theirs({ quoteVolume: 250_000 });
    const rules: CandleRules = { ...ALL, compared: ['quoteVolume'] };
    expect(compareCandles(own, cut, { ...rules, quoteDecimals: 2 }).compared).toEqual([]);
    expect(compareCandles(own, cut, { ...rules, quoteDecimals: 3 }).differs).toEqual([
      'quoteVolume',
    ]);
  });

  test('trades on one side alone differ', () => {
    const rules: CandleRules = { ...ALL, compared: ['open', 'high', 'volume', 'trades'] };
    expect(compareCandles(OWN, theirs(NOBODY), rules).differs).toEqual(rules.compared);
    expect(compareCandles({ ...OWN, ...NOBODY }, theirs(NOBODY), rules).differs).toEqual([]);
  });
});

describe('merging', () => {
  test.each([
    ['15m', ['1m', '5m', '1h', '1d'], '5m'],
    ['4h', ['1m', '5m', '15m', '1h', '1d'], '1h'],
    ['7d', ['1h', '1d', '7d', '1M'], '7d'],
    ['30d', ['1h', '1d', '7d', '1M'], '1d'],
    ['1M', ['1m', '1d', '7d'], '1d'],
    ['1m', ['5m'], undefined],
  ] as const)('%s out of %j: %s', (timeframe, native, expected) => {
    expect(mergedFrom(timeframe, native)).toBe(expected);
  });

  test('a longer candle is what its parts come to, at the finest scale of all', () => {
    const at = (from: string, change: Partial<ExchangeCandle>): ExchangeCandle => {
      const fromUs = parseTimeUs(from);
      return theirs({ timeframe: '5m', fromUs, toUs: intervalEndUs('5m', fromUs), ...change });
    };
    const merged = mergeCandles('15m', [
      at('2026-11-20T07:00:00Z', NOBODY),
      at('2026-11-20T07:05:00Z', {}),
      at('2026-11-20T07:10:00Z', {
        open: 10_600,
        high: 12_001,
        low: 10_000,
        close: 11_000,
        volume: 5,
        buyVolume: 0,
        quoteVolume: 600,
        trades: 1,
        scale: { priceExponent: 2, sizeExponent: 2 },
      }),
      at('2026-11-20T07:15:00Z', { trades: null, buyVolume: null }),
      at('2026-11-20T07:25:00Z', {}),
    ]);
    expect(merged).toMatchObject([
      {
        timeframe: '15m',
        fromUs: T0,
        toUs: T0 + 900_000_000,
        open: 10_000,
        high: 12_001,
        low: 9000,
        close: 11_000,
        volume: 255,
        buyVolume: 200,
        quoteVolume: 5_000_600,
        trades: 8,
        scale: { priceExponent: 2, sizeExponent: 2 },
      },
      { fromUs: T0 + 900_000_000, volume: 500, trades: null, buyVolume: null, close: 1050 },
    ]);
  });

  test.each(['15m', '4h', '1d', '7d', '30d', '1M'] as Timeframe[])(
    '%s: parts of a year fall into whole intervals',
    (timeframe) => {
      const parts: ExchangeCandle[] = [];
      const shorter = timeframe === '15m' ? '5m' : timeframe === '4h' ? '1h' : '1d';
      const endUs = parseTimeUs('2026-01-20T00:00:00Z');
      for (
        let us = parseTimeUs('2025-12-29T00:00:00Z');
        us < endUs;
        us = intervalEndUs(shorter, us)
      ) {
        parts.push(theirs({ timeframe: shorter, fromUs: us, toUs: intervalEndUs(shorter, us) }));
      }
      const merged = mergeCandles(timeframe, parts);
      expect(merged.reduce((sum, { trades }) => sum + (trades ?? 0), 0)).toBe(parts.length * 7);
      for (const [i, candle] of merged.entries()) {
        expect(candle.toUs).toBe(intervalEndUs(timeframe, candle.fromUs));
        if (i > 0) expect(candle.fromUs).toBe(merged[i - 1]?.toUs);
      }
    },
  );
});
