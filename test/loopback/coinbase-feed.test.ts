/** The Coinbase feeds over real sockets, against a fake exchange that misbehaves in every known way. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCoinbase } from '../../logger/exchange/coinbase/exchange.ts';
import type { CoinbaseOptions } from '../../logger/exchange/coinbase/exchange.ts';
import type { Exchange, FeedHandle } from '../../logger/exchange/exchange.ts';
import { MAX_MESSAGE_BYTES, createNetwork } from '../../logger/service/network.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import {
  BTC,
  CREDENTIALS,
  heartbeat,
  match,
  open,
  orderBook,
  snapshot,
  update,
} from '../support/coinbase-frames.ts';
import { FakeCoinbase } from '../support/fake-coinbase.ts';
import { answer } from '../support/fake-server.ts';
import { RecordingListener } from '../support/recording-listener.ts';
import { keptLog } from '../support/scripted-coinbase.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';

const ETH = 'ETH-USD';
const signal = new AbortController().signal;
let fake: FakeCoinbase;
let exchange: Exchange;
let logged: string[];

function start(options: Partial<CoinbaseOptions> = {}): void {
  const clock = createSystemClock();
  exchange = createCoinbase({
    wsUrl: fake.wsUrl,
    restUrl: fake.restUrl,
    staleAfterMs: 15_000,
    feed: 'full',
    credentials: CREDENTIALS,
    transport: createNetwork(clock),
    clock,
    random: seededRandom(),
    log: keptLog(logged),
    ...options,
    limits: { joinWithinMs: 200, replyWithinMs: 1000, ...options.limits },
  });
}

beforeEach(async () => {
  logged = [];
  fake = await FakeCoinbase.start();
});

afterEach(async () => {
  await exchange.close();
  await fake.close();
});

async function opened(
  symbol = BTC,
): Promise<{ readonly listener: RecordingListener; readonly handle: FeedHandle }> {
  const listener = new RecordingListener();
  return { listener, handle: exchange.open(await exchange.instrument(symbol, signal), listener) };
}

/** Open, confirmed, and with messages 1 to 10. */
async function streaming(symbol = BTC): ReturnType<typeof opened> {
  const found = await opened(symbol);
  await until(`${symbol} is up`, () => found.listener.count('up') === 1);
  for (let i = 1; i <= 10; i++) fake.send(open(i, { product_id: symbol }));
  await until('ten messages', () => found.listener.events.length === 10);
  return found;
}

/** The sequences that the rule lets through, and where it finds a gap. */
function followed(listener: RecordingListener, from: number): (number | 'gap')[] {
  let last = from;
  return listener.events.flatMap((event) => {
    if (!('lastSequence' in event)) return [];
    const verdict = exchange.rule.follow(last, event);
    if (verdict === 'ignore') return [];
    last = event.lastSequence;
    return verdict === 'gap' ? ['gap' as const, last] : [last];
  });
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('the full channel', () => {
  test('signature and timestamp are accepted, the book joins what was queued before it', async () => {
    start();
    const { listener } = await streaming();
    for (const sequence of numbers(95, 105)) fake.send(open(sequence));
    await until('all', () => listener.events.length === 21);
    const taken = await exchange.snapshot(BTC, signal);
    expect(taken).toMatchObject({ level: 'L3', sequence: 100 });
    const steps = listener.events.filter((event) => 'lastSequence' in event).slice(10);
    expect(exchange.rule.bridge(taken.sequence, steps as never)).toEqual({
      kind: 'bridged',
      from: 6,
    });
  });

  test('a wrong key: the socket stays open and silent, the rejection is reported once, and it is retried', async () => {
    start();
    fake.credentials = { ...CREDENTIALS, passphrase: 'another one' };
    const { listener } = await opened();
    await until('the rejection', () => listener.count('rejected') > 0);
    expect(listener.calls[0]).toEqual({
      what: 'rejected',
      reason: 'Failed to subscribe: Authentication Failed: invalid signature',
    });
    expect(listener.count('up')).toBe(0);
    const refusal: unknown = await exchange.snapshot(BTC, signal).catch((error: unknown) => error);
    expect(String(refusal)).toContain('401: invalid signature');
    fake.credentials = CREDENTIALS;
    await until('up', () => listener.count('up') === 1);
    expect(listener.count('rejected')).toBe(1);
    expect(fake.open).toHaveLength(1);
    const seen = `${logged.join('\n')} ${JSON.stringify(listener.calls)} ${String(refusal)}`;
    for (const secret of Object.values(CREDENTIALS)) expect(seen).not.toContain(secret);
  });

  test('without a key the exchange says why it rejects', async () => {
    start({ credentials: null });
    const { listener } = await opened();
    await until('the rejection', () => listener.count('rejected') > 0);
    expect(listener.calls[0]).toMatchObject({
      reason: 'Failed to subscribe: level2, level3, and full channels now require authentication',
    });
  });

  test('duplicates and late frames have no effect, a gap is found in its place', async () => {
    start();
    const { listener } = await streaming();
    for (const sequence of [11, 11, 10, 12, 9, 14, 13, 15]) fake.send(open(sequence));
    await until('all', () => listener.events.length === 18);
    expect(followed(listener, 0)).toEqual([...numbers(1, 12), 'gap', 14, 15]);
    expect(listener.states).toEqual(['up']);
  });

  test('a heartbeat ahead of the messages tells of a loss at the end', async () => {
    start();
    const { listener } = await streaming();
    fake.send(heartbeat(12, 1));
    await until('the heartbeat', () => listener.count('heartbeat') === 1);
    expect(listener.calls.at(-1)).toMatchObject({ heartbeat: { lastSequence: 12 } });
  });

  test('trouble with one product is not felt by another', async () => {
    start();
    const first = await streaming();
    const second = await streaming(ETH);
    expect(fake.open).toHaveLength(2);
    for (let last = 10, round = 0; round < 3; round++) {
      fake.carrying(BTC)[0]?.cut();
      await until('down', () => first.listener.count('down') === round + 1);
      for (const sequence of numbers(last + 1, (last += 5))) {
        fake.send(open(sequence, { product_id: ETH }));
      }
      await until('up again', () => first.listener.count('up') === round + 2);
    }
    await until('all of the other', () => second.listener.events.length === 25);
    expect(followed(second.listener, 0)).toEqual(numbers(1, 25));
    expect(second.listener.states).toEqual(['up']);
  });

  test('products come and go while another streams without missing anything', async () => {
    start({ limits: { maxFullConnections: 1 } });
    const { listener } = await streaming();
    let last = 10;
    for (let round = 0; round < 3; round++) {
      const other = await opened(ETH);
      await until('the other is up', () => {
        fake.send(open(++last));
        return other.listener.count('up') === 1;
      });
      other.handle.close();
      await until('it is given up', () => {
        fake.send(open(++last));
        return fake.carrying(ETH).length === 0;
      });
    }
    await until('all', () => followed(listener, 0).at(-1) === last);
    expect(followed(listener, 0)).toEqual(numbers(1, last));
    expect(fake.connections).toHaveLength(1);
  });

  test('connections are replaced under load without losing a message', async () => {
    start();
    const { listener } = await streaming();
    let last = 10;
    for (let round = 0; round < 5; round++) {
      let isDone = false;
      const reset = exchange.reset().then(() => (isDone = true));
      await until('the reset', () => {
        fake.send(open(++last));
        return isDone;
      });
      await reset;
    }
    await until('all', () => followed(listener, 0).at(-1) === last);
    expect(followed(listener, 0)).toEqual(numbers(1, last));
    expect(listener.states).toEqual(['up']);
    expect(fake.connections).toHaveLength(6);
    await until('one connection', () => fake.open.length === 1);
  });

  test('silence, pongs included, is an end within the limit', async () => {
    start({ staleAfterMs: 300 });
    const { listener } = await streaming();
    for (const connection of fake.open) connection.isAnswering = false;
    await until('down and up again', () => listener.count('up') === 2);
    expect(listener.states).toEqual(['up', 'down', 'up']);
  });

  test('a request that is never answered costs the connection', async () => {
    start({ limits: { replyWithinMs: 100 } });
    let requests = 0;
    fake.behaviour.control = (connection, message) => {
      if (++requests > 1) fake.control(connection, message);
    };
    const { listener } = await opened();
    await until('up', () => listener.count('up') === 1);
    expect(fake.connections).toHaveLength(2);
  });

  test.each([
    ['garbage', '}{', 'json'],
    ['a cut frame', JSON.stringify(open(11)).slice(0, 60), 'json'],
    ['a price that is no number', JSON.stringify(open(11, { price: 'NaN' })), 'decimal'],
    ['a price of 400 digits', JSON.stringify(open(11, { price: '9'.repeat(400) })), 'shape'],
    ['a negative size', JSON.stringify(open(11, { remaining_size: '-1' })), 'decimal'],
    ['a prototype', '{"__proto__":{"type":"open"},"constructor":1}', 'shape'],
    ['an unknown type', '{"type":"hello"}', 'unknown-event'],
  ])('%s is counted, and the stream continues', async (_name, text, kind) => {
    start();
    const { listener } = await streaming();
    fake.open[0]?.send(text);
    fake.send(open(12));
    await until('the next', () => listener.events.length === 11);
    expect(exchange.counters().wireErrors).toEqual({ [kind]: 1 });
    expect(listener.states).toEqual(['up']);
    expect(followed(listener, 0)).toEqual([...numbers(1, 10), 'gap', 12]);
  });

  test('a message above the limit ends the connection, is counted, and a new one takes over', async () => {
    start();
    const { listener } = await streaming();
    fake.open[0]?.announce(MAX_MESSAGE_BYTES + 1);
    await until('up again', () => listener.count('up') === 2);
    expect(exchange.counters().wireErrors).toEqual({ oversized: 1 });
  });
});

describe('the public feed', () => {
  beforeEach(() => {
    fake.behaviour.control = (connection, message) => {
      fake.control(connection, message);
      if (message.type !== 'subscribe') return;
      for (const symbol of message.product_ids) {
        connection.send({ ...match(50, 6), type: 'last_match', product_id: symbol });
        connection.send(snapshot({ product_id: symbol }));
      }
    };
    start({ feed: 'level2_batch', credentials: null });
  });

  test('a snapshot that came before the confirmation is the one that is handed out', async () => {
    fake.behaviour.control = (connection, message) => {
      connection.send(snapshot());
      connection.send(update(1, [['buy', '90000.00', '7']]));
      fake.control(connection, message);
    };
    const { listener } = await opened();
    await until('the change', () => listener.diffs.length === 1);
    expect(await exchange.snapshot(BTC, signal)).toMatchObject({ level: 'L2', sequence: 1 });
    expect(listener.ranges).toEqual([[2, 2]]);
  });

  test('snapshot after snapshot comes fresh, while another product streams on', async () => {
    const { listener } = await opened();
    const other = await opened(ETH);
    await until('both are up', () => [listener, other.listener].every((l) => l.count('up') === 1));
    const taken: number[] = [];
    for (let round = 0; round < 3; round++) {
      taken.push((await exchange.snapshot(BTC, signal)).sequence);
      fake.send(update(round + 1, [['sell', '90010.00', '1']], { product_id: ETH }));
    }
    await until('the other', () => other.listener.diffs.length === 3);
    expect(taken).toEqual([1, 2, 3]);
    expect(other.listener.ranges).toEqual([
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
    expect(fake.connections).toHaveLength(1);
  });

  test('a lost connection is a down at once, and the next one brings its own snapshot', async () => {
    const { listener } = await opened();
    await until('up', () => listener.count('up') === 1);
    await exchange.snapshot(BTC, signal);
    fake.open[0]?.cut();
    await until('up again', () => listener.count('up') === 2);
    expect(listener.states).toEqual(['up', 'down', 'up']);
    expect(await exchange.snapshot(BTC, signal)).toMatchObject({ sequence: 2 });
  });

  test('a reset begins again with the new connection’s snapshot, trades once each', async () => {
    const { listener } = await opened();
    await until('up', () => listener.count('up') === 1);
    await exchange.snapshot(BTC, signal);
    let tradeId = 6;
    for (let round = 0; round < 3; round++) {
      let isDone = false;
      const reset = exchange.reset().then(() => (isDone = true));
      await until('the reset', () => {
        tradeId++;
        fake.send(match(100 + tradeId, tradeId));
        return isDone;
      });
      await reset;
      expect((await exchange.snapshot(BTC, signal)).level).toBe('L2');
    }
    await until('the last trade', () => listener.trades.at(-1)?.tradeId === tradeId);
    const ids = listener.trades.map((trade) => trade.tradeId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(listener.states).toEqual([
      'up',
      ...Array.from({ length: 3 }, () => ['down', 'up']).flat(),
    ]);
  });

  test('trades that do not come are a loss, and the next snapshot is a fresh one', async () => {
    const { listener } = await opened();
    await until('up', () => listener.count('up') === 1);
    await exchange.snapshot(BTC, signal);
    fake.send(match(57, 7));
    fake.send(match(60, 9));
    await until('the loss', () => listener.count('loss') === 1);
    expect(await exchange.snapshot(BTC, signal)).toMatchObject({ sequence: 2 });
    expect(fake.open[0]?.messages.map(({ type }) => type)).toEqual([
      'subscribe',
      'unsubscribe',
      'subscribe',
    ]);
  });
});

describe('REST', () => {
  test('a book of a hundred thousand orders', async () => {
    start();
    await streaming();
    const bids = Array.from({ length: 100_000 }, (_, i) => [
      String(200_000 - i),
      '0.00000001',
      `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    ]);
    fake.behaviour.rest = (url, response) => {
      if (!url.pathname.endsWith('/book')) return false;
      answer(response, 200, orderBook(5, { bids, asks: [] }));
      return true;
    };
    const taken = await exchange.snapshot(BTC, signal);
    expect(taken.bids).toHaveLength(100_000);
    expect(taken.bids.at(-1)).toMatchObject({ orderId: bids.at(-1)?.[2] });
  });

  test.each([
    ['a page of HTML', 403, '<html>', { code: 'exchange-refused' }],
    ['a server in trouble', 503, { message: 'Service Unavailable' }, { code: 'feed-closed' }],
    ['a cut answer', 200, '{"bids":[[', { code: 'wire-format' }],
    ['“slow down”', 429, { message: 'slow' }, { code: 'rate-limited', retryAfterMs: 2000 }],
  ])('%s', async (_name, status, body, expected) => {
    start();
    await streaming();
    fake.behaviour.rest = (_url, response) => {
      answer(response, status, body, { 'retry-after': '2' });
      return true;
    };
    await expect(exchange.snapshot(BTC, signal)).rejects.toMatchObject(expected);
  });

  test('an unknown product is rejected with the exchange’s own reason', async () => {
    start();
    expect(await exchange.instrument(BTC, signal)).toMatchObject({
      symbol: BTC,
      scale: { priceExponent: 2, sizeExponent: 8 },
      tickSize: '0.01',
      lotSize: '0.00000001',
    });
    await expect(exchange.instrument('NO-SUCH', signal)).rejects.toMatchObject({
      code: 'unknown-security',
      message: 'The exchange does not list NO-SUCH: NotFound',
    });
  });
});
