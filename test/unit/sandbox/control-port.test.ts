/** The sandbox's own HTTP requests: faults, true books, statistics. */

import { describe, expect, test } from 'vitest';
import { sandboxOf, synchronised } from './sandboxes.ts';

async function opened() {
  const sandbox = await sandboxOf();
  const url = `${sandbox.venues.binance.restUrl}/sandbox`;
  return {
    sandbox,
    post: (body: string) => fetch(`${url}/misbehave`, { method: 'POST', body }),
    get: (path: string) => fetch(`${url}/${path}`),
  };
}

describe('POST /sandbox/misbehave', () => {
  test('injects a fault', async () => {
    const { sandbox, client } = await synchronised();
    const response = await fetch(`${sandbox.venues.binance.restUrl}/sandbox/misbehave`, {
      method: 'POST',
      body: '{"type":"drop-diffs","symbol":"BTCUSDT","count":1}',
    });
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
    await client.until(() => client.gaps.length === 1);
  });

  test.each([
    ['not json', /JSON/],
    ['null', /type:/],
    ['{"type":"explode"}', /type: "explode" is not one of drop-diffs/],
    ['{"type":"drop-diffs","symbol":"BTCUSDT"}', /count: must be an integer/],
    ['{"type":"drop-diffs","symbol":"BTCUSDT","count":-1}', /count/],
    ['{"type":"drop-diffs","symbol":"NOPEUSDT","count":1}', /symbol: "NOPEUSDT" is not listed/],
    ['{"type":"tick-size","symbol":"BTCUSDT","tickSize":"0"}', /tickSize/],
  ])('%s is rejected with a reason', async (body, reason) => {
    const { post } = await opened();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toMatch(reason);
  });
});

test('GET /sandbox/book returns the true book, now or at a sequence', async () => {
  const { sandbox, get } = await opened();
  const { sequence } = sandbox.book('BTCUSDT');
  const now = await get('book?symbol=BTCUSDT');
  expect([now.status, Object.keys((await now.json()) as object)]).toEqual([
    200,
    ['sequence', 'timeUs', 'bids', 'asks'],
  ]);
  await expect.poll(() => sandbox.bookAtSequence('BTCUSDT', sequence)).toBeDefined();
  const past = await get(`book?symbol=BTCUSDT&sequence=${sequence}`);
  expect(await past.json()).toEqual(sandbox.bookAtSequence('BTCUSDT', sequence));
  const orders = (await (await get('book?symbol=coinbase:BTC-USD')).json()) as { bids: string[][] };
  expect(orders.bids[0]).toHaveLength(3);
});

test.each([
  ['book?symbol=BTCUSDT&sequence=1', 404],
  ['book?symbol=BTCUSDT&sequence=x', 400],
  ['book?symbol=NOPE', 400],
  ['nothing', 404],
])('GET /sandbox/%s is %i', async (path, status) => {
  const { get } = await opened();
  expect((await get(path)).status).toBe(status);
});

test('GET /sandbox/stats counts connections and requests', async () => {
  const { sandbox, client } = await synchronised();
  const { requests } = sandbox.stats();
  const stats = await fetch(`${sandbox.venues.coinbase.restUrl}/sandbox/stats`);
  expect(await stats.json()).toEqual({
    connections: 1,
    requests,
    streams: ['btcusdt@depth@100ms', 'btcusdt@trade'],
  });
  expect(client.closed).toBeNull();
});
