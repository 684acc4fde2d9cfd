/** Tops of a day ↔ bytes: differences to the row before, as varints. */

import { RecordCorruptError } from '../../../logger/errors.ts';
import type { DayTops } from './day-tops.ts';
import { KINDS } from './day-tops.ts';

const MAX_VARINT_BYTES = 8;
const COLUMNS = 3;

export function encodeDayTops(tops: DayTops, dayUs: number): Uint8Array {
  const out = new Writer(tops.rows * COLUMNS * MAX_VARINT_BYTES + 4 * MAX_VARINT_BYTES);
  out.unsigned(tops.rows);
  out.unsigned(tops.priceExponent);
  let [time, bid, ask] = [dayUs, 0, 0];
  for (let row = 0; row < tops.rows; row++) {
    const kind = tops.kinds[row] as number;
    out.unsigned(((tops.times[row] as number) - time) * KINDS.length + kind);
    time = tops.times[row] as number;
    if (KINDS[kind] !== 'both') continue;
    out.signed((tops.bids[row] as number) - bid);
    out.signed((tops.asks[row] as number) - ask);
    [bid, ask] = [tops.bids[row] as number, tops.asks[row] as number];
  }
  return out.finish();
}

/** @throws RecordCorruptError */
export function decodeDayTops(bytes: Uint8Array, dayUs: number): DayTops {
  const from = new Reader(bytes);
  const rows = from.unsigned();
  const priceExponent = from.unsigned();
  // Each row takes a byte at least.
  if (rows > bytes.length) throw new RecordCorruptError('More rows than bytes');
  const times = new Float64Array(rows);
  const kinds = new Uint8Array(rows);
  const bids = new Float64Array(rows);
  const asks = new Float64Array(rows);
  let [time, bid, ask] = [dayUs, 0, 0];
  for (let row = 0; row < rows; row++) {
    const first = from.unsigned();
    const kind = first % KINDS.length;
    time += (first - kind) / KINDS.length;
    times[row] = time;
    kinds[row] = kind;
    if (KINDS[kind] !== 'both') continue;
    bids[row] = bid += from.signed();
    asks[row] = ask += from.signed();
  }
  if (!from.isAtEnd) throw new RecordCorruptError('Bytes behind the last row');
  return { rows, times, kinds, bids, asks, priceExponent };
}

class Writer {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(maxBytes: number) {
    this.#bytes = new Uint8Array(maxBytes);
  }

  /** Up to 2^53: seven bits a byte, least first. */
  unsigned(value: number): void {
    let left = value;
    while (left >= 128) {
      this.#bytes[this.#at++] = (left % 128) + 128;
      left = Math.floor(left / 128);
    }
    this.#bytes[this.#at++] = left;
  }

  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  unsigned(): number {
    let [value, unit] = [0, 1];
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || unit > Number.MAX_SAFE_INTEGER) {
        throw new RecordCorruptError('Not a number');
      }
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
      unit *= 128;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
