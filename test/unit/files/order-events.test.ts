/** Single orders as the events of hftbacktest. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FLAG } from '../../../logger/files/event-order.ts';
import { withOrderImages } from '../../../logger/files/order-images.ts';
import type { FileItem } from '../../../logger/files/table.ts';
import type { DataItem, GapItem } from '../../../logger/queries/items.ts';
import type { BookResult } from '../../../logger/queries/results.ts';
import { readNpz } from '../../support/column-files.ts';
import { AT_US, SCALE, folder, gap, write } from './files-kit.ts';

const BOTH = FLAG.exchange + FLAG.local;

function message(sequence: number, us: number, fields: object): DataItem {
  const head = { firstSequence: sequence, lastSequence: sequence };
  const times = { exchangeTimeUs: AT_US + us, receiveTimeUs: AT_US + us + 5 };
  return { type: 'order', event: { ...head, ...times, ...fields }, scale: SCALE } as DataItem;
}

/** Kind and side, both times behind the first, price, size and number of each row. */
async function eventsOf(items: readonly (FileItem | GapItem)[]): Promise<unknown[]> {
  await write('orders', 'npz', items as readonly DataItem[]);
  const { header, data } = readNpz(join(folder, 'out.npz')).get('data.npy')!;
  const rows = data.length / 64;
  expect(header).toContain(`'shape': (${rows},)`);
  return Array.from({ length: rows }, (_, row) => {
    const at = 64 * row;
    return [
      Number(data.readBigUInt64LE(at)) - BOTH,
      Number(data.readBigInt64LE(at + 8) / 1000n) - AT_US,
      Number(data.readBigInt64LE(at + 16) / 1000n) - AT_US,
      data.readDoubleLE(at + 24),
      data.readDoubleLE(at + 32),
      Number(data.readBigUInt64LE(at + 40)),
    ];
  });
}

const book: BookResult = {
  security: 'coinbase:BTC-USD',
  level: 'L3',
  at: '2026-11-20T07:00:00Z',
  clock: 'receive',
  sequence: '10',
  exchangeTime: '2026-11-20T07:00:00Z',
  receiveTime: '2026-11-20T07:00:00.000005Z',
  state: 'proven',
  proof: 'sequence',
  horizon: { bid: null, ask: null },
  bids: [['100', '1.5', 'b']],
  asks: [['101.5', '2', 'a']],
};

async function* stream(...items: (DataItem | GapItem)[]) {
  yield* items;
}

async function imaged(
  items: readonly (DataItem | GapItem)[],
  books: readonly BookResult[],
): Promise<(FileItem | GapItem)[]> {
  const reads = books.map((one) => ({
    sequence: Number(one.sequence),
    read: () => Promise.resolve(one),
  }));
  const found: (FileItem | GapItem)[] = [];
  for await (const item of withOrderImages(stream(...items), reads)) found.push(item);
  return found;
}

describe('orders as events', () => {
  test('begin with the book, and follow each order by a number of its own', async () => {
    const items = [
      message(10, 0, { type: 'done', orderId: 'b', side: 'buy', reason: 'canceled' }),
      message(11, 10, { type: 'received', orderId: 'x', side: 'sell' }),
      // The exchange's time went back: the sequence is the order.
      message(12, 4, {
        type: 'open',
        orderId: 'o',
        side: 'buy',
        price: 10_050,
        remainingSize: 500,
      }),
      message(13, 20, {
        type: 'match',
        tradeId: 1,
        makerOrderId: 'a',
        takerOrderId: 'x',
        side: 'sell',
        price: 10_150,
        size: 500,
      }),
      message(14, 30, { type: 'change', orderId: 'b', side: 'buy', newSize: 1000, newPrice: null }),
      message(15, 31, { type: 'change', orderId: 'b', side: 'buy', newSize: null, newPrice: 9900 }),
      message(16, 40, {
        type: 'match',
        tradeId: 2,
        makerOrderId: 'o',
        takerOrderId: 'y',
        side: 'buy',
        price: 10_050,
        size: 500,
      }),
      message(17, 40, { type: 'done', orderId: 'o', side: 'buy', reason: 'filled' }),
      message(18, 50, { type: 'done', orderId: 'b', side: 'buy', reason: 'canceled' }),
    ];
    expect(await eventsOf(await imaged(items, [book]))).toEqual([
      [FLAG.addOrder + FLAG.buy, 0, 5, 100, 1.5, 1],
      [FLAG.addOrder + FLAG.sell, 0, 5, 101.5, 2, 2],
      [FLAG.addOrder + FLAG.buy, 4, 9, 100.5, 0.5, 3],
      [FLAG.trade + FLAG.buy, 20, 25, 101.5, 0.5, 0],
      [FLAG.fill + FLAG.sell, 20, 25, 101.5, 0.5, 2],
      [FLAG.modifyOrder + FLAG.sell, 20, 25, 101.5, 1.5, 2],
      [FLAG.modifyOrder + FLAG.buy, 30, 35, 100, 1, 1],
      [FLAG.modifyOrder + FLAG.buy, 31, 36, 99, 1, 1],
      [FLAG.trade + FLAG.sell, 40, 45, 100.5, 0.5, 0],
      [FLAG.fill + FLAG.buy, 40, 45, 100.5, 0.5, 3],
      [FLAG.cancelOrder + FLAG.buy, 40, 45, 100.5, 0, 3],
      [FLAG.cancelOrder + FLAG.buy, 50, 55, 99, 1, 1],
    ]);
  });

  test('are cleared by a gap, and begin anew behind it', async () => {
    const later = { ...book, sequence: '30', bids: [], receiveTime: '2026-11-20T07:00:02Z' };
    const lost: GapItem = { ...gap, fromUs: AT_US + 1_000_000 };
    const items = [
      message(11, 10, {
        type: 'open',
        orderId: 'o',
        side: 'buy',
        price: 10_050,
        remainingSize: 500,
      }),
      lost,
      message(31, 3_000_000, { type: 'done', orderId: 'a', side: 'sell', reason: 'canceled' }),
    ];
    expect(await eventsOf(await imaged(items, [book, later]))).toEqual([
      [FLAG.addOrder + FLAG.buy, 0, 5, 100, 1.5, 1],
      [FLAG.addOrder + FLAG.sell, 0, 5, 101.5, 2, 2],
      [FLAG.addOrder + FLAG.buy, 10, 15, 100.5, 0.5, 3],
      [FLAG.clear, 10, 1_000_000, 0, 0, 0],
      [FLAG.addOrder + FLAG.sell, 10, 2_000_000, 101.5, 2, 4],
      [FLAG.cancelOrder + FLAG.sell, 3_000_000, 3_000_005, 101.5, 2, 4],
    ]);
  });
});
