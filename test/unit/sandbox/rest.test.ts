import { describe, expect, test } from 'vitest';
import { RequestWeight } from '../../../sandbox/venues/binance/request-weight.ts';
import { clientOf, sandboxOf } from './sandboxes.ts';

describe('REST', () => {
  test.each([
    ['/api/v3/depth?symbol=NOPEUSDT', 400, -1121],
    ['/api/v3/exchangeInfo?symbol=NOPEUSDT', 400, -1121],
    ['/api/v3/exchangeInfo?symbols=["BTCUSDT","NOPEUSDT"]', 400, -1121],
    ['/api/v3/exchangeInfo?symbols=BTCUSDT', 400, -1100],
    ['/api/v3/depth', 400, -1102],
    ['/api/v3/depth?symbol=btcusdt', 400, -1100],
    ['/api/v3/depth?symbol=BTCUSDT&limit=many', 400, -1100],
    ['/api/v3/depth?symbol=BTCUSDT&limit=0', 400, -1100],
  ])('%s is rejected with %i and the code %i', async (path, status, code) => {
    const client = await clientOf(await sandboxOf());
    const reply = await client.rest(encodeURI(path));
    expect(reply.status).toBe(status);
    expect(reply.body.code).toBe(code);
    expect(reply.body.msg).toBeTypeOf('string');
  });

  test('an unknown symbol is rejected with the exchange’s error', async () => {
    const client = await clientOf(await sandboxOf());
    const { text } = await client.rest('/api/v3/depth?symbol=NOPEUSDT');
    expect(text).toBe('{"code":-1121,"msg":"Invalid symbol."}');
  });

  test('exchangeInfo has tick and lot size of one, several or all symbols', async () => {
    const client = await clientOf(await sandboxOf());
    const one = await client.rest('/api/v3/exchangeInfo?symbol=BTCUSDT');
    expect(one.body.symbols).toHaveLength(1);
    expect(one.body.symbols[0].filters).toMatchObject([
      { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', stepSize: '0.00001000' },
      { filterType: 'NOTIONAL', minNotional: '5.00000000' },
    ]);
    const both = await client.rest(encodeURI('/api/v3/exchangeInfo?symbols=["ETHUSDT","BTCUSDT"]'));
    expect(both.body.symbols.map((each: any) => each.symbol)).toEqual(['ETHUSDT', 'BTCUSDT']);
    const all = await client.rest('/api/v3/exchangeInfo');
    expect(all.body.symbols).toHaveLength(2);
  });

  test('best prices of one symbol or of all agree with the book, and report their weight', async () => {
    const sandbox = await sandboxOf({ pace: 0.001 });
    const client = await clientOf(sandbox);
    const one = await client.rest('/api/v3/ticker/bookTicker?symbol=BTCUSDT');
    expect(one.headers.get('x-mbx-used-weight-1m')).toBe('2');
    const all = await client.rest('/api/v3/ticker/bookTicker');
    expect(all.headers.get('x-mbx-used-weight-1m')).toBe('6');
    expect(all.body).toHaveLength(2);
    expect(all.body).toContainEqual(one.body);
    const { bids, asks } = sandbox.book('BTCUSDT');
    const { bidPrice, bidQty, askPrice, askQty } = one.body;
    const plain = [bidPrice, bidQty, askPrice, askQty].map((text: string) =>
      text.replace(/\.?0+$/, ''),
    );
    expect(plain).toEqual([...(bids[0] ?? []), ...(asks[0] ?? [])]);
  });

  test('a snapshot has the requested depth, best first, and reports its weight', async () => {
    const client = await clientOf(await sandboxOf());
    const small = await client.rest('/api/v3/depth?symbol=BTCUSDT&limit=7');
    expect(small.body.bids).toHaveLength(7);
    expect(small.headers.get('x-mbx-used-weight-1m')).toBe('5');
    const bids = small.body.bids.map((row: string[]) => Number(row[0]));
    expect(bids).toEqual([...bids].sort((a: number, b: number) => b - a));
    expect(bids[0]).toBeLessThan(Number(small.body.asks[0][0]));
    const large = await client.rest('/api/v3/depth?symbol=BTCUSDT&limit=5000');
    expect(large.headers.get('x-mbx-used-weight-1m')).toBe('255');
  });

  test('trades equal those of the stream', async () => {
    const client = await clientOf(await sandboxOf(), { streams: ['trade'] });
    await client.until(() => client.trades.length > 3);
    const { body } = await client.rest('/api/v3/trades?symbol=BTCUSDT&limit=1000');
    const heard = client.trades[2];
    expect(body.find((row: any) => row.id === heard.t)).toMatchObject({
      price: heard.p,
      qty: heard.q,
      time: heard.T,
      isBuyerMaker: heard.m,
    });
  });

  test('times are in microseconds if the header asks for it', async () => {
    const client = await clientOf(await sandboxOf());
    const fine = await client.rest('/api/v3/time', { 'X-MBX-TIME-UNIT': 'MICROSECOND' });
    expect(String(fine.body.serverTime)).toMatch(/^\d{16}$/);
    expect(String((await client.rest('/api/v3/time')).body.serverTime)).toMatch(/^\d{13}$/);
    expect((await client.rest('/api/v3/ping')).text).toBe('{}');
    expect((await client.rest('/api/v1/depth')).status).toBe(404);
  });

  test('too much weight is 429 with Retry-After, and persisting 418', async () => {
    const client = await clientOf(
      await sandboxOf({ limits: { binance: { weightPerMinute: 500 } } }),
    );
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++) {
      const reply = await client.rest('/api/v3/depth?symbol=BTCUSDT&limit=5000');
      statuses.push(reply.status);
      if (reply.status === 200) continue;
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(reply.body.code).toBe(-1003);
    }
    // If a new minute begins in between, there are more of the first kind.
    expect(statuses[0]).toBe(200);
    expect(statuses).toContain(429);
  });
});

describe('request weight', () => {
  const minute = 60_000;

  test('adds up within a wall-clock minute and restarts with the next', () => {
    const weight = new RequestWeight(100);
    expect(weight.spend(60, 10 * minute)).toMatchObject({ status: 200, used: 60 });
    expect(weight.spend(40, 10 * minute + 1)).toMatchObject({ status: 200, used: 100 });
    expect(weight.spend(1, 10 * minute + 15_000)).toMatchObject({
      status: 429,
      retryAfterSeconds: 45,
    });
    expect(weight.spend(100, 11 * minute)).toMatchObject({ status: 200, used: 100 });
  });

  test('persisting leads to a ban, each longer than the last', () => {
    const weight = new RequestWeight(10);
    const until = (status: number, nowMs: number): number => {
      for (let i = 0; i < 100; i++) {
        const answer = weight.spend(11, nowMs);
        if (answer.status === status) return answer.retryAfterSeconds;
      }
      return -1;
    };
    expect(until(418, 0)).toBe(120);
    expect(weight.spend(1, 119_000)).toMatchObject({ status: 418, retryAfterSeconds: 1 });
    expect(weight.spend(1, 121_000).status).toBe(200);
    expect(until(418, 180_000)).toBe(240);
  });
});
