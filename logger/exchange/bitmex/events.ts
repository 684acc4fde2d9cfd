/**
 * BitMEX's messages as events, exact integers at the symbol's scale. Sizes are contracts. Every field
 * that is used is checked; what is wrong throws a WireFormatError.
 */

import { compareScaled } from '../../market/decimal.ts';
import { NO_HORIZON } from '../../market/events.ts';
import type { BookSnapshot, Levels } from '../../market/events.ts';
import { parseIsoUs } from '../../market/time.ts';
import type {
  ImageMessage,
  ReadContext,
  SideEventMessage,
  UpdateMessage,
} from '../feed/protocol.ts';
import { JsonNumber } from '../wire/exact-json.ts';
import { fieldsOf, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { assertSide, assertUncrossed, scalePair, scaleSides } from '../wire/scaled-levels.ts';
import type { ScaledSides } from '../wire/scaled-levels.ts';
import type { Row, RowChange } from './rows.ts';

/** 2014, when the exchange opened. */
const FIRST_SENSIBLE_TIME_US = 1_388_534_400_000_000;
/** Of an id of a trade: a UUID has 36. */
const MAX_ID_CHARACTERS = 64;

/** @throws WireFormatError of kind `level` or `shape`. */
export function rowOf(fields: Fields): Row {
  const { id, price, size } = fields;
  if (!(id instanceof JsonNumber) || !/^\d+$/.test(id.text))
    throw wireError('level', 'A row has no id');
  return { id: id.text, side: sideOf(fields), price: priceIn(price), size: sizeIn(size) };
}

/** What a message changes in the book, in the exchange's order. */
export function diffMessage(
  changes: readonly RowChange[],
  timeUs: number | null,
  { scale: at, receiveTimeUs }: ReadContext,
): UpdateMessage {
  const { scale, bids, asks } = sidesOf(changes, at);
  return {
    kind: 'update',
    scale,
    hasTime: timeUs !== null,
    event: {
      type: 'diff',
      firstSequence: 0,
      lastSequence: 0,
      exchangeTimeUs: timeUs ?? 0,
      receiveTimeUs,
      bids,
      asks,
    },
  };
}

/** The whole book. @throws WireFormatError of kind `snapshot`, too. */
export function imageMessage(
  rows: readonly RowChange[],
  timeUs: number | null,
  context: ReadContext,
): ImageMessage {
  return { kind: 'image', snapshot: snapshotOf(rows, timeUs, context) };
}

/**
 * A book of rows that come in any order.
 * @throws WireFormatError of kind `snapshot` where it is crossed.
 */
export function snapshotOf(
  rows: readonly RowChange[],
  exchangeTimeUs: number | null,
  { scale: at, receiveTimeUs }: ReadContext,
): BookSnapshot {
  const { scale, bids, asks } = sidesOf(rows, at);
  const sides = { bids: sorted(bids, 1), asks: sorted(asks, -1) };
  assertSide(sides.bids, 1);
  assertSide(sides.asks, -1);
  assertUncrossed(sides.bids[0], sides.asks[0]);
  const head = { level: 'L2', sequence: 0, horizon: NO_HORIZON } as const;
  return { ...head, exchangeTimeUs, receiveTimeUs, scale, ...sides };
}

/** A trade; `side` is that of the taker (not shown by any document: assumed). */
export function tradeMessage(
  fields: Fields,
  { scale: at, receiveTimeUs }: ReadContext,
): SideEventMessage {
  const { price, size } = fields;
  const [priceText, amount] = [priceIn(price), sizeIn(size)];
  if (priceText === null || amount === null)
    throw wireError('level', 'A trade has no price or size');
  const tradeId = textOf(fields, 'trdMatchID');
  if (tradeId === '' || tradeId.length > MAX_ID_CHARACTERS || /[\uD800-\uDFFF]/u.test(tradeId)) {
    throw wireError('id', 'trdMatchID is not an id');
  }
  const pair = scalePair(priceText, amount.decimal, at);
  const timeUs = timeOf(fields);
  return {
    kind: 'side-event',
    scale: pair.scale,
    hasTime: timeUs !== null,
    event: {
      type: 'trade',
      tradeId,
      sequence: null,
      exchangeTimeUs: timeUs ?? 0,
      eventTimeUs: timeUs ?? 0,
      receiveTimeUs,
      price: pair.price,
      size: pair.size,
      side: sideOf(fields) === 'Buy' ? 'buy' : 'sell',
    },
  };
}

/** The latest time of some rows; null where none makes sense. */
export function latestTimeUs(rows: readonly Fields[]): number | null {
  let latest: number | null = null;
  for (const row of rows) {
    const timeUs = timeOf(row);
    if (timeUs !== null && timeUs > (latest ?? 0)) latest = timeUs;
  }
  return latest;
}

/** The rows of a message or an answer. @throws WireFormatError of kind `shape`. */
export function rowsIn(list: unknown): readonly Fields[] {
  if (!Array.isArray(list)) throw wireError('shape', 'The rows are not a list');
  return (list as readonly unknown[]).map((row) => fieldsOf(row, 'A row'));
}

function sidesOf(changes: readonly RowChange[], scale: ScaledSides['scale']): ScaledSides {
  const rows = { Buy: [] as unknown[], Sell: [] as unknown[] };
  for (const { side, price, size } of changes) rows[side].push([price, size ?? '0']);
  return scaleSides(rows.Buy, rows.Sell, scale);
}

/** `direction` 1: prices fall; -1: they rise. */
function sorted(levels: Levels, direction: 1 | -1): Levels {
  const rows: (readonly [Levels[number], Levels[number]])[] = [];
  for (let i = 0; i + 1 < levels.length; i += 2) rows.push([levels[i] ?? 0, levels[i + 1] ?? 0]);
  return rows.sort(([a], [b]) => compareScaled(b, a) * direction).flat();
}

function sideOf(fields: Fields): 'Buy' | 'Sell' {
  const side = textOf(fields, 'side');
  if (side !== 'Buy' && side !== 'Sell') throw wireError('shape', 'side is neither Buy nor Sell');
  return side;
}

/** A price in decimal text; null where there is none. */
function priceIn(value: unknown): string | null {
  if (value === undefined) return null;
  if (value instanceof JsonNumber) return value.decimal;
  throw wireError('level', 'price is not a number');
}

/** A size above 0; null where there is none. */
function sizeIn(value: unknown): JsonNumber | null {
  if (value === undefined) return null;
  // A row of nothing is not what an insert, an update or a trade is.
  if (value instanceof JsonNumber && /[1-9]/.test(value.text.split(/e/i)[0] ?? '')) return value;
  throw wireError('level', 'size is not a number above 0');
}

function timeOf({ timestamp }: Fields): number | null {
  const us = typeof timestamp === 'string' ? parseIsoUs(timestamp) : undefined;
  return us !== undefined && us >= FIRST_SENSIBLE_TIME_US && Number.isSafeInteger(us) ? us : null;
}
