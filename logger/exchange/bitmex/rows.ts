/**
 * The rows of one symbol's `orderBookL2` table on one connection: which ids rest on which side, and at
 * what price. Ids are arbitrary and say nothing of the price. The sizes are the book's business.
 *
 * The rules, from https://www.bitmex.com/app/wsAPI (gathered 2026-11-20) and the exchange's own client,
 * which is stricter in one case (an unknown `update`) and looser in the others:
 *
 *   1. What comes before the `partial` is dropped; the `partial` is the whole table.
 *   2. A row is identified by symbol, id and side.
 *   3. `insert`: a row that is not there yet, at a price that no other row of its side has.
 *   4. `update` and `delete`: a row that is there. Its price is the one it was inserted with; the message
 *      repeats it (always since 2023) or leaves it out (before).
 *
 * A message that breaks 3 or 4 proves that an earlier one is missing: a WireFormatError of kind `row`. A
 * `partial` that contradicts itself is one of kind `snapshot`.
 */

import type { JsonNumber } from '../wire/exact-json.ts';
import { wireError } from '../wire/fields.ts';

export type TableAction = 'partial' | 'insert' | 'update' | 'delete';
export type RowSide = 'Buy' | 'Sell';

/** A row of a message. */
export interface Row {
  readonly id: string;
  readonly side: RowSide;
  /** Decimal text; null: the message leaves it out. */
  readonly price: string | null;
  /** null: the message leaves it out, as a `delete` does. */
  readonly size: JsonNumber | null;
}

/** What a message makes of its rows. */
export interface RowChange {
  readonly key: string;
  readonly side: RowSide;
  readonly price: string;
  /** null: the row is gone. */
  readonly size: JsonNumber | null;
}

export class TableRows {
  /** By key. */
  readonly #prices = new Map<string, string>();
  /** Keys by side and price. */
  readonly #keys = new Map<string, string>();

  /**
   * What a message changes; nothing is changed yet, so a message that can't be used leaves no trace.
   * @throws WireFormatError of kind `row` or `snapshot` where it contradicts the rows, `level` where it is
   *   malformed.
   */
  changesOf(action: TableAction, rows: readonly Row[]): readonly RowChange[] {
    const kind = action === 'partial' ? 'snapshot' : 'row';
    const seen = new Set<string>();
    return rows.map((row) => {
      const key = keyOf(row);
      const change = this.#changeOf(action, key, row);
      const place = placeOf(change.side, change.price);
      if (seen.has(key) || seen.has(place)) throw wireError(kind, `${action} holds ${key} twice`);
      seen.add(key).add(place);
      return change;
    });
  }

  /** Takes over what `changesOf` found. */
  take(changes: readonly RowChange[]): void {
    for (const { key, side, price, size } of changes) {
      const place = placeOf(side, price);
      if (size === null) {
        this.#prices.delete(key);
        this.#keys.delete(place);
      } else {
        this.#prices.set(key, price);
        this.#keys.set(place, key);
      }
    }
  }

  #changeOf(action: TableAction, key: string, { side, price, size }: Row): RowChange {
    const known = this.#prices.get(key);
    if (action === 'partial' || action === 'insert') {
      if (price === null || size === null)
        throw wireError('level', `${action} without price or size`);
      if (known !== undefined) throw wireError('row', `insert of ${key}, which is there`);
      const plain = plainDecimal(price);
      const other = this.#keys.get(placeOf(side, plain));
      if (other !== undefined) {
        throw wireError('row', `insert of ${key} at ${plain}, where ${other} is`);
      }
      return { key, side, price: plain, size };
    }
    if (known === undefined) throw wireError('row', `${action} of ${key}, which is not there`);
    if (price !== null && plainDecimal(price) !== known) {
      throw wireError('row', `${action} of ${key} at ${price}, which is at ${known}`);
    }
    if (action === 'delete') return { key, side, price: known, size: null };
    if (size === null) throw wireError('level', 'update without a size');
    return { key, side, price: known, size };
  }
}

function keyOf({ side, id }: Row): string {
  return `${side} ${id}`;
}

function placeOf(side: RowSide, price: string): string {
  return `${side} at ${price}`;
}

/** Without trailing zeros, so that equal prices are equal texts. */
function plainDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
