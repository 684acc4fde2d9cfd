/** The cells of some rows of one column, read back from the spool and brought to the file's scale. */

import { aligned, tooLarge } from './cells.ts';
import { exponentOf, isSum } from './column.ts';
import type { Column, FileScale } from './column.ts';

interface Nulls {
  /** 1: null. Absent: none is. */
  readonly nulls?: Uint8Array;
}

export type Chunk = Nulls &
  (
    | { readonly kind: 'bool'; readonly values: Uint8Array }
    | { readonly kind: 'int32'; readonly values: Int32Array }
    | { readonly kind: 'int64'; readonly values: BigInt64Array }
    | { readonly kind: 'double'; readonly values: Float64Array }
    /** The text of row i lies between `ends[i - 1]` (`start` for the first) and `ends[i]`. */
    | {
        readonly kind: 'text';
        readonly bytes: Uint8Array;
        readonly start: number;
        readonly values: Int32Array;
      }
    | { readonly kind: 'sum'; readonly values: readonly bigint[] }
  );

/** As the cells were taken: `rows` of them, of which those from `from` to `to` are returned. */
export interface StoredChunk {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly hasNulls: boolean;
  readonly scale: FileScale;
}

const MAX_INT64 = 2n ** 63n - 1n;
/** Decimal128 has so many digits. */
const MAX_SUM = 10n ** 38n - 1n;

export function readChunk(
  column: Column,
  stored: StoredChunk,
  [from, to]: readonly [number, number],
  scale: FileScale,
): Chunk {
  const { bytes, rows, hasNulls } = stored;
  const at = hasNulls ? aligned(rows) : 0;
  const view = (offset: number): [ArrayBuffer, number] => [
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset + at + offset,
  ];
  const nulls = hasNulls ? { nulls: bytes.subarray(from, to) } : {};
  const slice = { start: from, end: to };
  switch (column.type) {
    case 'bool':
      return { kind: 'bool', values: new Uint8Array(...view(from), to - from), ...nulls };
    case 'int32':
      return { kind: 'int32', values: new Int32Array(...view(4 * from), to - from), ...nulls };
    case 'double':
      return { kind: 'double', values: new Float64Array(...view(8 * from), to - from), ...nulls };
    case 'int64':
    case 'time':
    case 'price':
    case 'size': {
      const values = new BigInt64Array(...view(8 * from), to - from);
      return { kind: 'int64', values: rescaled(column, values, stored.scale, scale), ...nulls };
    }
    case 'text': {
      const ends = new Int32Array(...view(0), rows);
      const start = from === 0 ? 0 : (ends[from - 1] as number);
      const text = bytes.subarray(at + aligned(4 * rows));
      return { kind: 'text', bytes: text, start, values: ends.subarray(from, to), ...nulls };
    }
    case 'volume':
    case 'notional': {
      const words = new BigInt64Array(...view(0), 2 * rows);
      const exponents = new Uint8Array(...view(16 * rows), rows);
      const values = sums(column, words, exponents, slice, exponentOf(column.type, scale));
      return { kind: 'sum', values, ...nulls };
    }
  }
}

function rescaled(
  column: Column,
  values: BigInt64Array,
  from: FileScale,
  to: FileScale,
): BigInt64Array {
  const toExponent = exponentOf(column.type, to);
  const digits = toExponent - exponentOf(column.type, from);
  if (digits === 0) return values;
  const factor = 10n ** BigInt(digits);
  const finer = new BigInt64Array(values.length);
  for (const [row, value] of values.entries()) {
    const exact = value * factor;
    if (exact > MAX_INT64 || exact < -MAX_INT64) throw tooLarge(column, String(exact), toExponent);
    finer[row] = exact;
  }
  return finer;
}

function sums(
  column: Column,
  words: BigInt64Array,
  exponents: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  toExponent: number,
): bigint[] {
  const values: bigint[] = [];
  for (let row = start; row < end; row++) {
    const low = BigInt.asUintN(64, words[2 * row] as bigint);
    const sum = ((words[2 * row + 1] as bigint) << 64n) | low;
    const digits = toExponent - (exponents[row] as number);
    // Fewer decimals are enough for all sums of the file.
    const exact = digits < 0 ? sum / 10n ** BigInt(-digits) : sum * 10n ** BigInt(digits);
    if (exact > MAX_SUM || exact < -MAX_SUM) throw tooLarge(column, String(exact), toExponent, 128);
    values.push(exact);
  }
  return values;
}

/** Sums as 64-bit integers, for formats that have no larger ones. */
export function int64Sums(column: Column, chunk: Chunk, scale: FileScale): Chunk {
  if (chunk.kind !== 'sum' || !isSum(column.type)) return chunk;
  const exponent = exponentOf(column.type, scale);
  for (const value of chunk.values) {
    if (value > MAX_INT64 || value < -MAX_INT64) throw tooLarge(column, String(value), exponent);
  }
  const { nulls } = chunk;
  return {
    kind: 'int64',
    values: BigInt64Array.from(chunk.values),
    ...(nulls && { nulls }),
  };
}
