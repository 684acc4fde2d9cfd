/** The sandbox's Coinbase feed as an independent client sees it, on a manual clock. */

import { describe, expect, test } from 'vitest';
import { SANDBOX_KEY } from '../../../sandbox/venues/coinbase/key.ts';
import type { Sandbox, SandboxOptions } from '../../../sandbox/sandbox.ts';
import { NaiveOrders } from '../../support/coinbase-session.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { NUMBERED, signedBy } from '../../support/plain-coinbase.ts';
import type { PlainCoinbase } from '../../support/plain-coinbase.ts';
import { coinbaseClientOf, sandboxOf } from './sandboxes.ts';

const BTC = 'BTC-USD';
const ETH = 'ETH-USD';
const STEP_MS = 500;

interface Opened {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly client: PlainCoinbase;
}

async function opened(options: SandboxOptions = {}): Promise<Opened> {
  const clock = new ManualClock();
  const sandbox = await sandboxOf({ clock, ...options });
  return { clock, sandbox, client: await coinbaseClientOf(sandbox) };
}

/** With the `full` channel and heartbeats of the given products. */
async function streaming(...products: string[]): Promise<Opened> {
  const found = await opened();
  for (const product of products) {
    const signed = signedBy(SANDBOX_KEY, found.clock.nowUs());
    await found.client.subscribe(product, ['full', 'heartbeat'], signed);
  }
  return found;
}

function numbers(messages: readonly { readonly sequence: number }[]): number[] {
  return messages.map(({ sequence }) => sequence);
}

function countedFrom(first: number, length: number): number[] {
  return Array.from({ length }, (_, i) => first + i);
}

describe('subscriptions', () => {
  test('are answered with all subscriptions, by channel', async () => {
    const { client } = await opened();
    expect(await client.subscribe(BTC, ['matches', 'heartbeat'])).toEqual({
      type: 'subscriptions',
      channels: [
        { name: 'matches', product_ids: [BTC] },
        { name: 'heartbeat', product_ids: [BTC] },
      ],
    });
    const own = [{ name: 'heartbeat', product_ids: [BTC, ETH] }, 'level2_batch'];
    const more = { type: 'subscribe', product_ids: [ETH], channels: own };
    expect((await client.ask(more)).channels).toEqual([
      { name: 'matches', product_ids: [BTC] },
      { name: 'heartbeat', product_ids: [BTC, ETH] },
      { name: 'level2_batch', product_ids: [ETH] },
    ]);
    const less = { type: 'unsubscribe', product_ids: [BTC], channels: ['matches', 'heartbeat'] };
    expect((await client.ask(less)).channels).toEqual([
      { name: 'heartbeat', product_ids: [ETH] },
      { name: 'level2_batch', product_ids: [ETH] },
    ]);
  });

  test.each([
    ['{"type":', /type must be/],
    ['[]', /type must be/],
    ['{"type":"buy"}', /type must be/],
    ['{"type":"subscribe"}', /channels must be a list/],
    ['{"type":"subscribe","channels":["matches"]}', /must name a product/],
    ['{"type":"subscribe","channels":["matches"],"product_ids":"BTC-USD"}', /must be a list/],
    ['{"type":"subscribe","channels":["level4"],"product_ids":["BTC-USD"]}', /"level4" is not/],
    ['{"type":"subscribe","channels":["matches"],"product_ids":["NO-USD"]}', /NO-USD is not/],
    ['{"type":"subscribe","channels":["matches"],"product_ids":["BTC-USD","NO-USD"]}', /NO-USD/],
  ])('%s is answered with an error, and subscribes to nothing', async (message, reason) => {
    const { client, sandbox } = await opened();
    expect(await client.ask(message)).toEqual({
      type: 'error',
      message: expect.any(String),
      reason: expect.stringMatching(reason),
    });
    expect(sandbox.stats().streams).toEqual([]);
    expect(client.closed).toBeNull();
  });

  test('end the messages when they are cancelled', async () => {
    const { client, clock } = await streaming(BTC);
    await client.ask({ type: 'unsubscribe', product_ids: [BTC], channels: ['full'] });
    const before = client.of(BTC, ...NUMBERED).length;
    clock.advance(2000);
    await client.all();
    expect(client.of(BTC, ...NUMBERED)).toHaveLength(before);
    expect(client.of(BTC, 'heartbeat').length).toBeGreaterThan(0);
  });

  test('a connection without any is closed after five seconds, others are kept', async () => {
    const { client, clock, sandbox } = await opened();
    const subscribed = await coinbaseClientOf(sandbox);
    await subscribed.subscribe(BTC, ['heartbeat']);
    clock.advance(5000);
    await client.until(() => client.closed !== null);
    expect(client.closed).toEqual({ code: 1008, reason: 'No subscription' });
    await subscribed.all();
    expect(subscribed.closed).toBeNull();
  });
});

describe('a signed subscription', () => {
  const { key, secret, passphrase } = SANDBOX_KEY;
  const other = Buffer.from('another').toString('base64');

  test.each<[string, (us: number) => object, RegExp]>([
    ['nothing', () => ({}), /require authentication/],
    [
      'a key without a signature',
      (us) => ({ ...signedBy(SANDBOX_KEY, us), signature: undefined }),
      /require authentication/,
    ],
    ['another key', (us) => signedBy({ ...SANDBOX_KEY, key: other }, us), /Invalid API Key/],
    [
      'another passphrase',
      (us) => signedBy({ ...SANDBOX_KEY, passphrase: other }, us),
      /Invalid Passphrase/,
    ],
    [
      'another secret',
      (us) => signedBy({ ...SANDBOX_KEY, secret: other }, us),
      /Invalid signature/,
    ],
    ['an old timestamp', (us) => signedBy(SANDBOX_KEY, us - 31_000_000), /Timestamp expired/],
    ['a timestamp to come', (us) => signedBy(SANDBOX_KEY, us + 31_000_000), /Timestamp expired/],
    [
      'the timestamp of another signature',
      (us) => ({ ...signedBy(SANDBOX_KEY, us), timestamp: String(us / 1_000_000 + 1) }),
      /Invalid signature/,
    ],
  ])('with %s is rejected, and the connection stays', async (_name, fields, reason) => {
    const { client, clock } = await opened();
    const refusal = await client.subscribe(BTC, ['full'], fields(clock.nowUs()));
    expect(refusal).toMatchObject({ type: 'error', message: 'Failed to subscribe' });
    expect(refusal.reason).toMatch(reason);
    for (const hidden of [key, secret, passphrase]) expect(refusal.reason).not.toContain(hidden);
    clock.advance(STEP_MS);
    await client.all();
    expect(client.of(BTC, ...NUMBERED)).toEqual([]);
    const granted = await client.subscribe(BTC, ['full'], signedBy(SANDBOX_KEY, clock.nowUs()));
    expect(granted.channels).toEqual([{ name: 'full', product_ids: [BTC] }]);
    clock.advance(STEP_MS);
    await client.all();
    expect(client.of(BTC, ...NUMBERED)).not.toEqual([]);
  });

  test('is rejected the given number of times, then accepted', async () => {
    const { client, clock, sandbox } = await opened();
    sandbox.inject({ type: 'refuse-logins', count: 2, exchange: 'coinbase' });
    const types: string[] = [];
    for (let i = 0; i < 3; i++) {
      const signed = signedBy(SANDBOX_KEY, clock.nowUs());
      types.push((await client.subscribe(BTC, ['full'], signed)).type);
    }
    expect(types).toEqual(['error', 'error', 'subscriptions']);
  });

  test('is not needed for public channels', async () => {
    const { client } = await opened();
    const channels = ['level2_batch', 'matches', 'heartbeat'];
    expect((await client.subscribe(BTC, channels)).type).toBe('subscriptions');
  });
});

describe('full', () => {
  test('numbers the messages of each product consecutively and separately', async () => {
    const { client, clock, sandbox } = await streaming(BTC, ETH);
    clock.advance(5000);
    await client.all();
    for (const product of [BTC, ETH]) {
      const messages = client.of(product, ...NUMBERED);
      expect(messages.length).toBeGreaterThan(100);
      expect(numbers(messages)).toEqual(countedFrom(messages[0].sequence, messages.length));
      expect(messages.at(-1).sequence).toBe(sandbox.sequence(product));
    }
    const types = new Set(client.of(BTC, ...NUMBERED).map(({ type }) => type));
    expect(types).toEqual(new Set(NUMBERED));
  });

  test('a heartbeat every second has the last sequence and trade id', async () => {
    const { client, clock } = await streaming(BTC);
    for (let i = 0; i < 4; i++) clock.advance(1000);
    await client.all();
    const heartbeats = client.of(BTC, 'heartbeat');
    const times = heartbeats.map(({ time }) => Date.parse(time));
    const [firstMs = 0] = times;
    expect(times).toEqual([0, 1000, 2000, 3000].map((ms) => firstMs + ms));
    let sequence = 0;
    let tradeId = 0;
    let compared = 0;
    for (const message of client.of(BTC, ...NUMBERED, 'heartbeat')) {
      if (message.type !== 'heartbeat') {
        sequence = message.sequence;
        tradeId = message.trade_id ?? tradeId;
      } else if (tradeId > 0) {
        expect(message).toMatchObject({ sequence, last_trade_id: tradeId });
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });

  test('a level 3 book and the messages after it yield the true queues', async () => {
    const { client, clock, sandbox } = await streaming(BTC);
    clock.advance(STEP_MS);
    const { body } = await client.rest(`/products/${BTC}/book?level=3`);
    const mine = new NaiveOrders();
    for (const [side, rows] of [
      ['buy', body.bids],
      ['sell', body.asks],
    ]) {
      for (const [price, size, id] of rows) {
        mine.apply({ type: 'open', order_id: id, side, price, remaining_size: size });
      }
    }
    let applied = body.sequence;
    for (let round = 0; round < 6; round++) {
      clock.advance(STEP_MS);
      await client.all();
      for (const message of client.of(BTC, ...NUMBERED)) {
        if (message.sequence <= applied) continue;
        mine.apply(message);
        applied = message.sequence;
      }
      const truth = sandbox.book(BTC);
      expect(applied).toBe(truth.sequence);
      expect(mine.rows('bid')).toEqual(truth.bids);
      expect(mine.rows('ask')).toEqual(truth.asks);
      expect(sandbox.bookAtSequence(BTC, applied)).toEqual(truth);
    }
    expect(applied - body.sequence).toBeGreaterThan(500);
  });

  test('a match names maker, taker and the side of the maker', async () => {
    const { client, clock } = await streaming(BTC);
    clock.advance(5000);
    await client.all();
    const sides = new Map<string, string>();
    let compared = 0;
    for (const message of client.of(BTC, ...NUMBERED)) {
      if (message.type === 'received') sides.set(message.order_id, message.side);
      if (message.type !== 'match') continue;
      const makerSide = sides.get(message.maker_order_id);
      // Makers from before the subscription have no `received` message.
      if (makerSide !== undefined) expect(message.side).toBe(makerSide);
      expect(sides.get(message.taker_order_id)).toBe(message.side === 'buy' ? 'sell' : 'buy');
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
  });

  test('a resting order is received, then open, then done', async () => {
    const { client, clock, sandbox } = await streaming(BTC);
    clock.advance(5000);
    await client.all();
    const state = new Map<string, string>();
    for (const { type, order_id: id } of client.of(BTC, ...NUMBERED)) {
      if (type === 'received') expect(state.has(id)).toBe(false);
      if (type === 'open') expect(state.get(id)).toBe('received');
      if (type === 'received' || type === 'open' || type === 'done') state.set(id, type);
    }
    const { bids, asks } = sandbox.book(BTC);
    const resting = new Set([...bids, ...asks].map(([, , id]) => id));
    for (const [id, last] of state) expect(resting.has(id)).toBe(last === 'open');
  });
});

describe('matches', () => {
  test('equal those of the full channel, after the last one before', async () => {
    const { client, clock, sandbox } = await streaming(BTC);
    clock.advance(3000);
    const publicClient = await coinbaseClientOf(sandbox);
    await publicClient.subscribe(BTC, ['matches']);
    await publicClient.until(() => publicClient.of(BTC, 'last_match').length === 1);
    clock.advance(3000);
    await Promise.all([client.all(), publicClient.all()]);
    const all = client.of(BTC, 'match');
    const heard = publicClient.of(BTC, 'match');
    const [last] = publicClient.of(BTC, 'last_match');
    expect(heard.length).toBeGreaterThan(3);
    expect([{ ...last, type: 'match' }, ...heard]).toEqual(all.slice(-heard.length - 1));
    const ids = all.map(({ trade_id }) => trade_id);
    expect(ids).toEqual(countedFrom(ids[0], ids.length));
  });
});

describe('level2_batch', () => {
  /** The client's levels: its snapshot and all updates after it. */
  function levelsOf(client: PlainCoinbase): { bids: string[][]; asks: string[][] } {
    const [snapshot] = client.of(BTC, 'snapshot');
    const sides = { buy: new Map(snapshot.bids), sell: new Map(snapshot.asks) } as Record<
      string,
      Map<string, string>
    >;
    for (const { changes } of client.of(BTC, 'l2update')) {
      for (const [side, price, size] of changes) {
        if (Number(size) === 0) sides[side]?.delete(price);
        else sides[side]?.set(price, size);
      }
    }
    const sorted = (side: string, sign: number): string[][] =>
      [...(sides[side] ?? [])].sort((a, b) => sign * (Number(a[0]) - Number(b[0])));
    return { bids: sorted('buy', -1), asks: sorted('sell', 1) };
  }

  test('the snapshot and the updates after it yield the true levels', async () => {
    const { client, clock, sandbox } = await opened();
    clock.advance(STEP_MS);
    await client.subscribe(BTC, ['level2_batch']);
    await client.until(() => client.of(BTC, 'snapshot').length === 1);
    for (let round = 0; round < 10; round++) {
      const { bids, asks } = sandbox.book('BTCUSDT');
      expect(levelsOf(client)).toEqual({ bids, asks });
      clock.advance(STEP_MS + round);
      // Pending changes are sent before a newcomer's snapshot.
      const newcomer = await coinbaseClientOf(sandbox);
      await newcomer.subscribe(BTC, ['level2_batch']);
      await client.all();
      await newcomer.until(() => newcomer.of(BTC, 'snapshot').length === 1);
      expect(levelsOf(newcomer)).toEqual(levelsOf(client));
    }
  });

  test('an update comes every 50 ms and has each level once', async () => {
    const { client, clock, sandbox } = await opened();
    await client.subscribe(BTC, ['level2_batch']);
    clock.advance(3000);
    await client.all();
    const updates = client.of(BTC, 'l2update');
    expect(updates.length).toBeGreaterThan(30);
    const times = updates.map(({ time }) => Date.parse(time));
    for (const [i, ms] of times.slice(1).entries()) {
      expect(ms - (times[i] ?? 0)).toBeGreaterThanOrEqual(50);
    }
    for (const { changes } of updates) {
      const levels = changes.map(([side, price]: string[]) => `${side} ${price}`);
      expect(new Set(levels).size).toBe(levels.length);
    }
    expect(sandbox.stats().streams).toEqual([`${BTC}/level2_batch`]);
  });

  test('the snapshot of a later subscriber goes to no one else', async () => {
    const { client, sandbox } = await opened();
    await client.subscribe(BTC, ['level2_batch']);
    const newcomer = await coinbaseClientOf(sandbox);
    await newcomer.subscribe(BTC, ['level2_batch']);
    await Promise.all([client.all(), newcomer.all()]);
    expect(client.of(BTC, 'snapshot')).toHaveLength(1);
    expect(newcomer.of(BTC, 'snapshot')).toHaveLength(1);
  });
});
