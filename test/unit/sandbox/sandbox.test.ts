import { describe, expect, test } from 'vitest';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { DEFAULT_SYMBOLS } from '../../../sandbox/market/symbols.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { clientOf, sandboxOf } from './sandboxes.ts';

describe('sandbox', () => {
  test('runs on the given clock, and is the same for the same seed', async () => {
    const books = [];
    for (let run = 0; run < 2; run++) {
      const clock = new ManualClock();
      const sandbox = await sandboxOf({ clock, seed: 'simulated' });
      const before = sandbox.sequence('BTCUSDT');
      clock.advance(3000);
      const book = sandbox.book('BTCUSDT');
      expect(book.sequence).toBeGreaterThan(before);
      books.push(book);
    }
    expect(books[0]).toEqual(books[1]);
  });

  test('other symbols do not change a market', async () => {
    const books = [];
    for (const symbols of [['BTCUSDT'], ['ETHUSDT', 'BTCUSDT', 'OTHERUSDT']]) {
      const clock = new ManualClock();
      const sandbox = await sandboxOf({ clock, symbols });
      clock.advance(2000);
      books.push(sandbox.book('BTCUSDT'));
    }
    expect(books[0]).toEqual(books[1]);
  });

  test('a sandbox that is started later continues above the update ids of an earlier one', async () => {
    const early = new ManualClock();
    const first = await sandboxOf({ clock: early });
    early.advance(10_000);
    const later = new ManualClock(early.nowUs() + 1_000_000);
    const second = await sandboxOf({ clock: later });
    expect(second.book('BTCUSDT').sequence).toBeGreaterThan(first.book('BTCUSDT').sequence);
  });

  test('lists four symbols by default', async () => {
    const sandbox = await sandboxOf({ symbols: DEFAULT_SYMBOLS });
    expect(sandbox.venues.binance.symbols).toEqual(['BTCUSDT', 'ETHUSDT', 'QUIETUSDT', 'DEEPUSDT']);
  });

  test('REST can have a separate port', async () => {
    const sandbox = await sandboxOf({ restPorts: { binance: 0 } });
    const port = (url: string): string => new URL(url).port;
    expect(port(sandbox.venues.binance.restUrl)).not.toBe(port(sandbox.venues.binance.wsUrl));
    const client = await clientOf(sandbox, { streams: ['trade'] });
    expect((await client.rest('/api/v3/ping')).status).toBe(200);
  });

  test.each([
    [{ symbols: [] }, 'symbols'],
    [{ symbols: ['btc usdt'] }, 'symbols'],
    [{ pace: 0 }, 'pace'],
    [{ pace: Number.NaN }, 'pace'],
    [{ faults: [{ type: 'drop-diffs', symbol: 'XUSDT', count: 1 }] as const }, 'symbol'],
  ])('%o is rejected before a port is opened', async (options, field) => {
    await expect(startSandbox(options)).rejects.toThrow(new RegExp(`^${field}: `));
  });

  test('a port in use is the system’s error', async () => {
    const first = await sandboxOf();
    const port = Number(new URL(first.venues.binance.wsUrl).port);
    await expect(startSandbox({ ports: { binance: port } })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  test('closing ends all connections and leaves no timer', async () => {
    const clock = new ManualClock();
    const sandbox = await sandboxOf({ clock });
    const client = await clientOf(sandbox, { streams: ['depth@100ms'] });
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await sandbox.close();
    await client.until(() => client.closed !== null);
    await expect.poll(() => clock.pendingTimers, { timeout: 20_000 }).toBe(0);
  });

  test('a request line that is no URL is answered with 400', async () => {
    const sandbox = await sandboxOf();
    const { request } = await import('node:http');
    const { hostname, port } = new URL(sandbox.venues.binance.restUrl);
    const status = await new Promise((resolve, reject) => {
      request({ hostname, port, path: '//' }, (answer) => resolve(answer.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(400);
    expect((await fetch(`${sandbox.venues.binance.restUrl}/sandbox/nothing`)).status).toBe(404);
  });
});
