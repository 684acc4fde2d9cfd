/** Snapshots and exchange information over real HTTP, with everything that can go wrong there. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBinance } from '../../logger/exchange/binance/exchange.ts';
import type { BinanceLimits } from '../../logger/exchange/binance/limits.ts';
import type { Exchange } from '../../logger/exchange/exchange.ts';
import { createNetwork } from '../../logger/service/network.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { until } from '../support/until.ts';
import { FakeBinance } from '../support/fake-binance.ts';
import { answer } from '../support/fake-server.ts';
import { RecordingListener } from '../support/recording-listener.ts';
import { silentLog } from '../support/silent-log.ts';

const forever = new AbortController().signal;

let fake: FakeBinance;
let exchange: Exchange;

function start(limits: Partial<BinanceLimits> = {}): void {
  const clock = createSystemClock();
  exchange = createBinance({
    wsUrl: fake.wsUrl,
    restUrl: fake.restUrl,
    updateFrequencyMs: 1000,
    staleAfterMs: 15_000,
    transport: createNetwork(clock),
    clock,
    random: { next: () => 0.5 },
    log: silentLog,
    limits,
  });
}

beforeEach(async () => {
  fake = await FakeBinance.start();
  start();
});

afterEach(async () => {
  await exchange.close();
  await fake.close();
});

function snapshot(signal: AbortSignal = new AbortController().signal) {
  return exchange.snapshot('BTCUSDT', signal);
}

function answering(
  ...args: Parameters<typeof answer> extends [unknown, ...infer Rest] ? Rest : never
) {
  fake.behaviour.rest = (_url, response) => {
    answer(response, ...args);
    return true;
  };
}

describe('instruments', () => {
  test('tick and lot size of a known symbol', async () => {
    expect(await exchange.instrument('BTCUSDT', forever)).toEqual({
      symbol: 'BTCUSDT',
      scale: { priceExponent: 8, sizeExponent: 8 },
      tickSize: '0.01',
      lotSize: '0.00001',
      // What it does not say.
      base: null,
      quote: null,
      minSize: null,
      minNotional: null,
    });
    expect(fake.restRequests[0]?.path).toBe('/api/v3/exchangeInfo?symbol=BTCUSDT');
  });

  test('an unknown symbol is rejected with the exchange’s own reason', async () => {
    await expect(exchange.instrument('NOPE', forever)).rejects.toMatchObject({
      code: 'unknown-security',
      message: 'Invalid symbol. (code -1121)',
    });
  });

  test('an answer about another symbol is not taken for this one', async () => {
    answering(200, { symbols: [{ symbol: 'OTHER', filters: [] }] });
    await expect(exchange.instrument('BTCUSDT', forever)).rejects.toMatchObject({
      code: 'unknown-security',
    });
  });

  test('a rejection for another reason says nothing about the symbol', async () => {
    answering(451, 'not in your country');
    await expect(exchange.instrument('BTCUSDT', forever)).rejects.toMatchObject({
      code: 'exchange-refused',
      context: { status: 451 },
    });
  });
});

describe('snapshots', () => {
  test('a snapshot with its horizon', async () => {
    expect(await snapshot()).toMatchObject({
      sequence: 100,
      bids: [1_000_000_000, 100_000_000],
      asks: [1_100_000_000, 200_000_000],
      horizon: { bid: null, ask: null },
    });
    expect(fake.restRequests[0]?.path).toBe('/api/v3/depth?symbol=BTCUSDT&limit=5000');
  });

  test('5,000 levels a side end at the horizon', async () => {
    const side = (from: number, step: number) =>
      Array.from({ length: 5000 }, (_, index) => [`${from + index * step}`, '1']);
    answering(200, { lastUpdateId: 1, bids: side(10_000, -1), asks: side(10_001, 1) });
    const { horizon, bids } = await snapshot();
    expect(bids).toHaveLength(10_000);
    expect(horizon).toEqual({ bid: 5001_00000000, ask: 15000_00000000 });
  });

  test('finer digits in a snapshot are announced to the open symbol before the snapshot is there', async () => {
    const listener = new RecordingListener();
    exchange.open(await exchange.instrument('BTCUSDT', forever), listener);
    answering(200, { lastUpdateId: 1, bids: [['1', '0.0000000001']], asks: [] });
    const { scale } = await snapshot();
    expect(scale).toEqual({ priceExponent: 8, sizeExponent: 10 });
    expect(listener.calls[0]).toEqual({ what: 'scale', scale });
  });

  test.each([
    ['a page of HTML', '<html><body>hello</body></html>', 'json'],
    ['a truncated body', '{"lastUpdateId":1,"bids":[["1","1"', 'json'],
    ['a crossed book', '{"lastUpdateId":1,"bids":[["2","1"]],"asks":[["1","1"]]}', 'snapshot'],
  ])('%s is a wire error, counted', async (_name, body, kind) => {
    answering(200, body);
    await expect(snapshot()).rejects.toMatchObject({ code: 'wire-format', context: { kind } });
    expect(exchange.counters().wireErrors).toEqual({ [kind]: 1 });
  });

  test.each([
    [403, '<html>firewall</html>', 'exchange-refused'],
    [404, '', 'exchange-refused'],
    [500, '{"code":-1000,"msg":"An unknown error occured"}', 'feed-closed'],
    [503, '<html></html>', 'feed-closed'],
    [302, '', 'exchange-refused'],
  ])('status %i is an error that can be tried again', async (status, body, code) => {
    answering(status, body, { location: '/elsewhere' });
    await expect(snapshot()).rejects.toMatchObject({ code, retryable: true });
    // A redirect is not followed.
    expect(fake.restRequests).toHaveLength(1);
  });

  test('a slow body ends at the time limit', async () => {
    await exchange.close();
    start({ requestTimeoutMs: 200 });
    fake.behaviour.rest = (_url, response) => {
      response.writeHead(200);
      response.write('{"lastUpdateId":');
      return true;
    };
    await expect(snapshot()).rejects.toMatchObject({
      code: 'feed-closed',
      message: expect.stringMatching(
        /^Request to 127\.0\.0\.1:\d+ failed: no complete response within 200 ms$/,
      ),
    });
  });

  test('a body above the size limit is not read to its end', async () => {
    await exchange.close();
    start({ maxResponseBytes: 10_000 });
    let written = 0;
    fake.behaviour.rest = (_url, response) => {
      response.writeHead(200);
      const flood = (): void => {
        while (written < 50_000_000) {
          written += 100_000;
          if (!response.write('x'.repeat(100_000))) {
            response.once('drain', flood);
            return;
          }
        }
      };
      flood();
      return true;
    };
    await expect(snapshot()).rejects.toMatchObject({ code: 'feed-closed' });
    expect(written).toBeLessThan(50_000_000);
  });

  test('a connection that is cut in the middle is an error of one line', async () => {
    fake.behaviour.rest = (_url, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x');
      response.socket?.destroy();
      return true;
    };
    const error = await snapshot().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'feed-closed' });
    expect((error as Error).message).toMatch(/^Request to 127\.0\.0\.1:\d+ failed: [^\n]+$/);
    expect((error as Error).message).not.toContain('fetch failed');
  });

  test('a rejected connection is an error of one line', async () => {
    await fake.close();
    await expect(snapshot()).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    });
    fake = await FakeBinance.start();
  });

  test('a request can be given up', async () => {
    const controller = new AbortController();
    fake.behaviour.rest = () => true;
    const failed = expect(snapshot(controller.signal)).rejects.toMatchObject({
      code: 'feed-closed',
      message: expect.stringContaining('canceled'),
    });
    await until('the request is there', () => fake.restRequests.length === 1);
    controller.abort();
    await failed;
  });

  test('closing the exchange gives up what is under way', async () => {
    fake.behaviour.rest = () => true;
    const failed = expect(snapshot()).rejects.toMatchObject({ code: 'feed-closed' });
    await until('the request is there', () => fake.restRequests.length === 1);
    await exchange.close();
    await failed;
  });
});

describe('pace', () => {
  test('429: nothing is asked until Retry-After is over, streams continue', async () => {
    const listener = new RecordingListener();
    exchange.open(await exchange.instrument('BTCUSDT', forever), listener);
    await until('up', () => listener.count('up') === 1);
    answering(429, { code: -1003, msg: 'Too much request weight used' }, { 'retry-after': '1' });
    await expect(snapshot()).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 1000,
      message: 'The exchange answered 429: Too much request weight used',
    });
    expect(exchange.counters().bannedUntilUs).not.toBeNull();
    fake.behaviour.rest = () => false;
    const blocked = fake.restRequests.at(-1)?.atMs ?? 0;
    const later = await Promise.all([snapshot(), snapshot()]);
    expect(later).toHaveLength(2);
    const next = fake.restRequests.filter(({ atMs }) => atMs > blocked);
    expect(next).toHaveLength(2);
    for (const { atMs } of next) expect(atMs - blocked).toBeGreaterThan(950);
    fake.depth('BTCUSDT', { U: 1, u: 2 });
    await until('a diff', () => listener.diffs.length === 1);
    expect(listener.states).toEqual(['up']);
  });

  test('418: every request fails without being sent, until it is over', async () => {
    answering(418, '', { 'retry-after': '1' });
    await expect(snapshot()).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: 1000 });
    for (let i = 0; i < 20; i++) {
      await expect(snapshot()).rejects.toMatchObject({ code: 'rate-limited' });
      await expect(exchange.instrument('BTCUSDT', forever)).rejects.toMatchObject({
        code: 'rate-limited',
      });
    }
    expect(fake.restRequests).toHaveLength(1);
    fake.behaviour.rest = () => false;
    await until('the ban is over', () => exchange.counters().bannedUntilUs === null);
    expect((await snapshot()).sequence).toBe(100);
  });

  test('a Retry-After that is no number counts as none', async () => {
    answering(429, '', { 'retry-after': 'soon' });
    await expect(snapshot()).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: 5000 });
  });

  test('the weight that the exchange reports is passed on', async () => {
    answering(500, '', { 'x-mbx-used-weight-1m': '1234' });
    await expect(snapshot()).rejects.toMatchObject({ code: 'feed-closed' });
    expect(exchange.counters().requestWeightUsed).toBe(1234);
  });
});
