/** What changed at each price between two snapshots, the naive way: the oracle of `features`. */

import { expect } from 'vitest';
import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import type { OrderSide } from '../../logger/market/events.ts';
import { pricesOf } from '../../logger/queries/book-rows.ts';
import type { GapItem, LevelChange, SnapshotItem } from '../../logger/queries/items.ts';
import type { SnapshotsQuery } from '../../logger/queries/queries.ts';
import type { Reader } from '../../logger/reader/reader.ts';

export type Item = SnapshotItem | GapItem;
type SideName = 'bids' | 'asks';
type Row = SnapshotItem;

const SIDES: readonly SideName[] = ['bids', 'asks'];
const DECIMALS = 18;

/** One scale for everything. */
function priceIn(value: ScaledInt, { priceExponent }: Scale): bigint {
  return BigInt(value) * 10n ** BigInt(DECIMALS - priceExponent);
}
function sizeIn(value: ScaledInt, { sizeExponent }: Scale): bigint {
  return BigInt(value) * 10n ** BigInt(DECIMALS - sizeExponent);
}

export async function itemsOf(reader: Reader, query: SnapshotsQuery): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of reader.snapshots(query)) items.push(item);
  return items;
}

/** Limit, cancel and market by price, of a side of a row. */
export function changesIn(row: Row, side: SideName): Map<bigint, readonly bigint[]> {
  const { features, rows, scale } = row;
  const changes = new Map<bigint, readonly bigint[]>();
  const add = (price: ScaledInt, { limit, cancel, market }: LevelChange): void => {
    const sizes = [limit, cancel, market].map((size) => sizeIn(size, scale));
    if (sizes.some((size) => size < 0n)) throw new Error('A negative change');
    if (changes.has(priceIn(price, scale))) throw new Error('A price twice');
    changes.set(priceIn(price, scale), sizes);
  };
  const prices = pricesOf(rows, side);
  expect(features?.[side]).toHaveLength(prices.length);
  for (const [i, change] of (features?.[side] ?? []).entries()) {
    if (change !== null) add(prices[i] as ScaledInt, change);
  }
  for (const other of features?.others[side] ?? []) add(other.price, other);
  return changes;
}

function sizesIn({ rows, scale }: Row, side: SideName): Map<bigint, bigint> {
  const sizes = new Map<bigint, bigint>();
  if (rows.kind === 'orders') throw new Error('A book of orders has no sizes by price');
  if (rows.kind === 'totals') {
    for (const { price, size } of rows[side]) sizes.set(priceIn(price, scale), sizeIn(size, scale));
    return sizes;
  }
  const levels = rows[side];
  for (let i = 0; i < levels.length; i += 2) {
    const [price, size] = [levels[i] as ScaledInt, levels[i + 1] as ScaledInt];
    sizes.set(priceIn(price, scale), sizeIn(size, scale));
  }
  return sizes;
}

function isKnown({ horizon, scale }: Row, side: SideName, price: bigint): boolean {
  const last = side === 'bids' ? horizon.bid : horizon.ask;
  if (last === null) return true;
  return side === 'bids' ? price >= priceIn(last, scale) : price <= priceIn(last, scale);
}

/**
 * At each price of each row: size(T) − size(T − every) = limit − cancel − market. Where rows are whole,
 * every price that changed is among them.
 */
export async function checkIdentity(
  reader: Reader,
  items: readonly Item[],
  query: SnapshotsQuery & { readonly everyUs: number },
): Promise<{ readonly rows: number; readonly changes: number }> {
  const whole = await itemsOf(reader, { ...query, depth: undefined, level: 'L2' });
  const rowAt = new Map(whole.flatMap((row) => (row.type === 'gap' ? [] : [[row.atUs, row]])));
  const checked = { rows: 0, changes: 0 };
  for (const row of items) {
    if (row.type === 'gap') continue;
    const [now, before] = [rowAt.get(row.atUs), rowAt.get(row.atUs - query.everyUs)];
    expect(row.features === null).toBe(row.flows === null);
    if (row.features === null) continue;
    // The first row of a range: the one before it is not there to compare with.
    if (now === undefined || before === undefined) continue;
    checked.rows++;
    for (const side of SIDES) {
      checked.changes += checkSide({ row, now, before }, side, query.depth === undefined);
    }
  }
  return checked;
}

/** @returns at how many prices. */
function checkSide(
  { row, now, before }: { readonly row: Row; readonly now: Row; readonly before: Row },
  side: SideName,
  isWhole: boolean,
): number {
  const [newSizes, oldSizes] = [sizesIn(now, side), sizesIn(before, side)];
  const changes = changesIn(row, side);
  for (const [price, [limit = 0n, cancel = 0n, market = 0n]] of changes) {
    const moved = (newSizes.get(price) ?? 0n) - (oldSizes.get(price) ?? 0n);
    // Called where it fails only: there are many.
    if (limit - cancel - market !== moved) {
      expect(limit - cancel - market, `${row.atUs} ${side} ${price}`).toBe(moved);
    }
  }
  for (const { price, size } of row.features?.others[side] ?? []) {
    const there = newSizes.get(priceIn(price, row.scale)) ?? 0n;
    if (sizeIn(size, row.scale) !== there) throw new Error('A wrong size');
  }
  const known = (price: bigint): boolean =>
    isKnown(before, side, price) && isKnown(now, side, price);
  for (const price of isWhole ? [...newSizes.keys(), ...oldSizes.keys()] : []) {
    if (newSizes.get(price) === oldSizes.get(price) || !known(price)) continue;
    if (!changes.has(price)) throw new Error(`${row.atUs} ${side} ${price} changed`);
  }
  return changes.size;
}

interface Resting {
  readonly side: OrderSide;
  readonly price: bigint;
  size: bigint;
}

/**
 * Plays single orders message by message, and compares what each said with every row.
 * @param items of the whole book, by receive time.
 */
export async function checkOrders(
  reader: Reader,
  security: string,
  items: readonly Item[],
): Promise<number> {
  const rows = items.filter((item) => item.type === 'snapshot');
  const first = rows[0] as Row;
  const position = { clock: 'receive', us: first.atUs } as const;
  const start = await reader.bookAt({ security, position });
  if (start.state !== 'proven') throw new Error('No book to begin with');
  const decimal = (text: string): bigint => {
    const [whole = '', part = ''] = text.split('.');
    return BigInt(whole + part.padEnd(DECIMALS, '0'));
  };
  const orders = new Map<string, Resting>();
  for (const [side, list] of [
    ['buy', start.bids],
    ['sell', start.asks],
  ] as const) {
    for (const [price, size, id] of list) {
      orders.set(String(id), { side, price: decimal(price), size: decimal(size) });
    }
  }
  let changes = { bids: new Map<bigint, bigint[]>(), asks: new Map<bigint, bigint[]>() };
  const add = (side: OrderSide, price: bigint, kind: 0 | 1 | 2, size: bigint): void => {
    if (size === 0n) return;
    const own = changes[side === 'buy' ? 'bids' : 'asks'];
    const sizes = own.get(price) ?? [0n, 0n, 0n];
    sizes[kind] = (sizes[kind] as bigint) + size;
    own.set(price, sizes);
  };
  let next = 1;
  const compare = (beforeUs: number): void => {
    for (; next < rows.length && (rows[next] as Row).atUs < beforeUs; next++) {
      const row = rows[next] as Row;
      for (const side of SIDES) {
        const found = changesIn(row, side);
        for (const [price, sizes] of found) {
          const said = changes[side].get(price) ?? [0n, 0n, 0n];
          if (sizes.join() !== said.join()) {
            expect(sizes, `${row.atUs} ${side} ${price}`).toEqual(said);
          }
        }
        for (const price of changes[side].keys()) {
          if (!found.has(price)) throw new Error(`${row.atUs} ${side} ${price} is missing`);
        }
      }
      changes = { bids: new Map(), asks: new Map() };
    }
  };
  for await (const item of reader.orders({ security, fromUs: first.atUs + 1 })) {
    if (item.type === 'gap') throw new Error('Unexpected gap');
    const { event, scale } = item;
    compare(event.receiveTimeUs);
    if (event.type === 'open') {
      const { side, orderId, price, remainingSize } = event;
      const order = { side, price: priceIn(price, scale), size: sizeIn(remainingSize, scale) };
      orders.set(orderId, order);
      add(side, order.price, 0, order.size);
    } else if (event.type === 'match') {
      const order = orders.get(event.makerOrderId) as Resting;
      const size = sizeIn(event.size, scale);
      order.size -= size;
      if (order.size === 0n) orders.delete(event.makerOrderId);
      add(event.side, priceIn(event.price, scale), 2, size);
    } else if (event.type === 'change') {
      const order = orders.get(event.orderId);
      if (order === undefined || event.newSize === null) continue;
      const size = sizeIn(event.newSize, scale);
      if (event.newPrice !== null && event.newPrice !== event.oldPrice) {
        add(order.side, order.price, 1, order.size);
        const price = priceIn(event.newPrice, scale);
        orders.set(event.orderId, { side: order.side, price, size });
        add(order.side, price, 0, size);
        continue;
      }
      if (size > order.size) add(order.side, order.price, 0, size - order.size);
      else add(order.side, order.price, 1, order.size - size);
      order.size = size;
      if (size === 0n) orders.delete(event.orderId);
    } else if (event.type === 'done') {
      const order = orders.get(event.orderId);
      if (order === undefined) continue;
      add(order.side, order.price, 1, order.size);
      orders.delete(event.orderId);
    }
  }
  compare(Infinity);
  return next;
}
