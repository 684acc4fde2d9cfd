/** Faults as a client over real sockets sees them. */

import { describe, expect, test } from 'vitest';
import { CORRUPTIONS, EXTRA_FRAMES } from '../../../sandbox/faults/frames.ts';
import type { PlainClient } from '../../support/plain-client.ts';
import { clientOf, sandboxOf, STREAMS, synchronised } from './sandboxes.ts';

/** A condition that must come true, however busy the machine is. */
const PATIENCE = { timeout: 20_000 };

async function moreDiffs(client: PlainClient, count = 3): Promise<void> {
  const before = client.applied;
  await client.until(() => client.applied >= before + count);
}

describe('book updates', () => {
  test('dropped updates leave a gap, and the true book stays known', async () => {
    const { sandbox, client } = await synchronised();
    const before = client.book?.sequence ?? 0;
    sandbox.inject({ type: 'drop-diffs', symbol: 'BTCUSDT', count: 3 });
    await client.until(() => client.gaps.length > 0);
    expect(client.gaps).toHaveLength(1);
    expect(client.gaps[0]?.[0]).toBeGreaterThan(before);
    expect(sandbox.bookAtSequence('BTCUSDT', client.gaps[0]?.[0] ?? 0)?.sequence).toBeGreaterThan(
      0,
    );
    await moreDiffs(client);
    expect(client.gaps).toHaveLength(1);
  });

  test('another symbol is not affected', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'drop-diffs', symbol: 'ETHUSDT', count: 3 });
    await moreDiffs(client, 5);
    expect(client.gaps).toEqual([]);
  });

  test('duplicated updates change nothing', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'duplicate-diffs', symbol: 'BTCUSDT', count: 2 });
    await client.until(() => client.ignored === 2);
    await moreDiffs(client);
    expect(client.gaps).toEqual([]);
    const truth = sandbox.bookAtSequence('BTCUSDT', client.book?.sequence ?? 0);
    expect(client.book?.rows().bids).toEqual(truth?.bids);
  });

  test('reordered updates arrive late by one', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'reorder-diffs', symbol: 'BTCUSDT', count: 1 });
    await client.until(() => client.gaps.length === 1 && client.ignored === 1);
    await moreDiffs(client);
    expect(client.gaps).toHaveLength(1);
  });

  test.each(CORRUPTIONS)('%s: exactly one frame is corrupted', async (form) => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'harm-diffs', symbol: 'BTCUSDT', count: 1, form });
    const isCorrupted = (frame: string): boolean => {
      if (form === 'truncated') return !frame.endsWith('}');
      const sign = {
        'not-a-number': '"NaN"',
        'long-number': '1'.repeat(400),
        negative: '"-1.',
        exponent: '"1e5"',
        'missing-field': `"s":"BTCUSDT","u"`,
        'wrong-type': '"b":"none"',
        'unsafe-sequence': '99999999999999999999',
        proto: '__proto__',
      }[form];
      return frame.includes(sign);
    };
    await client.until(() => client.frames.some(isCorrupted));
    const after = client.frames.length;
    await client.until(() => client.frames.length > after + 5);
    expect(client.frames.filter(isCorrupted)).toHaveLength(1);
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
  });
});

describe('connections', () => {
  test('during silence no data comes, and pings are answered', async () => {
    const { sandbox, client } = await synchronised();
    const pong = async (payload: string): Promise<string> => {
      const heard = new Promise((resolve) => client.socket.once('pong', resolve));
      client.socket.ping(payload);
      return String(await heard);
    };
    sandbox.inject({ type: 'silence', durationMs: 60_000 });
    // The pong follows everything that was sent before the silence.
    expect(await pong('quiet?')).toBe('quiet?');
    const before = client.frames.length;
    const started = sandbox.sequence('BTCUSDT');
    await expect.poll(() => sandbox.sequence('BTCUSDT'), PATIENCE).toBeGreaterThan(started + 200);
    expect(await pong('still there?')).toBe('still there?');
    expect(client.frames.length).toBe(before);
    sandbox.inject({ type: 'recover' });
    await client.until(() => client.gaps.length === 1);
  });

  test('silence of one symbol does not affect the others', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'silence', symbol: 'ETHUSDT', durationMs: 60_000 });
    await moreDiffs(client);
  });

  test('a dead stream brings no diffs, though trades continue; a new subscription works', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'dead-stream', symbol: 'BTCUSDT' });
    const diffsOf = ({ frames }: PlainClient): number =>
      frames.filter((frame) => frame.includes('"depthUpdate"')).length;
    const { trades } = client;
    const moreTrades = (count: number): Promise<unknown> => {
      const wanted = trades.length + count;
      return client.until(() => trades.length >= wanted);
    };
    // What was under way comes before the next trade.
    await moreTrades(1);
    const diffs = diffsOf(client);
    await moreTrades(5);
    expect(diffsOf(client)).toBe(diffs);
    const other = await clientOf(sandbox, { streams: STREAMS });
    await other.until(() => diffsOf(other) > 5);
  });

  test('half-open: no data, no replies, and a new connection works', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'half-open', durationMs: 60_000 });
    client.socket.ping('hello?');
    let ponged = false;
    client.socket.on('pong', () => {
      ponged = true;
    });
    const other = await clientOf(sandbox, { streams: STREAMS });
    await other.synchronise();
    // By now everything in transit has arrived.
    const before = client.frames.length;
    await moreDiffs(other, 5);
    expect(client.frames.length).toBe(before);
    expect(ponged).toBe(false);
    expect(client.closed).toBeNull();
    sandbox.inject({ type: 'recover' });
    await client.until(() => client.closed !== null);
    expect(client.closed?.code).toBe(1006);
  });

  test.each([
    [1001, 1001],
    [1006, 1006],
    [1012, 1012],
  ])('close %i reaches every connection', async (code, seen) => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'close', code, reason: 'Maintenance' });
    await client.until(() => client.closed !== null);
    expect(client.closed?.code).toBe(seen);
  });

  test('a close code that cannot be sent is rejected', async () => {
    const sandbox = await sandboxOf();
    expect(() => sandbox.inject({ type: 'close', code: 999 })).toThrow('close code');
  });

  test('a shutdown is announced before the close, and new connections stay', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'server-shutdown', afterMs: 300 });
    const other = await clientOf(sandbox, { streams: STREAMS });
    await client.until(() => client.closed !== null);
    const announced = client.frames.find((frame) => frame.includes('serverShutdown'));
    expect(JSON.parse(announced ?? '')).toMatchObject({
      stream: '!serverShutdown',
      data: { e: 'serverShutdown' },
    });
    expect(client.closed?.code).toBe(1001);
    await other.until(() => other.frames.length > 5);
    expect(other.closed).toBeNull();
  });

  test('a shorter lifetime also closes open connections', async () => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'connection-life', lifeMs: 50 });
    await client.until(() => client.closed !== null);
    sandbox.inject({ type: 'connection-life', lifeMs: 86_400_000 });
    await (await clientOf(sandbox, { streams: STREAMS })).synchronise();
  });

  test('handshakes are rejected the given number of times', async () => {
    const sandbox = await sandboxOf();
    sandbox.inject({ type: 'refuse-connections', count: 1 });
    await expect(clientOf(sandbox)).rejects.toThrow('503');
    await clientOf(sandbox);
  });

  test.each(EXTRA_FRAMES)('an extra frame (%s) arrives between the others', async (form) => {
    const { sandbox, client } = await synchronised();
    sandbox.inject({ type: 'extra-frame', form });
    const isExtra = (frame: string): boolean =>
      !/"e":"(depthUpdate|trade)","E"|"result"/.test(frame);
    await client.until(() => client.frames.some(isExtra));
    await moreDiffs(client);
    expect(client.gaps).toEqual([]);
  });
});

describe('requests', () => {
  test.each([429, 418, 503] as const)(
    'are rejected with %i the given number of times',
    async (status) => {
      const sandbox = await sandboxOf();
      const client = await clientOf(sandbox);
      sandbox.inject({ type: 'refuse-requests', status, count: 2, retryAfterSeconds: 3 });
      const path = '/api/v3/depth?symbol=BTCUSDT&limit=5';
      const first = await client.rest(path);
      expect(first.status).toBe(status);
      expect(first.headers.get('retry-after')).toBe(status === 503 ? null : '3');
      expect((await client.rest(path)).status).toBe(status);
      expect((await client.rest(path)).status).toBe(200);
    },
  );

  test('a stale snapshot is older than the buffer; the next one bridges', async () => {
    const sandbox = await sandboxOf();
    const client = await clientOf(sandbox, { streams: STREAMS });
    sandbox.inject({ type: 'stale-snapshots', count: 2 });
    expect(await client.synchronise()).toBe(3);
    const truth = sandbox.bookAtSequence('BTCUSDT', client.book?.sequence ?? 0);
    expect(client.book?.rows().asks).toEqual(truth?.asks);
  });

  test('an empty snapshot has lastUpdateId -1', async () => {
    const sandbox = await sandboxOf();
    const client = await clientOf(sandbox);
    sandbox.inject({ type: 'empty-snapshots', count: 1 });
    const { body } = await client.rest('/api/v3/depth?symbol=BTCUSDT');
    expect(body).toEqual({ lastUpdateId: -1, bids: [], asks: [] });
  });

  test('a truncated snapshot breaks off in the middle', async () => {
    const sandbox = await sandboxOf();
    const client = await clientOf(sandbox);
    sandbox.inject({ type: 'truncated-snapshots', count: 1 });
    const { body, text } = await client.rest('/api/v3/depth?symbol=BTCUSDT');
    expect(body).toBeNull();
    expect(text.startsWith('{"lastUpdateId":')).toBe(true);
  });

  test('a slow snapshot arrives after a quick one requested later', async () => {
    const sandbox = await sandboxOf();
    const client = await clientOf(sandbox);
    sandbox.inject({ type: 'slow-snapshots', count: 1, delayMs: 300 });
    const order: string[] = [];
    const slow = client.rest('/api/v3/depth?symbol=BTCUSDT').then(() => order.push('slow'));
    await expect.poll(() => sandbox.stats().requests, PATIENCE).toBe(1);
    await client.rest('/api/v3/depth?symbol=BTCUSDT').then(() => order.push('quick'));
    await slow;
    expect(order).toEqual(['quick', 'slow']);
  });

  test('a changed tick size shows in exchangeInfo', async () => {
    const sandbox = await sandboxOf();
    const client = await clientOf(sandbox);
    sandbox.inject({ type: 'tick-size', symbol: 'BTCUSDT', tickSize: '0.1' });
    const { body } = await client.rest('/api/v3/exchangeInfo?symbol=BTCUSDT');
    expect(body.symbols[0].filters[0].tickSize).toBe('0.10000000');
  });
});
