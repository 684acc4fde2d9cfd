/** The exchange's own candles through the port: exit codes, JSON, tables, progress. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RateLimitedError, UnknownSecurityError } from '../../logger/errors.ts';
import type { ComparedCandle } from '../../logger/queries/compared-candle.ts';
import type { GapItem } from '../../logger/queries/items.ts';
import type { ComparedCandlesQuery, FetchCandlesQuery } from '../../logger/queries/queries.ts';
import type { FetchCandlesResult } from '../../logger/queries/results.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { FetchOptions } from '../../logger/series/candle-fetch.ts';
import type { ExchangeCandlesService } from '../../logger/series/exchange-candles.ts';
import { cli, startPort } from './fixture.ts';
import type { CliOptions, CliRun, Port } from './fixture.ts';

const SECURITY = 'binance:BTCUSDT';
const FROM = '2026-11-20T07:00:00Z';
const T0 = parseTimeUs(FROM);
const MINUTE_US = 60_000_000;

class FakeService implements ExchangeCandlesService {
  asked: ComparedCandlesQuery | FetchCandlesQuery | undefined;
  items: (ComparedCandle | GapItem)[] = [];
  error: Error | undefined;
  run: (options: FetchOptions) => Promise<FetchCandlesResult> = async () => RESULT;

  async *compared(query: ComparedCandlesQuery) {
    this.asked = query;
    yield* this.items;
    if (this.error) await Promise.reject(this.error);
  }

  fetch(query: FetchCandlesQuery, options: FetchOptions): Promise<FetchCandlesResult> {
    this.asked = query;
    return this.error ? Promise.reject(this.error) : this.run(options);
  }
}

const SO_FAR = {
  security: SECURITY,
  timeframe: '1m',
  from: FROM,
  to: '2026-11-20T08:00:00Z',
  stored: 50,
  present: 7,
  missing: 3,
} as const;
const RESULT: FetchCandlesResult = {
  ...SO_FAR,
  gaps: [
    { from: '2026-11-20T07:10:00Z', to: '2026-11-20T07:11:00Z' },
    { from: '2026-11-20T07:20:00Z', to: '2026-11-20T07:22:00Z' },
  ],
};

let service: FakeService;
let port: Port;

beforeEach(async () => {
  service = new FakeService();
  port = await startPort({ securities: [SECURITY], exchangeCandles: service });
});
afterEach(() => port.close(0));

function manager(line: string, options: CliOptions = {}): Promise<CliRun> {
  return cli(line.split(' '), { port: port.port, ...options });
}

function candle(minute: number, change: Partial<ComparedCandle> = {}): ComparedCandle {
  return {
    type: 'candle',
    security: SECURITY,
    timeframe: '1m',
    source: 'trades',
    fromUs: T0 + minute * MINUTE_US,
    toUs: T0 + (minute + 1) * MINUTE_US,
    open: 1001,
    high: 1010,
    low: 990,
    close: 1000,
    volume: 125,
    quoteVolume: 125_000,
    buyVolume: 100,
    trades: 12,
    firstTradeId: 1,
    lastTradeId: 12,
    scale: { priceExponent: 1, sizeExponent: 1 },
    state: 'checked',
    missing: [],
    check: { compared: ['volume', 'trades'], differs: [], exchange: null },
    ...change,
  };
}

function differing(minute: number): ComparedCandle {
  const exchange = { ...candle(minute), volume: 126, buyVolume: null, trades: 13 };
  const check = {
    compared: ['close', 'volume', 'trades'],
    differs: ['volume', 'trades'],
    exchange,
  };
  return candle(minute, { state: 'differs', check: check as ComparedCandle['check'] & {} });
}

describe('candles --check', () => {
  const line = `candles ${SECURITY} --timeframe 1m --check`;

  test('exits 0 where all agree, and says how many', async () => {
    service.items = [candle(0), candle(1), candle(2, { state: 'final' })];
    const run = await manager(line);
    expect(run.code).toBe(0);
    expect(run.stderr).toBe(
      'orderbook-manager: 2 candles checked, 0 differ, 1 not compared ' +
        "(1 final; final: the exchange's own is missing or may change)\n",
    );
    expect(run.stdout).toMatch(/FROM +OPEN.*STATE\n.*100\.1 .*12\.5 +12 +checked\n/);
    expect(service.asked).toMatchObject({ security: SECURITY, source: 'trades', check: true });
  });

  test('exits 1 where one differs, with both values', async () => {
    service.items = [candle(0), differing(1)];
    const run = await manager(line);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('differs: volume 12.5 (exchange 12.6), trades 12 (exchange 13)');
    expect(run.stderr).toContain('1 candle checked, 1 differs');
  });

  test('as JSON', async () => {
    service.items = [differing(1)];
    const run = await manager(`${line} --json`);
    expect(run.code).toBe(1);
    expect(run.json).toEqual([
      {
        security: SECURITY,
        timeframe: '1m',
        from: '2026-11-20T07:01:00Z',
        to: '2026-11-20T07:02:00Z',
        open: '100.1',
        high: '101',
        low: '99',
        close: '100',
        volume: '12.5',
        quoteVolume: '1250',
        buyVolume: '10',
        trades: 12,
        firstTradeId: '1',
        lastTradeId: '12',
        state: 'differs',
        source: 'trades',
        missing: [],
        check: {
          compared: ['close', 'volume', 'trades'],
          differs: ['volume', 'trades'],
          exchange: {
            open: '100.1',
            high: '101',
            low: '99',
            close: '100',
            volume: '12.6',
            quoteVolume: '1250',
            buyVolume: null,
            trades: 13,
          },
        },
      },
    ]);
  });

  test('a gap exits 5, unless it is accepted', async () => {
    const numbers = { firstMissing: null, lastMissing: null, missing: 'tradeId' } as const;
    service.items = [
      candle(0),
      { type: 'gap', fromUs: T0, toUs: T0 + MINUTE_US, cause: 'restart', ...numbers },
    ];
    expect((await manager(line)).code).toBe(5);
    expect((await manager(`${line} --allow-gaps`)).code).toBe(0);
  });
});

describe('candles --source', () => {
  test('the exchange’s own are told apart', async () => {
    const { check: _, ...rest } = candle(0);
    const own = { source: 'exchange', state: 'final', trades: null, buyVolume: null } as const;
    service.items = [{ ...rest, ...own, firstTradeId: null, lastTradeId: null }];
    const line = `candles ${SECURITY} --timeframe 1m --source auto --from ${FROM}`;
    expect((await manager(line)).stdout).toContain('12.5       –  final (exchange)');
    const [row] = (await manager(`${line} --json`)).json as Record<string, unknown>[];
    expect(row).toMatchObject({ source: 'exchange', trades: null, firstTradeId: null });
    expect(row).not.toHaveProperty('check');
    expect(service.asked).toMatchObject({ source: 'auto', fromUs: T0 });
  });

  test.each([
    ['--source exchange', '--from: the exchange'],
    [`--source exchange --from ${FROM} --check`, '--check: compares candles of trades'],
    ['--source other', 'other'],
    ['--check --archive ./nowhere', '--check asks the exchange'],
  ])('%s is wrong usage', async (options, message) => {
    const run = await cli(['candles', SECURITY, '--timeframe', '1m', ...options.split(' ')]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
    expect(service.asked).toBeUndefined();
  });

  test('an exchange that bans us is one line', async () => {
    service.error = new RateLimitedError('The exchange has banned this address', 1000);
    const run = await manager(`candles ${SECURITY} --timeframe 1m --source auto`);
    expect([run.code, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toBe('orderbook-manager: The exchange has banned this address\n');
  });
});

describe('candles fetch', () => {
  const line = `candles fetch ${SECURITY} --timeframe 1m --from ${FROM}`;

  test('says what was stored and what the exchange has not', async () => {
    const run = await manager(line);
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toBe(
      `${SECURITY} 1m from ${FROM} to 2026-11-20T08:00:00Z: 50 candles stored, 7 there already.\n` +
        'The exchange has no candle for 3 intervals:\n' +
        '  2026-11-20T07:20:00Z to 2026-11-20T07:22:00Z\n' +
        '  2026-11-20T07:10:00Z to 2026-11-20T07:11:00Z\n',
    );
    expect(service.asked).toEqual({
      security: SECURITY,
      timeframe: '1m',
      fromUs: T0,
      toUs: undefined,
    });
    expect((await manager(`${line} --json`)).json).toEqual(RESULT);
  });

  test('shows its progress on a terminal, and what it waits for', async () => {
    service.run = async ({ onProgress }) => {
      const at = '2026-11-20T07:30:00Z';
      onProgress?.({
        ...SO_FAR,
        at,
        wait: { seconds: 60, reason: 'The exchange asks to slow down' },
      });
      await new Promise((resolve) => setTimeout(resolve, 600));
      return RESULT;
    };
    const run = await manager(line, { isTerminal: true, columns: 200 });
    expect(run.stderr).toContain(
      `[##########..........]  50%  ${SECURITY} 1m to 2026-11-20T07:30:00Z: 57 candles; waits 60 s: The exchange asks to slow down`,
    );
  });

  test('ends with Ctrl-C, and so does the logger', async () => {
    const stop = new AbortController();
    let isAborted = false;
    service.run = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(new Error('aborted'));
        });
        stop.abort();
      });
    expect((await manager(line, { interrupted: stop.signal })).code).toBe(130);
    await expect.poll(() => isAborted).toBe(true);
  });

  test('of what the exchange has nothing exits 5; of what it does not list, 1', async () => {
    service.run = async () => ({ ...RESULT, stored: 0, present: 0, missing: 60 });
    expect((await manager(line)).code).toBe(5);
    service.error = new UnknownSecurityError('Binance lists no BTCUSDT');
    const run = await manager(line);
    expect([run.code, run.stderr]).toEqual([1, 'orderbook-manager: Binance lists no BTCUSDT\n']);
  });

  test('is in the log of the logger', async () => {
    await manager(line);
    expect(port.log.at('notice').at(-1)).toMatchObject({
      message: 'Manager call fetch candles',
      fields: { security: SECURITY, timeframe: '1m', outcome: 'ok', stored: 50 },
    });
  });
});
