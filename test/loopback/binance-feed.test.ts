/** The Binance feed over real sockets, against a fake exchange that misbehaves in every known way. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBinance } from '../../logger/exchange/binance/exchange.ts';
import type { BinanceOptions } from '../../logger/exchange/binance/exchange.ts';
import type { Exchange, FeedHandle } from '../../logger/exchange/exchange.ts';
import { MAX_MESSAGE_BYTES, createNetwork } from '../../logger/service/network.ts';
import type { LogFields } from '../../logger/runtime/log.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { until } from '../support/until.ts';
import { FakeBinance } from '../support/fake-binance.ts';
import type { FakeConnection } from '../support/fake-binance.ts';
import { RecordingListener } from '../support/recording-listener.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { silentLog } from '../support/silent-log.ts';

const forever = new AbortController().signal;

let fake: FakeBinance;
let exchange: Exchange;

function start(options: Partial<BinanceOptions> = {}): void {
  const clock = createSystemClock();
  exchange = createBinance({
    wsUrl: fake.wsUrl,
    restUrl: fake.restUrl,
    updateFrequencyMs: 100,
    staleAfterMs: 15_000,
    transport: createNetwork(clock),
    clock,
    random: seededRandom(),
    log: silentLog,
    ...options,
    limits: { quietAfterMs: 100, replyWithinMs: 1000, ...options.limits },
  });
}

beforeEach(async () => {
  fake = await FakeBinance.start();
});

afterEach(async () => {
  await exchange.close();
  await fake.close();
});

async function opened(
  symbol = 'BTCUSDT',
): Promise<{ listener: RecordingListener; handle: FeedHandle }> {
  const listener = new RecordingListener();
  const handle = exchange.open(await exchange.instrument(symbol, forever), listener);
  return { listener, handle };
}

/** Open, confirmed, and with data up to sequence 10. */
async function streaming(
  symbol = 'BTCUSDT',
): Promise<{ listener: RecordingListener; handle: FeedHandle; connection: FakeConnection }> {
  const { listener, handle } = await opened(symbol);
  await until(`${symbol} is up`, () => listener.count('up') === 1);
  const connection = fake.latest;
  fake.depth(symbol, { U: 1, u: 10 }, [connection]);
  await until('the first diff', () => listener.diffs.length === 1);
  return { listener, handle, connection };
}

describe('subscribing', () => {
  test('streams of a hundred symbols come up below five client messages a second', async () => {
    start({ limits: { maxStreamsPerRequest: 20 } });
    const listeners: RecordingListener[] = [];
    for (let i = 0; i < 100; i++) {
      const listener = new RecordingListener();
      const scale = { priceExponent: 8, sizeExponent: 8 };
      const symbol = `SYM${i}`;
      exchange.open({ symbol, scale, tickSize: null, lotSize: null }, listener);
      listeners.push(listener);
    }
    await until('a connection', () => fake.open.length === 1);
    const { latest } = fake;
    expect(latest.url).toBe('/stream?timeUnit=MICROSECOND');
    // The server's pings cost pongs, which count.
    latest.socket.ping();
    await until(
      'everything is up',
      () => listeners.every((each) => each.count('up') === 1),
      20_000,
    );
    expect(latest.streams.size).toBe(200);
    const sentMs = latest.clientMessagesMs;
    expect(sentMs.length).toBeGreaterThan(10);
    for (const fromMs of sentMs) {
      const within = sentMs.filter((ms) => ms >= fromMs && ms < fromMs + 1000);
      expect(within.length).toBeLessThan(5);
    }
  });

  test('a rejected symbol hears the exchange’s reason, the others stream', async () => {
    start();
    fake.symbols.set('BADUSDT', '0.01');
    fake.behaviour.control = (connection, request) => {
      if (request.params.some((stream) => stream.startsWith('badusdt'))) {
        connection.reply(request.id, {
          error: { code: 2, msg: 'Invalid request: no such stream' },
        });
      } else fake.confirm(connection, request);
    };
    const good = await streaming();
    const bad = await opened('BADUSDT');
    await until('the rejection', () => bad.listener.count('rejected') === 1);
    expect(bad.listener.calls).toEqual([
      { what: 'rejected', reason: 'Invalid request: no such stream (code 2)' },
    ]);
    fake.depth('BTCUSDT', { U: 11, u: 12 });
    await until('the next diff', () => good.listener.diffs.length === 2);
    expect(good.listener.states).toEqual(['up']);
  });

  test('symbols come and go while others stream without missing anything', async () => {
    start();
    const { listener } = await streaming();
    let last = 10;
    for (let round = 0; round < 3; round++) {
      const { handle, listener: other } = await opened('ETHUSDT');
      await until('the other is up', () => {
        fake.depth('BTCUSDT', { U: last + 1, u: ++last });
        return other.count('up') === 1;
      });
      fake.depth('ETHUSDT', { U: 1, u: 5 });
      await until('its diff', () => other.diffs.length === 1);
      handle.close();
      await until('it is given up', () => {
        fake.depth('BTCUSDT', { U: last + 1, u: ++last });
        return !fake.latest.streams.has('ethusdt@trade');
      });
    }
    await until('all diffs', () => listener.diffs.at(-1)?.lastSequence === last);
    expect(listener.ranges.slice(1)).toEqual(
      Array.from({ length: last - 10 }, (_, index) => [11 + index, 11 + index]),
    );
    expect(listener.states).toEqual(['up']);
    expect(fake.connections).toHaveLength(1);
  });
});

describe('dead connections', () => {
  /** So short a stale limit takes more pings than the exchange would like. */
  const limits = { pace: { max: 100, windowMs: 1000 } };

  test('a half-open connection is found out by unanswered pings', async () => {
    start({ staleAfterMs: 1000, limits });
    const { listener, connection } = await streaming();
    connection.isAnswering = false;
    await until('down', () => listener.count('down') === 1);
    const pingsAndRequests = connection.clientMessagesMs.length;
    expect(pingsAndRequests).toBeGreaterThan(connection.requests.length);
    await until('up again', () => listener.count('up') === 2);
    expect(fake.connections).toHaveLength(2);
  });

  test('a quiet one that answers pings lives', async () => {
    start({ staleAfterMs: 1000, limits });
    const { listener, connection } = await streaming();
    const before = connection.clientMessagesMs.length;
    await until('six pings', () => connection.clientMessagesMs.length >= before + 6);
    expect(listener.states).toEqual(['up']);
    expect(connection.isOpen).toBe(true);
  });

  test('pings answered but no data: replaced, without a down', async () => {
    start({ staleAfterMs: 1000, limits });
    const { listener, connection, handle } = await streaming();
    await until('the old one is gone', () => !connection.isOpen);
    expect(fake.connections.length).toBeGreaterThanOrEqual(2);
    expect(listener.states).toEqual(['up']);
    expect(handle.aliveUntilUs()).not.toBeNull();
  });

  test.each([1000, 1001, 1012])(
    'close %i: down with the last sure moment, then up',
    async (code) => {
      start();
      const { listener, handle, connection } = await streaming();
      const aliveUntilUs = handle.aliveUntilUs();
      connection.socket.close(code, 'maintenance');
      await until('up again', () => listener.count('up') === 2);
      expect(listener.calls.filter(({ what }) => what !== 'event')).toEqual([
        { what: 'up' },
        { what: 'down', aliveUntilUs, reason: `closed with code ${code} (maintenance)` },
        { what: 'up' },
      ]);
      fake.depth('BTCUSDT', { U: 11, u: 12 });
      await until('data again', () => listener.diffs.length === 2);
    },
  );

  test('a cut without a close frame, rejected upgrades, then up again', async () => {
    start();
    const { listener, connection } = await streaming();
    let refusals = 2;
    fake.behaviour.accepts = () => refusals-- <= 0;
    connection.cut();
    await until('up again', () => listener.count('up') === 2);
    expect(listener.states).toEqual(['up', 'down', 'up']);
  });

  test('an address that rejects connections, or is none, is retried without end', async () => {
    for (const wsUrl of ['ws://127.0.0.1:1', 'no address at all']) {
      const connecting = { capacity: 4, perSecond: 1 };
      const reasons: unknown[] = [];
      const warnings: string[] = [];
      const keep = (message: string, fields?: LogFields): void => {
        if (message === 'The connection to the exchange ended') reasons.push(fields?.['reason']);
      };
      const log = {
        ...silentLog,
        debug: keep,
        warning: (message: string, fields?: LogFields) => {
          warnings.push(message);
          keep(message, fields);
        },
      };
      start({ wsUrl, log, limits: { connecting, backoff: { baseMs: 1, capMs: 10 } } });
      const { listener } = await opened();
      await until('three attempts', () => reasons.length >= 3);
      expect(warnings).toHaveLength(1);
      for (const reason of reasons) expect(reason).toMatch(/^[^\n]{5,160}$/);
      expect(listener.calls).toEqual([]);
      await exchange.close();
    }
  });
});

describe('planned ends', () => {
  /** Sends on both connections what the exchange has, the new one being ahead or behind at random. */
  async function overlapped(end: (connection: FakeConnection) => void): Promise<void> {
    start({ limits: { quietAfterMs: 2000 } });
    const random = seededRandom();
    const { listener, connection } = await streaming();
    let last = 10;
    end(connection);
    await until('a second connection', () => fake.connections.length === 2);
    const fresh = fake.latest;
    await until('its streams', () => fresh.streams.size === 2);
    // What the new one leaves out at its start is still on its way on the old one.
    const ahead = random.integer(1, 5);
    fake.depth('BTCUSDT', { U: last + ahead + 1, u: last + ahead + 2 }, [fresh]);
    fake.trade('BTCUSDT', 500, [fresh]);
    for (let i = 0; i < ahead; i++) fake.depth('BTCUSDT', { U: ++last, u: last }, [connection]);
    for (const id of [498, 499, 500]) fake.trade('BTCUSDT', id, [connection]);
    last += 2;
    await until('the old one is retired', () => !connection.isOpen);
    fake.depth('BTCUSDT', { U: last + 1, u: last + 3 }, [fresh]);
    await until('what follows', () => listener.diffs.at(-1)?.lastSequence === last + 3);
    let sequence = 10;
    for (const [firstSequence, lastSequence] of listener.ranges.slice(1)) {
      expect(firstSequence, `SEED=${random.seed}`).toBeLessThanOrEqual(sequence + 1);
      sequence = Math.max(sequence, lastSequence);
    }
    expect(sequence).toBe(last + 3);
    expect(listener.states).toEqual(['up']);
    expect(connection.closeCode).toBe(1000);
  }

  test('serverShutdown overlaps without loss', () =>
    overlapped((connection) => connection.data('!serverShutdown', { e: 'serverShutdown', E: 1 })));

  test('a reset overlaps without loss', () => overlapped(() => void exchange.reset()));

  test('a connection that is old overlaps without loss', async () => {
    start({ limits: { maxConnectionAgeMs: 300 } });
    const { listener, connection } = await streaming();
    await until('a second connection', () => fake.connections.length >= 2);
    await until('the old one is retired', () => !connection.isOpen);
    expect(listener.states).toEqual(['up']);
  });

  test('a reset resolves when every symbol has moved', async () => {
    start();
    const { connection } = await streaming();
    await streaming('ETHUSDT');
    await exchange.reset();
    expect(fake.connections).toHaveLength(2);
    expect(fake.latest.streams.size).toBe(4);
    await until('the old one is gone', () => connection.closeCode === 1000);
  });
});

describe('damaged frames', () => {
  const DAMAGED: [string, string | Buffer, string][] = [
    ['garbage', 'garbage', 'json'],
    ['binary garbage', Buffer.from([0, 1, 2, 255, 254, 0x80]), 'json'],
    ['a truncated frame', '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpd', 'json'],
    ['a huge frame of nonsense', `"${'x'.repeat(8_000_000)}"`, 'shape'],
    [
      'a frame that lacks fields',
      '{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT"}}',
      'shape',
    ],
    ['a frame with a __proto__', '{"__proto__":{"stream":"x"},"data":1}', 'unknown-event'],
    [
      'a price of 400 digits',
      `{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":11,"u":11,"b":[["${'9'.repeat(400)}","1"]],"a":[]}}`,
      'decimal',
    ],
    [
      'an unknown event',
      '{"stream":"btcusdt@kline","data":{"e":"kline","s":"BTCUSDT"}}',
      'unknown-event',
    ],
  ];

  test.each(DAMAGED)('%s is counted and has no other effect', async (_name, text, kind) => {
    start();
    const { listener, connection } = await streaming();
    connection.raw(text);
    fake.depth('BTCUSDT', { U: 11, u: 12 });
    await until('the next diff', () => listener.diffs.length === 2);
    expect(exchange.counters().wireErrors).toEqual({ [kind]: 1 });
    expect(listener.states).toEqual(['up']);
  });

  test('text that is not UTF-8 costs one frame, not the connection', async () => {
    start();
    const { listener, connection } = await streaming();
    connection.socket.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false });
    fake.depth('BTCUSDT', { U: 11, u: 12 });
    await until('the next diff', () => listener.diffs.length === 2);
    expect(listener.states).toEqual(['up']);
  });

  test('a message above the limit ends the connection, is counted, and a new one takes over', async () => {
    start();
    const { listener, connection } = await streaming();
    connection.announce(MAX_MESSAGE_BYTES + 1);
    await until('up again', () => listener.count('up') === 2);
    expect(exchange.counters().wireErrors).toEqual({ oversized: 1 });
  });

  test('counters tell connections, frames and bytes', async () => {
    start();
    await streaming();
    const { connections, frames, bytes } = exchange.counters();
    expect([connections, frames]).toEqual([1, 2]);
    expect(bytes).toBeGreaterThan(100);
  });
});
