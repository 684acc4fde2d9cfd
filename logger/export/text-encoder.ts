/** What the encoders of text formats have in common. */

import { formatScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { DataItem } from '../queries/items.ts';
import type { Encoder } from './encoder.ts';
import { LineWriter } from './line-writer.ts';

const NOTHING = new Uint8Array();

/**
 * @param header the first line; null: there is none.
 * @param write writes an item's lines, each with its line end.
 */
export function textEncoder(
  header: string | null,
  write: (item: DataItem, out: LineWriter) => void,
): Encoder {
  const out = new LineWriter();
  return {
    header: () => (header === null ? NOTHING : Buffer.from(`${header}\n`)),
    encode: (item) => {
      write(item, out);
      return out.take();
    },
    end: () => NOTHING,
  };
}

/** null: an absent value. */
export function decimalText(value: ScaledInt | null, exponent: number): string | null {
  return value === null ? null : formatScaled(value, exponent);
}

/** A field of CSV. Ids and reasons are the exchange's own text. */
export function quoted<Field extends string | number | null>(field: Field): Field | string {
  const isSpecial = typeof field === 'string' && /[",#\r\n]/.test(field);
  return isSpecial ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Keeps the last text by what it was made of: snapshots of an unchanged book share their rows. */
export class LastText {
  #key: object | undefined;
  #text = '';

  of(key: object, textOf: () => string): string {
    if (this.#key !== key) {
      this.#text = textOf();
      this.#key = key;
    }
    return this.#text;
  }
}
