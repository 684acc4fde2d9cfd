/**
 * Bitfinex's messages as events, exact integers at the symbol's scale. Every field that is used is checked;
 * what is wrong throws a WireFormatError.
 *
 * Source: https://docs.bitfinex.com/docs/ws-public (gathered 2026-11-20); recordings of 2021.
 */

import type { Scale, ScaledInt } from '../../market/decimal.ts';
import type {
  BookSnapshot,
  BookUpdate,
  Levels,
  OrderSide,
  RestingOrder,
  UpdateHead,
} from '../../market/events.ts';
import { lastWholePrice } from '../../market/last-whole-price.ts';
import type { BookLevel } from '../../market/security.ts';
import type { ReadContext, SideEventMessage, UpdateMessage } from '../feed/protocol.ts';
import { JsonNumber } from '../wire/exact-json.ts';
import { wireError } from '../wire/fields.ts';
import {
  assertSide,
  assertUncrossed,
  edgeOf,
  scalePair,
  scaleSides,
} from '../wire/scaled-levels.ts';
import type { WireRow } from './rows.ts';
import { compareRows } from './window.ts';
import type { WindowRow } from './window.ts';

/** 2012, when the exchange opened. */
const FIRST_SENSIBLE_TIME_MS = 1_325_376_000_000;
/**
 * Why an order is gone: the exchange does not say whether it was filled, cancelled, or is too far from the
 * best price by now.
 */
const GONE = 'left the window';

export interface ScaledRows {
  readonly scale: Scale;
  readonly rows: readonly ScaledRow[];
}

export interface ScaledRow extends WindowRow {
  readonly count: number | null;
}

/** A row at the symbol's scale, or a finer one. What is deleted has size 0. */
export function scaledRow(
  row: WireRow,
  at: Scale,
): { readonly scale: Scale; readonly row: ScaledRow } {
  const { scale, price, size } = scalePair(row.price, row.size ?? '0', at);
  return { scale, row: placed(row, price, size) };
}

/**
 * The rows of an image.
 * @throws WireFormatError of kind `snapshot` for a row that deletes, an order or a price that comes twice, or
 *   sides that cross.
 */
export function scaledRows(rows: readonly WireRow[], at: Scale): ScaledRows {
  if (rows.some(({ size }) => size === null)) throw wireError('snapshot', 'An image deletes a row');
  const ids = new Set(rows.map(({ orderId }) => orderId));
  if (rows.some(({ orderId }) => orderId !== '') && ids.size < rows.length)
    throw wireError('snapshot', 'An image lists an order twice');
  const pairs = rows.map(({ price, size }) => [price, size]);
  const { scale, bids: flat } = scaleSides(pairs, [], at);
  const scaled = rows.map((row, i) => placed(row, flat[2 * i] ?? 0, flat[2 * i + 1] ?? 0));
  return { scale, rows: scaled };
}

/** A book as it is shown: known to its last price on each side, of orders to the one before it. */
export function snapshotOf(
  level: BookLevel,
  { scale, rows }: ScaledRows,
  times: Pick<BookSnapshot, 'sequence' | 'exchangeTimeUs' | 'receiveTimeUs'>,
): BookSnapshot {
  const [bidRows, askRows] = (['bid', 'ask'] as const).map((side) =>
    rows.filter((row) => row.side === side).sort(compareRows),
  ) as [ScaledRow[], ScaledRow[]];
  const [bids, asks] = [levelsOf(bidRows), levelsOf(askRows)];
  assertUncrossed(bids[0], asks[0]);
  const head = { ...times, scale };
  if (level === 'L3') {
    const orders = { bids: bidRows.map(orderOf), asks: askRows.map(orderOf) };
    const horizon = { bid: lastWholePrice(orders.bids), ask: lastWholePrice(orders.asks) };
    return { ...head, level, ...orders, horizon };
  }
  assertSide(bids, 1);
  assertSide(asks, -1);
  const counts = { bids: bidRows.map(countOf), asks: askRows.map(countOf) };
  const horizon = { bid: edgeOf(bids, 0), ask: edgeOf(asks, 0) };
  return { ...head, level, bids, asks, counts, horizon };
}

/** A changed level. */
export function levelMessage(row: ScaledRow, scale: Scale, head: UpdateHead): UpdateMessage {
  const levels = [row.price, row.size];
  const count = [row.count ?? 0];
  const isBid = row.side === 'bid';
  return updateMessage(scale, {
    type: 'diff',
    ...head,
    bids: isBid ? levels : [],
    asks: isBid ? [] : levels,
    counts: isBid ? { bids: count, asks: [] } : { bids: [], asks: count },
  });
}

/**
 * What became of an order.
 * @param known how it rested until now.
 * @throws WireFormatError of kind `row` where it rests on the other side.
 */
export function orderMessage(
  row: ScaledRow,
  known: WindowRow | undefined,
  scale: Scale,
  head: UpdateHead,
): UpdateMessage {
  const { orderId, price, size } = row;
  const side = orderSide(row);
  if (size === 0) {
    const left = { reason: GONE, orderType: null, price: null, remainingSize: null };
    return updateMessage(scale, { type: 'done', ...head, orderId, side, ...left });
  }
  if (!known) {
    const rests = { orderId, side, price, remainingSize: size };
    return updateMessage(scale, { type: 'open', ...head, ...rests });
  }
  if (known.side !== row.side) throw wireError('row', `The order ${orderId} changes sides`);
  const isMoved = known.price !== price;
  return updateMessage(scale, {
    type: 'change',
    ...head,
    orderId,
    side,
    reason: null,
    price: isMoved ? null : price,
    oldPrice: isMoved ? known.price : null,
    newPrice: isMoved ? price : null,
    oldSize: known.size,
    newSize: size,
    oldFunds: null,
    newFunds: null,
  });
}

/** A trade, `[id, ms, amount, price]`: the sign of the amount is the taker's side. */
export function tradeMessage(
  value: unknown,
  eventTimeUs: number,
  { scale: at, receiveTimeUs }: Pick<ReadContext, 'scale' | 'receiveTimeUs'>,
): SideEventMessage {
  const [id, ms, amount, price]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (!(id instanceof JsonNumber) || !/^\d{1,20}$/.test(id.text))
    throw wireError('id', 'A trade has no id');
  if (!(amount instanceof JsonNumber) || !(price instanceof JsonNumber))
    throw wireError('level', 'A trade has no price or amount');
  const pair = scalePair(price.decimal, amount.magnitude.decimal, at);
  return {
    kind: 'side-event',
    scale: pair.scale,
    hasTime: true,
    event: {
      type: 'trade',
      tradeId: id.text,
      sequence: null,
      exchangeTimeUs: timeUsOf(ms),
      eventTimeUs,
      receiveTimeUs,
      price: pair.price,
      size: pair.size,
      side: amount.isNegative ? 'sell' : 'buy',
    },
  };
}

/** From milliseconds. @throws WireFormatError of kind `time`. */
export function timeUsOf(value: unknown): number {
  const ms = value instanceof JsonNumber ? value.integer : null;
  const us = (ms ?? 0) * 1000;
  if (ms === null || ms < FIRST_SENSIBLE_TIME_MS || !Number.isSafeInteger(us))
    throw wireError('time', 'A message has no time');
  return us;
}

function placed(row: WireRow, price: ScaledInt, size: ScaledInt): ScaledRow {
  const { side, orderId, printed, count } = row;
  return { side, orderId, price, size, printed, count };
}

function levelsOf(rows: readonly ScaledRow[]): Levels {
  return rows.flatMap(({ price, size }) => [price, size]);
}

function countOf({ count }: ScaledRow): number {
  return count ?? 0;
}

function updateMessage(scale: Scale, event: BookUpdate): UpdateMessage {
  return { kind: 'update', scale, hasTime: true, event };
}

function orderOf({ orderId, price, size }: ScaledRow): RestingOrder {
  return { orderId, price, size };
}

function orderSide({ side }: WindowRow): OrderSide {
  return side === 'bid' ? 'buy' : 'sell';
}
