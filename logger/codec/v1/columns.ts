/**
 * The envelope of every record of format version 1, and the encoding of numbers inside it.
 *
 *   version · header · lengths of the columns · columns · crc32 of all of that
 *
 * A number is split in two: its order of magnitude is a token, one byte in the column of its kind,
 * which zstd compresses well; the bits below it are nearly random and go uncompressed to a shared bit
 * stream. A number that lies further than `NEAR_LIMIT` from its prediction is an escape: it is stored
 * whole in a separate column. The checksum detects damage. Against forged input every length is
 * bounded, and no loop runs longer than the bytes that are present.
 */

import { crc32 } from 'node:zlib';

import { LimitExceededError } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import { BitReader, BitWriter } from './bits.ts';
import { ByteReader, ByteWriter, corrupt } from './bytes.ts';
import { zstdCompress, zstdDecompress } from './zstd.ts';

/**
 * Limit of all columns of a record together, unpacked. A block of 60 s needs less than 1 MiB. Raw bits
 * do not count: they are stored uncompressed, so a forged body cannot claim more than it has.
 */
export const MAX_COLUMN_BYTES = 32 * 1024 * 1024;
/** Below this many bytes one zstd frame for all columns may be smaller than one per column. */
const JOINED_MAX_BYTES = 16 * 1024;
const CHECKSUM_BYTES = 4;
/** The token of a number that is stored as an escape. */
export const ESCAPE_TOKEN = 255;
/** Larger distances from a prediction are escapes, which keeps all arithmetic here exact. */
const NEAR_LIMIT = 2 ** 50;
/** Smaller numbers are their own token. */
const SMALL = 8;
const SMALL_BITS = 3;
const MAX_NUMBER_BITS = 52;
/** JavaScript's bitwise operators lose bits from here on. */
const INT32 = 2 ** 31;

const SEPARATE = 0;
const JOINED = 1;

/** The token of a non-negative number below 2^52. */
export function tokenOf(value: number): number {
  if (value < SMALL) return value;
  if (value >= INT32) {
    const bits = highestBit(value);
    return SMALL + 2 * (bits - SMALL_BITS) + (Math.floor(value / 2 ** (bits - 1)) % 2);
  }
  const bits = 31 - Math.clz32(value);
  return SMALL + 2 * (bits - SMALL_BITS) + ((value >> (bits - 1)) & 1);
}

/** The position of the highest set bit, for numbers from 2^31 on. */
function highestBit(value: number): number {
  return 62 - Math.clz32(Math.floor(value / INT32));
}

export class ColumnsWriter {
  readonly columns: readonly ByteWriter[];
  readonly bits = new BitWriter();
  /** Numbers that are stored whole. */
  readonly escapes = new ByteWriter();

  constructor(count: number) {
    this.columns = Array.from({ length: count }, () => new ByteWriter());
  }

  /** A non-negative integer below 2^52. */
  unsigned(column: number, value: number): void {
    this.token(column, tokenOf(value));
    this.mantissa(value);
  }

  /** Writes the bits below a token of `unsigned`. */
  mantissa(value: number): void {
    if (value < SMALL) return;
    if (value < INT32) {
      const bits = 30 - Math.clz32(value);
      this.bits.write(value & ((1 << bits) - 1), bits);
    } else {
      const bits = highestBit(value) - 1;
      this.bits.write(value % 2 ** bits, bits);
    }
  }

  token(column: number, token: number): void {
    (this.columns[column] as ByteWriter).byte(token);
  }

  /** Any safe integer; cheap near `predicted`. */
  near(column: number, value: number, predicted: number): void {
    const distance = value - predicted;
    if (Math.abs(distance) < NEAR_LIMIT && predicted + distance === value) {
      this.unsigned(column, distance < 0 ? -2 * distance - 1 : 2 * distance);
    } else {
      this.token(column, ESCAPE_TOKEN);
      this.escapes.safeInteger(value);
    }
  }

  scaledEscape(value: ScaledInt): void {
    this.escapes.scaled(value);
  }

  /** @throws LimitExceededError when the record would be too large to read back. */
  finish(version: number, header: Uint8Array): Uint8Array {
    const columns = [...this.columns.map((column) => column.bytes()), this.escapes.bytes()];
    const bits = this.bits.finish();
    const rawBytes = columns.reduce((sum, column) => sum + column.length, 0);
    if (rawBytes > MAX_COLUMN_BYTES) {
      throw new LimitExceededError(`A record of ${rawBytes} unpacked bytes is too large`, {
        context: { rawBytes, maxBytes: MAX_COLUMN_BYTES },
      });
    }
    const out = new ByteWriter();
    out.byte(version);
    out.uint(header.length);
    out.append(header);
    out.uint(bits.length);
    for (const column of columns) out.uint(column.length);
    appendColumns(out, columns, rawBytes);
    out.append(bits);
    const checksum = crc32(out.bytes());
    for (let shift = 0; shift < 32; shift += 8) out.byte((checksum >>> shift) & 255);
    return out.bytes().slice();
  }
}

function appendColumns(out: ByteWriter, columns: readonly Uint8Array[], rawBytes: number): void {
  const separate = new ByteWriter();
  for (const column of columns) {
    const packed = pack(column);
    separate.uint(packed.length);
    separate.append(packed);
  }
  if (rawBytes <= JOINED_MAX_BYTES) {
    const packed = pack(Buffer.concat(columns));
    if (packed.length < separate.length) {
      out.byte(JOINED);
      out.uint(packed.length);
      out.append(packed);
      return;
    }
  }
  out.byte(SEPARATE);
  out.append(separate.bytes());
}

/** The zstd frame, or the plain bytes if that is not larger; the stored length says which. */
function pack(column: Uint8Array): Uint8Array {
  if (column.length === 0) return column;
  const packed = zstdCompress(column);
  return packed.length < column.length ? packed : column;
}

function unpack(input: ByteReader, rawLength: number): Uint8Array {
  const packedLength = input.uint(rawLength);
  const packed = input.take(packedLength);
  return packedLength === rawLength ? packed : zstdDecompress(packed, rawLength);
}

export class ColumnsReader {
  readonly header: ByteReader;
  readonly columns: readonly ByteReader[];
  readonly escapes: ByteReader;
  readonly bits: BitReader;

  /** @throws RecordCorruptError */
  constructor(version: number, count: number, body: Uint8Array) {
    const input = new ByteReader(checked(body));
    const found = input.byte();
    if (found !== version) throw corrupt(`its version is ${found}, not ${version}`);
    this.header = new ByteReader(input.take(input.uint(input.remaining)));
    const bitBytes = input.uint(input.remaining);
    const lengths: number[] = [];
    let left = MAX_COLUMN_BYTES;
    for (let column = 0; column <= count; column++) {
      const length = input.uint(left);
      left -= length;
      lengths.push(length);
    }
    const columns = splitColumns(input, lengths).map((column) => new ByteReader(column));
    this.escapes = columns.pop() as ByteReader;
    this.columns = columns;
    this.bits = new BitReader(input.take(bitBytes));
    input.end();
  }

  /** Bytes of a column: an upper bound for the numbers in it. */
  columnLength(column: number): number {
    return (this.columns[column] as ByteReader).length;
  }

  token(column: number): number {
    return (this.columns[column] as ByteReader).byte();
  }

  /** The next token without consuming it; undefined at the end. */
  peek(column: number): number | undefined {
    return (this.columns[column] as ByteReader).peek();
  }

  unsigned(column: number): number {
    return this.mantissa(this.token(column));
  }

  /** The number that belongs to a token of `unsigned`; reads its low bits. */
  mantissa(token: number): number {
    if (token < SMALL) return token;
    const bits = ((token - SMALL) >> 1) + SMALL_BITS;
    if (bits >= MAX_NUMBER_BITS) throw corrupt(`invalid token ${token}`);
    const head = 2 + ((token - SMALL) & 1);
    if (bits < 31) return (head << (bits - 1)) | this.bits.read(bits - 1);
    return head * 2 ** (bits - 1) + this.bits.read(bits - 1);
  }

  near(column: number, predicted: number): number {
    const token = this.token(column);
    if (token === ESCAPE_TOKEN) return this.escapes.safeInteger();
    const zigzag = this.mantissa(token);
    const value = predicted + (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
    if (!Number.isSafeInteger(value)) throw corrupt('a number is out of range');
    return value;
  }

  /** @throws RecordCorruptError if any column has something left. */
  end(): void {
    this.header.end();
    for (const column of this.columns) column.end();
    this.escapes.end();
    this.bits.end();
  }
}

/** The body without its checksum. */
function checked(body: Uint8Array): Uint8Array {
  const length = body.length - CHECKSUM_BYTES;
  if (length < 1) throw corrupt('it is too short');
  const stored = new DataView(body.buffer, body.byteOffset + length, CHECKSUM_BYTES);
  const content = body.subarray(0, length);
  if (crc32(content) !== stored.getUint32(0, true)) throw corrupt('its checksum does not match');
  return content;
}

function splitColumns(input: ByteReader, lengths: readonly number[]): Uint8Array[] {
  const layout = input.byte();
  if (layout === SEPARATE) return lengths.map((length) => unpack(input, length));
  if (layout !== JOINED) throw corrupt(`unknown layout ${layout}`);
  const joined = new ByteReader(
    unpack(
      input,
      lengths.reduce((sum, length) => sum + length, 0),
    ),
  );
  return lengths.map((length) => joined.take(length));
}
