/** The package's public door, over an archive that is being written. */

import { describe, expect, test } from 'vitest';
import * as library from '../../../logger/library.ts';
import { orderRow } from '../../../logger/library-rows.ts';
import type { OrderEvent } from '../../../logger/market/events.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import { cli } from '../../manager/fixture.ts';
import { SCALE, SECURITY } from '../reader/random-history.ts';
import { useReaderKit } from '../reader/reader-kit.ts';
import { us, writeAll } from '../reader/script.ts';

const kit = useReaderKit();
const { InvalidArgumentError, openArchive } = library;

async function known(): Promise<void> {
  const state = { security: SECURITY, wanted: true, feed: 'depth' };
  await writeAll(kit.archive, { type: 'security', state });
}

describe('the library', () => {
  test('answers books, coverage and streams from a directory, beside the writer', async () => {
    await kit.twoSegments();
    await known();
    const opened = await openArchive(kit.directory);
    expect(await opened.securities()).toEqual([SECURITY]);
    expect(await opened.bookAt(SECURITY, '2026-11-20T07:00:00.015Z', { depth: 1 })).toMatchObject({
      sequence: '101',
    });
    expect(await opened.bookAt(SECURITY, `${us(15)}us`)).toMatchObject({ sequence: '101' });
    expect(await opened.bookAt(SECURITY, { sequence: '102' })).toMatchObject({ sequence: '102' });
    expect(await opened.bookAt(SECURITY)).toMatchObject({ sequence: '202' });
    expect((await opened.coverage(SECURITY)).intervals).toHaveLength(2);
    const prices: (string | undefined)[] = [];
    for await (const item of opened.trades(SECURITY, { from: '2026-11-20T07:00:00.09Z' })) {
      prices.push(item.type === 'trade' ? item.price : undefined);
    }
    expect(prices).toEqual(['100.5']);
    for await (const item of opened.diffs(SECURITY)) {
      // Leaving early ends the reading.
      expect(item.type).toBe('image');
      break;
    }
    await expect(opened.bookAt(SECURITY, 'yesterday')).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(opened.bookAt(SECURITY, { sequence: 'x' })).rejects.toBeInstanceOf(
      InvalidArgumentError,
    );
    await opened.close();
    await opened.close();
  });

  test('books by price as they moved, and each of them again by its place', async () => {
    await kit.twoSegments();
    await known();
    const opened = await openArchive(kit.directory);
    const events: (library.BookEvent | library.GapItem)[] = [];
    for await (const event of opened.books(SECURITY, { trades: true })) events.push(event);
    const types = new Set(events.map(({ type }) => type));
    expect(types).toEqual(new Set(['image', 'update', 'trade', 'gap']));
    const [image] = events as [library.BookImageEvent];
    expect(image).toMatchObject({ type: 'image', point: { isSequenced: true }, scale: SCALE });
    expect(await opened.bookAtPoint(SECURITY, image.point)).toEqual(image);
    const last = events.findLast((event) => event.type === 'update');
    const again = await opened.bookAtPoint(SECURITY, (last as library.BookUpdateEvent).point);
    expect(again?.point).toEqual((last as library.BookUpdateEvent).point);
    const beyond = { ...(last as library.BookUpdateEvent).point, sequence: 9999 };
    expect(await opened.bookAtPoint(SECURITY, beyond)).toBeNull();
    expect(await opened.bookAtPoint(SECURITY, { epoch: 77, sequence: 101 })).toBeNull();
    for await (const event of opened.books(SECURITY, { top: true })) {
      expect(event.type).toMatch(/^(image|gap)$/);
    }
    expect(() => opened.books(SECURITY, { top: 'yes' } as never)).toThrow(/^top: /);
    expect(() => opened.books(SECURITY, { tops: true } as never)).toThrow(/^tops: /);
    await expect(opened.bookAtPoint(SECURITY, { epoch: 1 } as never)).rejects.toThrow(
      /^sequence: /,
    );
    await opened.close();
  });

  test.each(['mongodb://', '/nowhere/at/all'])(
    'rejects %s with a clear error',
    async (location) => {
      await expect(openArchive(location)).rejects.toBeInstanceOf(InvalidArgumentError);
    },
  );

  test('candles of trades, in µs and decimals', async () => {
    await kit.twoSegments();
    await known();
    const opened = await openArchive(kit.directory);
    const from = '2026-11-20T07:00:00Z';
    const found: unknown[] = [];
    for await (const item of opened.candles(SECURITY, { timeframe: '1m', from })) found.push(item);
    expect(found).toEqual([
      {
        type: 'candle',
        timeframe: '1m',
        fromUs: us(0),
        toUs: us(60_000),
        open: '100.5',
        high: '100.5',
        low: '100.5',
        close: '100.5',
        volume: '4.5',
        quoteVolume: '452.25',
        buyVolume: '4.5',
        trades: 3,
        firstTradeId: 1,
        lastTradeId: 5,
        state: 'open',
        source: 'trades',
        // Trades 2 and 3 are missing: they were in the gap, before trade 4.
        missing: [{ fromUs: us(58), toUs: us(82), cause: 'connection' }],
      },
    ]);
    expect(() => opened.candles(SECURITY, {} as never)).toThrow(/^timeframe: is missing/);
    await opened.close();
  });

  test('exports the errors that it documents', async () => {
    await kit.twoSegments();
    await using opened = await openArchive(kit.directory);
    await expect(opened.bookAt('binance:NEVER')).rejects.toBeInstanceOf(
      library.UnknownSecurityError,
    );
    const { ArchiveUnavailableError, UnknownSecurityError, LoggerError } = library;
    for (const Documented of [
      ArchiveUnavailableError,
      InvalidArgumentError,
      UnknownSecurityError,
    ]) {
      expect(new Documented('x')).toBeInstanceOf(LoggerError);
    }
  });

  test('a Date is a time wherever one is asked for', async () => {
    await kit.twoSegments();
    await known();
    await using opened = await openArchive(kit.directory);
    const [from, to] = [new Date(us(90) / 1000), new Date(us(101) / 1000)];
    const text = { from: formatTimeUs(us(90)), to: formatTimeUs(us(101)) };
    expect(await opened.bookAt(SECURITY, to)).toEqual(await opened.bookAt(SECURITY, text.to));
    expect(await opened.coverage(SECURITY, { from, to })).toEqual(
      await opened.coverage(SECURITY, text),
    );
    const diffs = async (range: object): Promise<unknown[]> => {
      const items: unknown[] = [];
      for await (const item of opened.diffs(SECURITY, range)) items.push(item);
      return items;
    };
    expect(await diffs({ from, to })).toHaveLength(2);
    expect(await diffs({ from, to })).toEqual(await diffs(text));
  });

  test('every item gives times in µs and sequences as numbers, each under one name', async () => {
    await kit.twoSegments();
    await known();
    await using opened = await openArchive(kit.directory);
    const streams = [
      opened.trades(SECURITY),
      opened.quotes(SECURITY),
      opened.diffs(SECURITY),
      opened.snapshots(SECURITY, { every: '10ms' }),
    ];
    const types = new Set<string>();
    for (const stream of streams) {
      for await (const item of stream) {
        types.add(item.type);
        if (item.type === 'gap') {
          expect([item.fromUs, item.toUs].map((time) => typeof time)).toEqual(['number', 'number']);
          continue;
        }
        // Binance does not number its trades with the book.
        expect(typeof item.sequence).toBe(item.type === 'trade' ? 'object' : 'number');
        expect(item.exchangeTimeUs).toBeLessThanOrEqual(item.receiveTimeUs);
        if (item.type === 'snapshot') expect(item.book.sequence).toBe(String(item.sequence));
      }
    }
    expect([...types].sort()).toEqual(['diff', 'gap', 'image', 'quote', 'snapshot', 'trade']);
  });

  test('so does a message about an order, and the side of a match is the taker’s', () => {
    const times = { exchangeTimeUs: us(1), receiveTimeUs: us(2) };
    const match: OrderEvent = {
      ...times,
      type: 'match',
      firstSequence: 7,
      lastSequence: 7,
      side: 'buy',
      tradeId: 1,
      makerOrderId: 'maker',
      takerOrderId: 'taker',
      price: 10_000,
      size: 1,
    };
    const { event, ...row } = orderRow({ type: 'order', event: match, scale: SCALE });
    expect(row).toEqual({ ...times, type: 'order', sequence: 7 });
    expect(event).toMatchObject({ sequence: '7', side: 'sell', price: '100' });
  });

  test('before the first book, in a gap and in the future it gives the reason that the CLI gives', async () => {
    await kit.twoSegments();
    await known();
    await using opened = await openArchive(kit.directory);
    const future = new Date(Date.now() + 3_600_000).toISOString();
    const asked: [string, RegExp][] = [
      ['2000-01-01T00:00:00Z', /was not recorded yet: its first book is from 2026-11-20T07:00:00Z/],
      [formatTimeUs(us(70)), /was not recorded then: gap from .* \(connection\)/],
      [future, /that time is in the future/],
    ];
    for (const [at, reason] of asked) {
      const answer = await opened.bookAt(SECURITY, at);
      if (answer.state !== 'gap') throw new Error('There is no book then');
      const { message, ...fields } = answer;
      expect(message).toMatch(reason);
      const run = await cli(['book', SECURITY, '--at', at, '--archive', kit.directory]);
      expect(run.stderr).toContain(`orderbook-manager: ${message}`);
      const json = await cli(['book', SECURITY, '--at', at, '--json', '--archive', kit.directory]);
      expect([json.code, json.json]).toEqual([5, fields]);
    }
    const sequence = await opened.bookAt(SECURITY, { sequence: 5000 });
    expect(sequence).toMatchObject({ message: expect.stringMatching(/is not reached yet/) });
  });

  test('of a security that was added and has no book yet, that is the reason', async () => {
    await known();
    await using opened = await openArchive(kit.directory);
    expect(await opened.bookAt(SECURITY)).toEqual({
      security: SECURITY,
      state: 'gap',
      gap: { from: '1970-01-01T00:00:00Z', to: null, cause: 'other' },
      message: `${SECURITY} has no book yet`,
    });
  });

  test('lists what it holds', async () => {
    await kit.twoSegments();
    await known();
    await using opened = await openArchive(kit.directory);
    expect(await opened.holdings()).toMatchObject([
      { security: SECURITY, level: 'L2', from: '2026-11-20T07:00:00Z', intervals: 2, gaps: 1 },
    ]);
  });
});
