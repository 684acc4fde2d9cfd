/** Every exchange's own candles over real HTTP, compared with the trades that the sandbox made them of. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CandleSums } from '../../logger/candles/candle.ts';
import { compareCandles, mergeCandles, mergedFrom } from '../../logger/candles/exchange-candle.ts';
import { intervalEndUs, intervalStartUs } from '../../logger/candles/timeframe.ts';
import type { Timeframe } from '../../logger/candles/timeframe.ts';
import { createBinance } from '../../logger/exchange/binance/exchange.ts';
import { createBitfinex } from '../../logger/exchange/bitfinex/exchange.ts';
import { BITFINEX_LIMITS } from '../../logger/exchange/bitfinex/limits.ts';
import { createBitmex } from '../../logger/exchange/bitmex/exchange.ts';
import { BITMEX_LIMITS } from '../../logger/exchange/bitmex/limits.ts';
import { createBybit } from '../../logger/exchange/bybit/exchange.ts';
import { createCoinbase } from '../../logger/exchange/coinbase/exchange.ts';
import type { Exchange } from '../../logger/exchange/exchange.ts';
import { whenSpare } from '../../logger/exchange/rest/spare-turns.ts';
import { createNetwork } from '../../logger/service/network.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { pastTrades } from '../../sandbox/market/past-trades.ts';
import { profileOf } from '../../sandbox/market/symbols.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { silentLog } from '../support/silent-log.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 1440 * MINUTE_US;
const PROFILE = profileOf('BTCUSDT');
const SYMBOLS = {
  binance: 'BTCUSDT',
  coinbase: 'BTC-USD',
  bitfinex: 'tBTCUST',
  bybit: 'BTCUSDT',
  bitmex: 'XBTUSD',
} as const;
type Name = keyof typeof SYMBOLS;
const NAMES = Object.keys(SYMBOLS) as Name[];

const clock = createSystemClock();
const random = { next: () => 0.5 };
let sandbox: Sandbox;
const exchanges = {} as Record<Name, Exchange>;

beforeAll(async () => {
  sandbox = await startSandbox({ symbols: ['BTCUSDT'], pace: 20 });
  const base = {
    staleAfterMs: 15_000,
    transport: createNetwork(clock),
    clock,
    random,
    log: silentLog,
  };
  const { binance, coinbase, bitfinex, bybit, bitmex } = sandbox.venues;
  exchanges.binance = createBinance({ ...base, ...binance, updateFrequencyMs: 100 });
  exchanges.coinbase = createCoinbase({ ...base, ...coinbase, feed: 'full', credentials: null });
  // Spare requests leave half of the burst: what is tested here needs more of it at once.
  const burst = { burstWeight: 28, steadyWeight: 2 };
  const bitfinexLimits = { requests: { ...BITFINEX_LIMITS.requests, ...burst } };
  const bitmexLimits = { requests: { ...BITMEX_LIMITS.requests, ...burst } };
  exchanges.bitfinex = createBitfinex({ ...base, ...bitfinex, feed: 'p0', limits: bitfinexLimits });
  exchanges.bybit = createBybit({ ...base, ...bybit, feed: 'full' });
  exchanges.bitmex = createBitmex({ ...base, ...bitmex, limits: bitmexLimits });
});

afterAll(async () => {
  await Promise.all(Object.values(exchanges).map((exchange) => exchange.close()));
  await sandbox.close();
});

/** Two in the morning of the last day but two on which the exchange was down then. */
function outageUs(): number {
  const today = Math.floor((Date.now() * 1000) / DAY_US);
  const day = today - ((((today - 3) % 7) + 7) % 7 || 7);
  return day * DAY_US + 120 * MINUTE_US;
}

/** What our own candle would be. Sizes of BitMEX are contracts of one lot. */
function ownCandle(name: Name, fromUs: number, toUs: number): CandleSums {
  const isInContracts = name === 'bitmex';
  const scale = { priceExponent: 8, sizeExponent: isInContracts ? 0 : 8 };
  const sums = new CandleSums('time', scale);
  for (let us = fromUs; us < toUs; us += MINUTE_US) {
    for (const trade of pastTrades(PROFILE, us / MINUTE_US)) {
      const size = isInContracts ? trade.size / 1000 : trade.size;
      sums.add({ ...trade, size, side: trade.takerSide, exchangeTimeUs: trade.timeUs, scale });
    }
  }
  return sums;
}

async function asked(name: Name, timeframe: Timeframe, fromUs: number, toUs: number) {
  const { candles } = exchanges[name];
  if (!candles) throw new Error(`${name} has no candles`);
  const { signal } = new AbortController();
  const shorter = mergedFrom(timeframe, candles.native) ?? timeframe;
  const request = { symbol: SYMBOLS[name], timeframe: shorter, fromUs, toUs, signal };
  const page = await whenSpare(() => candles.page(request), { clock, random, signal });
  return { candles, found: mergeCandles(timeframe, page.candles) };
}

describe.each(NAMES)('%s', (name) => {
  test('minutes are those of the trades, around an outage', async () => {
    const fromUs = outageUs() - 60 * MINUTE_US;
    const toUs = fromUs + 200 * MINUTE_US;
    const { candles, found } = await asked(name, '1m', fromUs, toUs);
    const own = Array.from({ length: 200 }, (_, i) => fromUs + i * MINUTE_US);
    const values = own.map((us) => ownCandle(name, us, us + MINUTE_US).values());
    const begins = found.map((candle) => candle.fromUs);
    const isListed = (us: number, i: number): boolean => {
      const isDown = us >= outageUs() && us < outageUs() + 10 * MINUTE_US;
      if (!candles.hasEmptyRows) return values[i]?.trades !== 0;
      // Only Binance has no rows while it is down.
      return name !== 'binance' || !isDown;
    };
    expect(begins).toEqual(own.filter(isListed));
    for (const candle of found) {
      const value = values[own.indexOf(candle.fromUs)];
      if (!value) throw new Error('not asked for');
      expect(compareCandles(value, candle, candles)).toEqual({
        compared: expect.arrayContaining(['close', 'volume']),
        differs: [],
      });
    }
  });

  test.each(['15m', '4h', '1d'] as const)('%s is what its minutes come to', async (timeframe) => {
    const fromUs = intervalStartUs(timeframe, outageUs() - DAY_US);
    const toUs = intervalEndUs(timeframe, intervalEndUs(timeframe, fromUs));
    const { candles, found } = await asked(name, timeframe, fromUs, toUs);
    expect(found.map((candle) => candle.fromUs)).toEqual([
      fromUs,
      intervalEndUs(timeframe, fromUs),
    ]);
    for (const candle of found) {
      const value = ownCandle(name, candle.fromUs, candle.toUs).values();
      expect(compareCandles(value, candle, candles).differs).toEqual([]);
    }
  });

  test('before it was listed there is nothing', async () => {
    const fromUs = intervalStartUs('1d', Date.now() * 1000) - 400 * DAY_US;
    expect((await asked(name, '1d', fromUs, fromUs + 10 * DAY_US)).found).toEqual([]);
  });
});

test('weeks of Binance begin on Mondays', async () => {
  const fromUs = intervalStartUs('7d', Date.now() * 1000 - 21 * DAY_US);
  const { found } = await asked('binance', '7d', fromUs, intervalEndUs('7d', fromUs));
  expect(found.map((candle) => new Date(candle.fromUs / 1000).getUTCDay())).toEqual([1]);
});

test('a symbol that is not listed: rejected, or without rows', async () => {
  const now = intervalStartUs('1m', Date.now() * 1000);
  const { signal } = new AbortController();
  const range = { timeframe: '1m', fromUs: now - 10 * MINUTE_US, toUs: now, signal } as const;
  const ask = (name: Name) => exchanges[name].candles?.page({ symbol: 'NOPE', ...range });
  for (const name of ['binance', 'coinbase', 'bybit'] as const) {
    await expect(ask(name)).rejects.toMatchObject({ code: 'unknown-security' });
  }
  for (const name of ['bitfinex', 'bitmex'] as const) {
    await expect(ask(name)).resolves.toMatchObject({ candles: [] });
  }
});
