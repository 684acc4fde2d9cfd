/** Whole cores on one clock with each exchange: candles of recorded trades are those of the exchange. */

import { afterEach, expect, test } from 'vitest';
import { createBinance } from '../../../logger/exchange/binance/exchange.ts';
import { createBitfinex } from '../../../logger/exchange/bitfinex/exchange.ts';
import { createBitmex } from '../../../logger/exchange/bitmex/exchange.ts';
import { createBybit } from '../../../logger/exchange/bybit/exchange.ts';
import { createCoinbase } from '../../../logger/exchange/coinbase/exchange.ts';
import type { CreateExchange } from '../../../logger/exchange/definition.ts';
import type { ComparedCandle } from '../../../logger/queries/compared-candle.ts';
import { scaled } from '../../support/scaled.ts';
import { Simulation } from '../../support/simulation.ts';

let simulation: Simulation;

afterEach(() => simulation.close());

const addresses = (name: string) => ({ wsUrl: `ws://${name}`, restUrl: `http://${name}` });

/** How many minutes the exchange's candles may be late. */
const CASES: readonly [string, number, CreateExchange][] = [
  [
    'binance:BTCUSDT',
    1,
    (shared, deps) => createBinance({ ...shared, ...deps, ...addresses('binance') }),
  ],
  [
    'coinbase:BTC-USD',
    10,
    (shared, deps) =>
      createCoinbase({
        ...shared,
        ...deps,
        ...addresses('coinbase'),
        feed: 'level2_batch',
        credentials: null,
      }),
  ],
  [
    'bitfinex:tBTCUST',
    1,
    (shared, deps) => createBitfinex({ ...shared, ...deps, ...addresses('bitfinex'), feed: 'p0' }),
  ],
  [
    'bybit:BTCUSDT',
    1,
    (shared, deps) => createBybit({ ...shared, ...deps, ...addresses('bybit'), feed: 'full' }),
  ],
  [
    'bitmex:XBTUSD',
    1,
    (shared, deps) => createBitmex({ ...shared, ...deps, ...addresses('bitmex') }),
  ],
];

test.each(CASES.slice(0, scaled({ fast: 1, full: 5 })))(
  '%s',
  { timeout: 180_000 },
  async (security, lateMinutes, create) => {
    const [name = ''] = security.split(':');
    simulation = new Simulation({ securities: [security], depthLevels: 30, pace: 10 });
    const { clock } = simulation;
    const { core } = await simulation.start(name, create);
    const startUs = clock.nowUs();
    await clock.advanceAsync((2.3 + lateMinutes) * 60_000, 1000);
    await core.control.flush(security);
    const query = { security, timeframe: '1m', source: 'auto', check: true } as const;
    const range = { fromUs: startUs - 120_000_000 };
    const found: ComparedCandle[] = [];
    const reading = (async () => {
      const { signal } = new AbortController();
      for await (const item of core.exchangeCandles.compared({ ...query, ...range }, signal)) {
        if (item.type === 'candle') found.push(item);
      }
    })();
    await clock.advanceAsync(20_000, 1000);
    await reading;
    const states = found.map(({ state, source }) => `${state} ${source}`);
    // Those before, and the one in which the recording began, are the exchange's.
    expect(states.slice(0, 2)).toEqual(['final exchange', 'final exchange']);
    const checked = found.filter(({ state }) => state === 'checked');
    expect(found.filter(({ state }) => state === 'differs')).toEqual([]);
    expect(checked.length).toBeGreaterThanOrEqual(1);
    expect(checked.every(({ check }) => check?.compared.includes('volume'))).toBe(true);
    expect(checked.some(({ trades }) => (trades ?? 0) > 0)).toBe(true);
  },
);
