/**
 * The window of one book channel, as the exchange has sent it: the rows of each side in the order of the
 * checksum (price, then order id), with the text that the exchange printed. It tells new orders from changed
 * ones, and makes the checksum. The book itself is the recorder's business.
 *
 * The checksum, from https://docs.bitfinex.com/docs/ws-websocket-checksum and the exchange's own client
 * (bfx-api-node-models, gathered 2026-11-20): CRC32, signed, of `bid:ask:bid:ask…` for the best 25 of each
 * side; a side that has fewer is left out from there on. A row is `price:amount` (P0) or `id:amount` (R0).
 */

import { crc32 } from 'node:zlib';
import { compareScaled, rescale } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import { wireError } from '../wire/fields.ts';
import type { Side, WireRow } from './rows.ts';

/** Rows of a side that the checksum is of. */
const CHECKED = 25;

export interface WindowRow {
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  readonly orderId: string;
  readonly side: Side;
  readonly printed: WireRow['printed'];
}

/** How far the checksum reaches on each side: its last row; null: to the end of the side. */
export type Reach = Readonly<Record<Side, WindowRow | null>>;

export class Window {
  readonly #sides: Record<Side, WindowRow[]> = { bid: [], ask: [] };
  /** By order id. */
  readonly #orders = new Map<string, WindowRow>();
  readonly #maxRows: number;
  #scale: Scale;

  /** @param maxRows of a side: many more than it shows. */
  constructor(scale: Scale, maxRows: number) {
    this.#scale = scale;
    this.#maxRows = maxRows;
  }

  get scale(): Scale {
    return this.#scale;
  }

  /** Rows of the longer side. */
  get length(): number {
    return Math.max(this.#sides.bid.length, this.#sides.ask.length);
  }

  /** A resting order; undefined in P0. */
  order(orderId: string): WindowRow | undefined {
    return this.#orders.get(orderId);
  }

  /** From here on rows come at this scale, which is at least as fine. */
  refine(scale: Scale): void {
    const from = this.#scale;
    this.#scale = scale;
    this.#orders.clear();
    for (const side of ['bid', 'ask'] as const) {
      this.#sides[side] = this.#sides[side].map((row) => {
        const price = rescale(row.price, from.priceExponent, scale.priceExponent);
        const size = rescale(row.size, from.sizeExponent, scale.sizeExponent);
        const finer = { ...row, price, size };
        if (finer.orderId !== '') this.#orders.set(finer.orderId, finer);
        return finer;
      });
    }
  }

  /** Adds a row, or replaces the one of the same price or order. @throws WireFormatError of kind `window`. */
  set(row: WindowRow): void {
    this.#delete(this.#orders.get(row.orderId) ?? row);
    const rows = this.#sides[row.side];
    rows.splice(placeIn(rows, row), 0, row);
    if (row.orderId !== '') this.#orders.set(row.orderId, row);
    if (rows.length > this.#maxRows) {
      throw wireError('window', `A side has more than ${this.#maxRows} rows`);
    }
  }

  /** What is not there may have left the window before. */
  remove(row: Pick<WindowRow, 'side' | 'price' | 'orderId'>): void {
    const known = row.orderId === '' ? row : this.#orders.get(row.orderId);
    if (known) this.#delete(known);
  }

  /** A signed integer of 32 bits. */
  checksum(): number {
    const { bid, ask } = this.#sides;
    const texts: string[] = [];
    for (let i = 0; i < CHECKED; i++) {
      for (const row of [bid[i], ask[i]]) if (row) texts.push(row.printed[0], row.printed[1]);
    }
    return crc32(texts.join(':')) | 0;
  }

  get reach(): Reach {
    const { bid, ask } = this.#sides;
    return { bid: bid[CHECKED - 1] ?? null, ask: ask[CHECKED - 1] ?? null };
  }

  #delete(row: Pick<WindowRow, 'side' | 'price' | 'orderId'>): void {
    const rows = this.#sides[row.side];
    const at = placeIn(rows, row);
    const found = rows[at];
    if (!found || compareRows(found, row) !== 0) return;
    rows.splice(at, 1);
    this.#orders.delete(found.orderId);
  }
}

type Place = Pick<WindowRow, 'side' | 'price' | 'orderId'>;

/** Best price first; orders of one price by their id. */
export function compareRows(a: Place, b: Place): number {
  const byPrice = compareScaled(a.price, b.price);
  if (byPrice !== 0) return a.side === 'bid' ? -byPrice : byPrice;
  // Whole numbers of any length.
  const byLength = a.orderId.length - b.orderId.length;
  if (byLength !== 0 || a.orderId === b.orderId) return byLength;
  return a.orderId < b.orderId ? -1 : 1;
}

/** The index of the row, or where it belongs. */
function placeIn(rows: readonly WindowRow[], row: Place): number {
  let from = 0;
  let to = rows.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = rows[middle];
    if (other && compareRows(other, row) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
