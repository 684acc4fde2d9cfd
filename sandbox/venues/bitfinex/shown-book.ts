/** The window of one market's book as Bitfinex shows it: the best 250 prices or orders of each side. */

import type { Market } from '../../market/market.ts';
import type { OrderSide } from '../../market/order-events.ts';
import type { Precision, Row, RowChange } from './wire.ts';

export const WINDOW = 250;

export class ShownBook {
  readonly #market: Market;
  readonly #precision: Precision;
  #rows: readonly Row[];
  #byKey: ReadonlyMap<number, Row>;
  #hasMoved = false;

  constructor(market: Market, precision: Precision) {
    this.#market = market;
    this.#precision = precision;
    this.#rows = this.#read();
    this.#byKey = byKey(precision, this.#rows);
    market.listen({ onOrderEvent: () => (this.#hasMoved = true) });
  }

  /** As they were shown last, each side best first. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** As they are, sent or not. */
  get rowsNow(): readonly Row[] {
    return this.#hasMoved ? this.#read() : this.#rows;
  }

  /** What changes in the window, deletions first: it never shows more rows than it has. */
  move(): readonly RowChange[] {
    if (!this.#hasMoved) return [];
    this.#hasMoved = false;
    const before = this.#byKey;
    this.#rows = this.#read();
    const after = (this.#byKey = byKey(this.#precision, this.#rows));
    const deleted: RowChange[] = [];
    for (const [key, row] of before) if (!after.has(key)) deleted.push({ action: 'delete', row });
    const set: RowChange[] = [];
    for (const [key, row] of after) {
      const known = before.get(key);
      if (!known) set.push({ action: 'insert', row });
      else if (known.price !== row.price || known.size !== row.size || known.tag !== row.tag)
        set.push({ action: 'update', row });
    }
    return [...deleted, ...set];
  }

  #read(): Row[] {
    return (['buy', 'sell'] as const).flatMap((side) =>
      this.#precision === 'P0' ? this.#prices(side) : this.#orders(side),
    );
  }

  #prices(side: OrderSide): Row[] {
    const rows: Row[] = [];
    for (const { price, remaining } of this.#market.engine.orders(side)) {
      const last = rows.at(-1);
      if (last?.price === price) {
        rows[rows.length - 1] = { ...last, size: last.size + remaining, tag: last.tag + 1 };
      } else if (rows.length === WINDOW) break;
      else rows.push({ side, price, size: remaining, tag: 1 });
    }
    return rows;
  }

  /** Orders of a price by id, as the checksum has them. */
  #orders(side: OrderSide): Row[] {
    const rows: Row[] = [];
    for (const { id, price, remaining } of this.#market.engine.orders(side)) {
      if (rows.length >= WINDOW && rows.at(-1)?.price !== price) break;
      rows.push({ side, price, size: remaining, tag: id });
    }
    const direction = side === 'buy' ? -1 : 1;
    rows.sort((a, b) => direction * (a.price - b.price) || a.tag - b.tag);
    return rows.slice(0, WINDOW);
  }
}

function byKey(precision: Precision, rows: readonly Row[]): ReadonlyMap<number, Row> {
  return new Map(rows.map((row) => [keyOf(precision, row), row]));
}

/** Of a price on its side, or of an order. */
export function keyOf(precision: Precision, { side, price, tag }: Row): number {
  if (precision === 'R0') return tag;
  return side === 'buy' ? price : -price;
}
