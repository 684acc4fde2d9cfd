/** The order of hftbacktest, against sorting all events at once. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EventOrder, FLAG } from '../../../logger/files/event-order.ts';
import type { MarketEventRow } from '../../../logger/files/event-order.ts';
import { withTrades } from '../../../logger/files/with-trades.ts';
import type { DataItem, GapItem } from '../../../logger/queries/items.ts';
import { readNpz } from '../../support/column-files.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { AT_US, folder, gap, trade, write } from './files-kit.ts';

type Written = MarketEventRow & { readonly readers: number };

function ordered(events: readonly MarketEventRow[]): Written[] {
  const written: Written[] = [];
  const order = new EventOrder((event, readers) => written.push({ ...event, readers }));
  for (const event of events) order.add(event);
  order.flush();
  return written;
}

/** What one side reads: the events, by their price. */
function readBy(flag: number, rows: readonly Written[]): Written[] {
  return rows.filter(({ readers }) => Math.floor(readers / flag) % 2 === 1);
}

function event(
  price: number,
  exchangeUs: number,
  localUs: number,
  isTrade = false,
): MarketEventRow {
  return { flags: isTrade ? FLAG.trade : FLAG.depth, exchangeUs, localUs, price, size: 1 };
}

describe('events', () => {
  test('are in both orders, whatever the disorder of ten seconds', () => {
    const random = seededRandom(7);
    let localUs = 50_000_000;
    const events = Array.from({ length: 5000 }, (_, i) => {
      localUs += Math.floor(random.next() * 12_000);
      // Few times, so that many are the same.
      const exchangeUs = Math.floor((localUs - random.next() * 9_900_000) / 50_000) * 50_000;
      return event(i, random.next() < 0.9 ? localUs - 5 : exchangeUs, localUs, random.next() < 0.3);
    });
    const rows = ordered(events);
    const kind = (row: MarketEventRow): number => (row.flags === FLAG.trade ? 0 : 1);
    const byExchange = [...events].sort(
      (a, b) => a.exchangeUs - b.exchangeUs || kind(a) - kind(b) || a.price - b.price,
    );
    const prices = (list: readonly MarketEventRow[]): number[] => list.map(({ price }) => price);
    expect(prices(readBy(FLAG.local, rows))).toEqual(prices(events));
    expect(prices(readBy(FLAG.exchange, rows))).toEqual(prices(byExchange));
    expect(rows.length).toBeLessThan(2 * events.length);
  });

  test('that are in order stand once', () => {
    const rows = ordered([event(1, 10, 11), event(2, 10, 11), event(3, 12, 13)]);
    expect(rows.map(({ readers }) => readers)).toEqual(
      Array.from({ length: 3 }, () => FLAG.exchange + FLAG.local),
    );
  });

  test('far behind the others are taken as of their time: none goes back', () => {
    const rows = ordered([
      event(1, 60_000_000, 60_000_001),
      event(2, 90_000_000, 90_000_001),
      event(3, 1, 90_000_002),
    ]);
    const times = readBy(FLAG.exchange, rows).map(({ exchangeUs }) => exchangeUs);
    expect(times).toEqual([60_000_000, 60_000_000, 90_000_000]);
  });
});

/** What the changes of a book and the trades are as events: kind, and both times behind the first. */
async function eventsOf(items: readonly (DataItem | GapItem)[]): Promise<unknown[]> {
  await write('incremental', 'npz', items);
  const { data } = readNpz(join(folder, 'out.npz')).get('data.npy')!;
  return Array.from({ length: data.length / 64 }, (_, row) => [
    data.readUInt8(64 * row),
    Number(data.readBigInt64LE(64 * row + 8) / 1000n) - AT_US,
  ]);
}

describe('a gap', () => {
  const at = (us: number) => ({ exchangeTimeUs: AT_US + us, receiveTimeUs: AT_US + us });
  const change: DataItem = {
    type: 'update',
    ...at(3),
    firstSequence: 1,
    sequence: 1,
    bids: [10_000, 1],
    asks: [],
    scale: trade.scale,
  };
  const before: DataItem = { ...trade, ...at(1) };

  test('in the book empties it', async () => {
    const items = [before, { ...gap, fromUs: AT_US + 2 }, change];
    expect(await eventsOf(items)).toEqual([
      [FLAG.trade, 1],
      [FLAG.clear, 1],
      [FLAG.depth, 3],
    ]);
  });

  test('in the trades alone leaves the book as it is', async () => {
    const items = [before, { ...gap, fromUs: AT_US + 1, missing: 'tradeId' as const }, change];
    expect(await eventsOf(items)).toEqual([
      [FLAG.trade, 1],
      [FLAG.depth, 3],
    ]);
  });
});

describe('trades among changes', () => {
  test('come by receive time, before a change of the same time, with what is missing of them', async () => {
    const at = (us: number) => ({ exchangeTimeUs: AT_US, receiveTimeUs: AT_US + us });
    const change = (us: number): DataItem => ({
      type: 'update',
      ...at(us),
      firstSequence: us,
      sequence: us,
      bids: [],
      asks: [],
      scale: trade.scale,
    });
    const traded = (us: number): DataItem => ({ ...trade, ...at(us) });
    const lost: GapItem = { ...gap, fromUs: AT_US + 4, missing: 'tradeId' };
    async function* stream(...items: (DataItem | GapItem)[]) {
      yield* items;
    }
    const found: string[] = [];
    const [bookGap, tradeGap] = [
      { ...gap, fromUs: AT_US + 3 },
      { ...gap, fromUs: AT_US + 3 },
    ];
    for await (const item of withTrades(
      stream(change(1), change(2), bookGap, change(6)),
      stream(traded(0), traded(2), tradeGap, lost, traded(5), traded(9)),
    )) {
      const us = item.type === 'gap' ? item.fromUs : (item as typeof trade).receiveTimeUs;
      found.push(`${item.type} ${us - AT_US}`);
    }
    expect(found).toEqual([
      'trade 0',
      'update 1',
      'trade 2',
      'update 2',
      'gap 3',
      'gap 4',
      'trade 5',
      'update 6',
      'trade 9',
    ]);
  });
});
