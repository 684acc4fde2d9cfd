/**
 * Order ids in `orders/1` and `orders-image/1`. A random UUID (version 4) is stored as its 122 random
 * bits, another UUID as 128 bits, anything that is not the canonical text of a UUID as text.
 */

import { assertInvariant } from '../../errors.ts';
import { formatUuid, parseUuid } from '../../market/uuid.ts';
import { corrupt } from './bytes.ts';
import type { ColumnsReader, ColumnsWriter } from './columns.ts';

const RANDOM = 0;
const WHOLE = 1;
const TEXT = 2;

/**
 * The fixed bits of version 4: the digit 4 in the second word, and binary 10 at the top of the
 * third.
 */
const VERSION_MASK = 0xf000;
const VERSION = 0x4000;
const VARIANT_MASK = 0xc0000000 | 0;
const VARIANT = 0x80000000 | 0;
const MAX_TEXT_BYTES = 4096;

const words = new Int32Array(4);

export function writeId(out: ColumnsWriter, kindColumn: number, id: string): void {
  if (!parseUuid(id, words)) {
    out.token(kindColumn, TEXT);
    writeText(out, id);
    return;
  }
  const [first, second, third, fourth] = words as unknown as [number, number, number, number];
  const isRandom = (second & VERSION_MASK) === VERSION && (third & VARIANT_MASK) === VARIANT;
  out.token(kindColumn, isRandom ? RANDOM : WHOLE);
  out.bits.write(first >>> 0, 32);
  if (isRandom) {
    out.bits.write(second >>> 16, 16);
    out.bits.write(second & 0xfff, 12);
    out.bits.write(third & 0x3fffffff, 30);
  } else {
    out.bits.write(second >>> 0, 32);
    out.bits.write(third >>> 0, 32);
  }
  out.bits.write(fourth >>> 0, 32);
}

export function readId(input: ColumnsReader, kindColumn: number): string {
  const kind = input.token(kindColumn);
  if (kind === TEXT) return readText(input);
  if (kind > TEXT) throw corrupt(`unknown kind of id ${kind}`);
  const { bits } = input;
  words[0] = bits.read(32);
  if (kind === RANDOM) {
    const high = bits.read(16);
    words[1] = (high << 16) | VERSION | bits.read(12);
    words[2] = VARIANT | bits.read(30);
  } else {
    words[1] = bits.read(32);
    words[2] = bits.read(32);
  }
  words[3] = bits.read(32);
  return formatUuid(words, 0);
}

/** Writes text among the escapes, length first. */
export function writeText(out: ColumnsWriter, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  const isWhole = bytes.length <= MAX_TEXT_BYTES && bytes.toString('utf8') === text;
  assertInvariant(isWhole, 'Texts are well-formed and short: adapters check that');
  out.escapes.uint(bytes.length);
  out.escapes.append(bytes);
}

/** @throws RecordCorruptError, also for invalid UTF-8. */
export function readText(input: ColumnsReader): string {
  const bytes = Buffer.from(input.escapes.take(input.escapes.uint(MAX_TEXT_BYTES)));
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw corrupt('a text is not UTF-8');
  return text;
}
