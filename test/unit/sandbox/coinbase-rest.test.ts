/** The sandbox's Coinbase REST API, on a manual clock. */

import { describe, expect, test } from 'vitest';
import { SANDBOX_KEY } from '../../../sandbox/venues/coinbase/key.ts';
import type { Sandbox, SandboxOptions } from '../../../sandbox/sandbox.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { headersBy } from '../../support/plain-coinbase.ts';
import type { PlainCoinbase } from '../../support/plain-coinbase.ts';
import { coinbaseClientOf, sandboxOf } from './sandboxes.ts';

async function opened(
  options: SandboxOptions = {},
): Promise<{ clock: ManualClock; sandbox: Sandbox; client: PlainCoinbase }> {
  const clock = new ManualClock();
  const sandbox = await sandboxOf({ clock, ...options });
  clock.advance(1000);
  return { clock, sandbox, client: await coinbaseClientOf(sandbox) };
}

describe('products', () => {
  test('are listed with their increments, and found by id', async () => {
    const { client, sandbox } = await opened();
    const { status, body } = await client.rest('/products');
    expect(status).toBe(200);
    expect(body.map(({ id }: { id: string }) => id)).toEqual(['BTC-USD', 'ETH-USD']);
    expect(sandbox.venues.coinbase.symbols).toEqual(['BTC-USD', 'ETH-USD']);
    expect(body[0]).toMatchObject({
      base_currency: 'BTC',
      quote_currency: 'USD',
      quote_increment: '0.01',
      base_increment: '0.00001',
      status: 'online',
    });
    for (const each of body) {
      expect((await client.rest(`/products/${each.id}`)).body).toEqual(each);
    }
  });

  test('a changed tick size shows in the increments', async () => {
    const { client, sandbox } = await opened();
    sandbox.inject({ type: 'tick-size', symbol: 'BTC-USD', tickSize: '0.1' });
    const { body } = await client.rest('/products/BTC-USD');
    expect(body.quote_increment).toBe('0.1');
    expect((await client.rest('/products/ETH-USD')).body.quote_increment).toBe('0.01');
  });

  test.each([
    '/products/NOPE-USD',
    '/products/NOPE-USD/book?level=3',
    '/products/btc-usd',
    '/products/BTC-USD/trades',
    '/products/BTC-USD/book/3',
    '/accounts',
  ])('%s is not found, with the exchange’s message', async (path) => {
    const { client } = await opened();
    expect(await client.rest(path)).toMatchObject({ status: 404, body: { message: 'NotFound' } });
  });
});

describe('books', () => {
  const path = '/products/BTC-USD/book';

  test('level 3 has every order in its place', async () => {
    const { client, sandbox } = await opened();
    const { status, body } = await client.rest(`${path}?level=3`);
    expect(status).toBe(200);
    const { bids, asks, sequence } = body;
    expect({ bids, asks, sequence }).toEqual(sandbox.book('BTC-USD'));
    expect(body).toMatchObject({ auction_mode: false, auction: null });
    expect(Date.parse(body.time)).not.toBeNaN();
  });

  test('level 2 has size and number of orders of each price, level 1 only the best', async () => {
    const { client, sandbox } = await opened();
    const orders = sandbox.book('BTC-USD');
    const truth = sandbox.book('BTCUSDT');
    const { body } = await client.rest(`${path}?level=2`);
    for (const side of ['bids', 'asks'] as const) {
      const rows = body[side] as [string, string, number][];
      expect(rows.map(([price, size]) => [price, size])).toEqual(truth[side]);
      const counts = rows.map(
        ([price]) => orders[side].filter(([orderPrice]) => orderPrice === price).length,
      );
      expect(rows.map(([, , count]) => count)).toEqual(counts);
      expect(Math.max(...counts)).toBeGreaterThan(1);
    }
    expect(body.sequence).toBe(orders.sequence);
    const best = { ...body, bids: [body.bids[0]], asks: [body.asks[0]] };
    expect((await client.rest(`${path}?level=1`)).body).toEqual(best);
    expect((await client.rest(path)).body).toEqual(best);
  });

  test('another level is rejected', async () => {
    const { client } = await opened();
    const { status, body } = await client.rest(`${path}?level=4`);
    expect([status, body]).toEqual([400, { message: 'Invalid level' }]);
  });
});

describe('a signature', () => {
  const path = '/products/BTC-USD/book?level=3';
  const other = Buffer.from('another').toString('base64');

  test('is accepted if valid, and optional', async () => {
    const { client, clock } = await opened();
    expect((await client.rest(path)).status).toBe(200);
    expect((await client.rest(path, headersBy(SANDBOX_KEY, clock.nowUs(), path))).status).toBe(200);
  });

  test.each<[string, (us: number) => Record<string, string>, RegExp]>([
    [
      'of another secret',
      (us) => headersBy({ ...SANDBOX_KEY, secret: other }, us, path),
      /Invalid signature/,
    ],
    [
      'of the path without its query',
      (us) => headersBy(SANDBOX_KEY, us, '/products/BTC-USD/book'),
      /Invalid signature/,
    ],
    ['of another key', (us) => headersBy({ ...SANDBOX_KEY, key: other }, us, path), /API Key/],
    [
      'with another passphrase',
      (us) => headersBy({ ...SANDBOX_KEY, passphrase: other }, us, path),
      /Passphrase/,
    ],
    ['that is old', (us) => headersBy(SANDBOX_KEY, us - 31_000_000, path), /Timestamp expired/],
    ['that is missing', () => ({ 'cb-access-key': SANDBOX_KEY.key }), /require authentication/],
  ])('%s is 401 with the reason', async (_name, headers, reason) => {
    const { client, clock } = await opened();
    const { status, body } = await client.rest(path, headers(clock.nowUs()));
    expect(status).toBe(401);
    expect(body.message).toMatch(reason);
  });
});

test('too many requests are 429 with Retry-After, until time has passed', async () => {
  const { client, clock } = await opened({
    limits: { coinbase: { requestsPerSecond: 2, requestsBurst: 3 } },
  });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await client.rest('/products')).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  const refused = await client.rest('/products');
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.body.message).toMatch(/rate limit/);
  clock.advance(1000);
  expect((await client.rest('/products')).status).toBe(200);
  expect((await client.rest('/products')).status).toBe(200);
  expect((await client.rest('/products')).status).toBe(429);
});

test('the time is that of the clock, as text and in seconds', async () => {
  const { client, clock } = await opened();
  const { body } = await client.rest('/time');
  expect(body.epoch).toBe(clock.nowUs() / 1_000_000);
  expect(Date.parse(body.iso) * 1000).toBe(clock.nowUs());
});
