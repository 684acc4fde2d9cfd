/** Every exchange's own candles: what is asked, what its rows mean, and what an answer that rejects does. */

import { describe, expect, test } from 'vitest';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import { candleTexts } from '../../../logger/candles/exchange-candle.ts';
import {
  LimitExceededError,
  RateLimitedError,
  UnknownSecurityError,
} from '../../../logger/errors.ts';
import { createBinance } from '../../../logger/exchange/binance/exchange.ts';
import { createBitfinex } from '../../../logger/exchange/bitfinex/exchange.ts';
import { createBitmex } from '../../../logger/exchange/bitmex/exchange.ts';
import { createBybit } from '../../../logger/exchange/bybit/exchange.ts';
import type { CandlePage } from '../../../logger/exchange/candles.ts';
import { createCoinbase } from '../../../logger/exchange/coinbase/exchange.ts';
import type { Exchange } from '../../../logger/exchange/exchange.ts';
import { createSandbox } from '../../../logger/exchange/sandbox/exchange.ts';
import { formatTimeUs, parseTimeUs } from '../../../logger/market/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';
import { silentLog } from '../../support/silent-log.ts';

const BASE = {
  wsUrl: 'wss://exchange.test',
  restUrl: 'https://exchange.test/',
  staleAfterMs: 15_000,
  random: { next: () => 0.5 },
  log: silentLog,
};
type Options = typeof BASE & { readonly transport: ScriptedTransport; readonly clock: ManualClock };
const CREATE = {
  binance: (options: Options) => createBinance({ ...options, updateFrequencyMs: 100 }),
  coinbase: (options: Options) =>
    createCoinbase({ ...options, feed: 'level2_batch', credentials: null }),
  bitfinex: (options: Options) => createBitfinex({ ...options, feed: 'p0' }),
  bybit: (options: Options) => createBybit({ ...options, feed: 'full' }),
  bitmex: (options: Options) => createBitmex(options),
  sandbox: (options: Options) => createSandbox(options),
};

interface Asked {
  readonly from: string;
  readonly to: string;
  readonly timeframe?: Timeframe;
  readonly symbol?: string;
}

class Script {
  readonly clock = new ManualClock();
  readonly transport = new ScriptedTransport(this.clock);
  readonly exchange: Exchange;

  constructor(name: keyof typeof CREATE, body: string, status = 200, headers = {}) {
    this.transport.answer = async () => ({ status, headers, body });
    this.exchange = CREATE[name]({ ...BASE, transport: this.transport, clock: this.clock });
  }

  ask({ from, to, timeframe = '1m', symbol = 'BTCUSDT' }: Asked): Promise<CandlePage> {
    const { candles } = this.exchange;
    if (!candles) throw new Error('no candles');
    const { signal } = new AbortController();
    const range = { fromUs: parseTimeUs(from), toUs: parseTimeUs(to) };
    return candles.page({ symbol, timeframe, ...range, signal });
  }

  get path(): string {
    return this.transport.asked.at(-1)?.replace('https://exchange.test', '') ?? '';
  }
}

async function shown(script: Script, asked: Asked): Promise<unknown[]> {
  const { candles } = await script.ask(asked);
  return candles.map((candle) => {
    const texts = Object.values(candleTexts(candle)).map((text) => text ?? '-');
    return `${formatTimeUs(candle.fromUs)} ${texts.join(' ')}`;
  });
}

const MINUTES = { from: '2026-11-20T07:00:00Z', to: '2026-11-20T07:03:00Z' };
const MS = 1_795_158_000_000;

describe('Binance', () => {
  const row = (ms: number, volume = '2.50000000', trades = 3): string =>
    `[${ms},"90000.10000000","90010.00000000","89995.00000000","90001.00000000","${volume}",${ms + 59_999},"225004.20000000",${trades},"1.50000000","135001.50000000","0"]`;

  test('asks by the open, and reads trades and what takers bought', async () => {
    const script = new Script('binance', `[${row(MS)},${row(MS + 60_000)}]`);
    expect(await shown(script, MINUTES)).toEqual([
      '2026-11-20T07:00:00Z 90000.1 90010 89995 90001 2.5 225004.2 1.5 3',
      '2026-11-20T07:01:00Z 90000.1 90010 89995 90001 2.5 225004.2 1.5 3',
    ]);
    expect(script.path).toBe(
      `/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${MS}&endTime=${MS + 179_999}&limit=1000`,
    );
  });

  test('where nobody traded a row repeats the price before: here there is none', async () => {
    const script = new Script('binance', `[${row(MS, '0.00000000', 0)}]`);
    expect(await shown(script, MINUTES)).toEqual(['2026-11-20T07:00:00Z - - - - 0 225004.2 1.5 0']);
  });

  test('weeks begin on Mondays and months with the first', async () => {
    const script = new Script('binance', '[]');
    await script.ask({ from: '2026-11-16T00:00:00Z', to: '2026-11-30T00:00:00Z', timeframe: '7d' });
    expect(script.path).toContain('interval=1w&');
    await script.ask({ from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z', timeframe: '1M' });
    expect(script.path).toContain('interval=1M&');
    expect(script.exchange.candles?.native).not.toContain('30d');
  });

  test('rows off the grid, of another length and outside of the range are left out', async () => {
    const off = row(MS + 60_017);
    const short = row(MS + 120_000).replace(String(MS + 179_999), String(MS + 150_000));
    const script = new Script('binance', `[${row(MS - 60_000)},${row(MS)},${off},${short}]`);
    expect(await shown(script, MINUTES)).toHaveLength(1);
    expect(script.exchange.counters().wireErrors).toEqual({ candle: 2 });
  });

  test('it takes what the budget has to spare, with its weight', async () => {
    const script = new Script('binance', '[]');
    let answered = 0;
    const failure = async (): Promise<unknown> => {
      try {
        for (;;) {
          await script.ask(MINUTES);
          answered++;
        }
      } catch (error) {
        return error;
      }
    };
    expect(await failure()).toBeInstanceOf(LimitExceededError);
    // Half of the burst of 2700 is left for the recording.
    expect(answered).toBe(675);
  });
});

describe('Coinbase', () => {
  const asked = { ...MINUTES, symbol: 'BTC-USD' };

  test('rows come newest first, lowest price first, as numbers; none where nobody traded', async () => {
    const s = MS / 1000;
    const body = `[[${s + 120},89995,90010,90000.1,90001,1.8e-7],[${s},1,4,2,3,0.30000000000000004]]`;
    const script = new Script('coinbase', body);
    expect(await shown(script, asked)).toEqual([
      '2026-11-20T07:00:00Z 2 4 1 3 0.30000000000000004 - - -',
      '2026-11-20T07:02:00Z 90000.1 90010 89995 90001 0.00000018 - - -',
    ]);
    // Both ends belong to the range: 300 intervals are the most.
    expect(script.path).toBe(
      '/products/BTC-USD/candles?granularity=60&start=2026-11-20T07:00:00Z&end=2026-11-20T07:02:00Z',
    );
    expect(script.exchange.candles?.maxIntervals).toBe(300);
  });

  test('a sum of binary fractions with more decimals than any amount is rounded to 18', async () => {
    const body = `[[${MS / 1000},1,4,2,3,1.2345678901234567e-7]]`;
    const [only] = await shown(new Script('coinbase', body), asked);
    expect(only).toContain(' 0.000000123456789012 ');
  });

  test('a product that is not listed', async () => {
    const script = new Script('coinbase', '{"message":"NotFound"}', 404);
    await expect(script.ask(asked)).rejects.toThrow(UnknownSecurityError);
  });
});

describe('Bitfinex', () => {
  const asked = { ...MINUTES, symbol: 'tBTCUST' };

  test('the close is the second price; rows are asked for oldest first', async () => {
    const body = `[[${MS},20097,20094,20099,20090,0.07870586],[${MS + 120_000},1,2,3,1,4.5]]`;
    const script = new Script('bitfinex', body);
    expect(await shown(script, asked)).toEqual([
      '2026-11-20T07:00:00Z 20097 20099 20090 20094 0.07870586 - - -',
      '2026-11-20T07:02:00Z 1 3 1 2 4.5 - - -',
    ]);
    expect(decodeURIComponent(script.path)).toBe(
      `/v2/candles/trade:1m:tBTCUST/hist?start=${MS}&end=${MS + 179_999}&limit=10000&sort=1`,
    );
  });

  test('a day has another name', async () => {
    const script = new Script('bitfinex', '[]');
    await script.ask({
      symbol: 'tBTCUST',
      from: '2026-11-20T00:00:00Z',
      to: '2026-11-21T00:00:00Z',
      timeframe: '1d',
    });
    expect(decodeURIComponent(script.path)).toContain('trade:1D:');
  });
});

describe('Bybit', () => {
  const list = (symbol = 'BTCUSDT'): string =>
    JSON.stringify({
      retCode: 0,
      retMsg: 'OK',
      result: {
        category: 'spot',
        symbol,
        list: [
          [String(MS + 60_000), '17071', '17073', '17027', '17055.5', '268.611', '4584474.04'],
          [String(MS), '17071.5', '17071.5', '17061', '17071', '4.177', '71305.5'],
        ],
      },
    });

  test('rows come newest first, all as text', async () => {
    const script = new Script('bybit', list());
    expect(await shown(script, MINUTES)).toEqual([
      '2026-11-20T07:00:00Z 17071.5 17071.5 17061 17071 4.177 71305.5 - -',
      '2026-11-20T07:01:00Z 17071 17073 17027 17055.5 268.611 4584474.04 - -',
    ]);
    expect(script.path).toBe(
      `/v5/market/kline?category=spot&symbol=BTCUSDT&interval=1&start=${MS}&end=${MS + 179_999}&limit=1000`,
    );
  });

  test('an answer for another symbol is rejected', async () => {
    await expect(new Script('bybit', list('ETHUSDT')).ask(MINUTES)).rejects.toThrow(
      'The klines are of another symbol',
    );
  });
});

describe('BitMEX', () => {
  const asked = { ...MINUTES, symbol: 'XBTUSD' };
  const bucket = (end: string, trades: number): string =>
    `{"timestamp":"${end}","symbol":"XBTUSD","open":6717.5,"high":6724.5,"low":6720,"close":6724.5,"trades":${trades},"volume":${trades === 0 ? 0 : 74881},"vwap":null,"homeNotional":11.136009210000001}`;

  test('a bucket is stamped with its end, and may open outside of its prices', async () => {
    const body = `[${bucket('2026-11-20T07:01:00.000Z', 5)},${bucket('2026-11-20T07:02:00.000Z', 0)}]`;
    const script = new Script('bitmex', body);
    expect(await shown(script, asked)).toEqual([
      '2026-11-20T07:00:00Z 6717.5 6724.5 6720 6724.5 74881 - - 5',
      '2026-11-20T07:01:00Z - - - - 0 - - 0',
    ]);
    expect(script.path).toBe(
      '/api/v1/trade/bucketed?binSize=1m&symbol=XBTUSD&count=1000&startTime=2026-11-20T07:01:00Z&endTime=2026-11-20T07:03:00Z',
    );
    expect(script.exchange.candles?.compared).not.toContain('open');
  });

  test('a stamp that ends no bucket is left out', async () => {
    const script = new Script('bitmex', `[${bucket('2026-11-20T07:01:30.000Z', 5)}]`);
    expect(await shown(script, asked)).toEqual([]);
    expect(script.exchange.counters().wireErrors).toEqual({ candle: 1 });
  });
});

describe('rejections', () => {
  const slowDown = { 'retry-after': '7' };
  test.each([
    ['binance', 429, '{"code":-1003,"msg":"Too much request weight used"}', slowDown, 7000],
    ['binance', 418, '{"code":-1003,"msg":"Way too much"}', { 'retry-after': '120' }, 120_000],
    ['coinbase', 429, '{"message":"Public rate limit exceeded"}', slowDown, 7000],
    ['bitfinex', 429, '["error",11010,"ratelimit: error"]', {}, 60_000],
    ['bybit', 403, 'access too frequent', {}, 600_000],
    ['bybit', 200, '{"retCode":10006,"retMsg":"Too many visits."}', {}, 5000],
    ['bitmex', 429, '{"error":{"message":"Rate limit exceeded","name":"E"}}', slowDown, 7000],
  ] as const)(
    '%s %i: nothing is asked until it is over',
    async (name, status, body, headers, ms) => {
      const script = new Script(name, body, status, headers);
      const first = await script.ask(MINUTES).catch((error: unknown) => error);
      expect(first).toBeInstanceOf(RateLimitedError);
      expect((first as RateLimitedError).retryAfterMs).toBe(ms);
      expect(script.exchange.counters().bannedUntilUs).toBe(script.clock.nowUs() + ms * 1000);
      await expect(script.ask(MINUTES)).rejects.toMatchObject({ retryable: true });
      expect(script.transport.asked).toHaveLength(1);
    },
  );
});

test('an answer that is not JSON, or no list, is counted and fails its caller', async () => {
  for (const name of ['binance', 'coinbase', 'bitfinex', 'bybit', 'bitmex'] as const) {
    for (const body of ['{', '{"a":1}', '[1]']) {
      const script = new Script(name, body);
      await expect(script.ask(MINUTES)).rejects.toMatchObject({ retryable: expect.any(Boolean) });
      if (name !== 'bybit') expect(script.exchange.counters().wireErrors).not.toEqual({});
    }
  }
});

test('the sandbox exchange has none', () => {
  expect(new Script('sandbox', '[]').exchange.candles).toBeUndefined();
});
