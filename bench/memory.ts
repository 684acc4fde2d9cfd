/**
 * The memory that books take, measured after garbage collection: bytes for each level and for each live
 * order, beside those who do the same. What a whole logger takes is in the group `load`.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PoolOrderBook } from '../logger/book/pool-order-book.ts';
import type { Scale } from '../logger/market/decimal.ts';
import type { OrderEvent } from '../logger/market/events.ts';
import { seededRandom } from '../sandbox/prng.ts';
import type { BenchData } from './data.ts';
import { depthWork } from './depth-work.ts';
import type { DepthWork } from './depth-work.ts';
import type { Figure, Section } from './figures.ts';
import { MAP_BOOK, MapBook } from './order-book.ts';
import { bookContenders } from './peers/book-contenders.ts';
import type { BookContender } from './peers/book-contest.ts';
import type { Peers } from './peers/packages.ts';

const SCALE: Scale = { priceExponent: 2, sizeExponent: 8 };
/** A single book of levels is too small to be measured. */
const BOOKS = 10;
const LIVE_ORDERS = 300_000;
const ORDER_PRICES = 30_000;

export async function* memorySections({
  data,
  peers,
}: {
  readonly data: BenchData;
  readonly peers: Peers;
}): AsyncGenerator<Section> {
  for (const { symbol, files } of data.binance) {
    const work = depthWork(symbol, files);
    if (work.diffs.length > 0) yield await levelSection(work, peers);
  }
  if (data.isDefault) yield orderSection();
}

async function levelSection(work: DepthWork, peers: Peers): Promise<Section> {
  const figures = (await bookContenders(work, peers)).map((contender): Figure => {
    const { name, role } = contender;
    return { name, role, unit: 'bytes a level', value: bytesPerLevel(contender) };
  });
  return {
    title: `Memory of a book of levels: ${work.symbol}`,
    note: 'At the end of the recording. Less is better.',
    better: 'lower',
    figures,
  };
}

function bytesPerLevel({ open, messages }: BookContender): number {
  const before = heldBytes();
  const books = Array.from({ length: BOOKS }, () => {
    const book = open();
    for (let index = 0; index < messages; index++) book.apply(index);
    return book;
  });
  const held = heldBytes() - before;
  const levels = books.map((book) => {
    const { bids, asks } = book.levels();
    return (bids.length + asks.length) / 2;
  });
  return held / levels.reduce((sum, count) => sum + count, 0);
}

function orderSection(): Section {
  const figure = (name: string, role: 'ours' | 'peer', value: number): Figure => {
    return { name, role, unit: 'bytes an order', value };
  };
  const ours = bytesPerOrder(() => PoolOrderBook.empty(SCALE));
  const peer = bytesPerOrder(() => new MapBook([], []));
  return {
    title: `Memory of a book of orders: ${LIVE_ORDERS} at ${ORDER_PRICES} prices`,
    better: 'lower',
    figures: [
      { ...figure('ours: pool of orders', 'ours', ours), goal: '≤ 220, aim 64' },
      figure(MAP_BOOK, 'peer', peer),
    ],
  };
}

function bytesPerOrder(open: () => { apply(event: OrderEvent): unknown }): number {
  const random = seededRandom('memory');
  const hex = (digits: number): string =>
    Math.floor(random.next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const before = heldBytes();
  const book = open();
  const openOrder = (i: number): unknown => {
    const id = `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
    const head = { firstSequence: i, lastSequence: i, exchangeTimeUs: i, receiveTimeUs: i };
    const order = { side: 'buy', price: i % ORDER_PRICES, remainingSize: 1000 + i } as const;
    // A flat text, as one from the wire.
    const orderId = Buffer.from(id).toString('latin1');
    return book.apply({ type: 'open', ...head, ...order, orderId });
  };
  for (let i = 0; i < LIVE_ORDERS; i++) openOrder(i);
  const held = heldBytes() - before;
  // After the measurement, so that the book is alive during it.
  openOrder(LIVE_ORDERS);
  return held / LIVE_ORDERS;
}

function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Twice: the memory of arrays freed in the first round is counted as free only afterwards.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
