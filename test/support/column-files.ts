/** Files with columns as readers in JavaScript see them: plain values by column, null where there is none. */

import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { CompressionType, compressionRegistry, tableFromIPC } from 'apache-arrow';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { zstd } from '../../logger/codec/zstd-library.ts';

export interface ReadFile {
  readonly metadata: Record<string, string>;
  /** Decimals of sums as integers. */
  readonly columns: Record<string, readonly unknown[]>;
  /** How many rows were encoded together. */
  readonly batches: readonly number[];
}

const same = (value: bigint): bigint => value;
const TIMES_AS_INTEGERS = {
  timestampFromMilliseconds: same,
  timestampFromMicroseconds: same,
  timestampFromNanoseconds: same,
};
const MAX_CONTENT_BYTES = 2 ** 24;

function decompressed(frame: Uint8Array, bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  return content.subarray(0, zstd.decompress(content, frame));
}

compressionRegistry.set(CompressionType.ZSTD, {
  decode: (frame) => decompressed(frame, MAX_CONTENT_BYTES).slice(),
  encode: (content) => zstd.compress(content, { level: 1, minMatch: 3 }),
});

export async function readParquet(path: string): Promise<ReadFile> {
  const bytes = readFileSync(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const footer = parquetMetadata(file);
  const rows = await parquetReadObjects({
    file,
    compressors: { ZSTD: decompressed },
    parsers: TIMES_AS_INTEGERS,
  });
  const names = footer.schema.slice(1).map(({ name }) => name);
  return {
    metadata: Object.fromEntries(
      (footer.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']),
    ),
    columns: Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)])),
    batches: footer.row_groups.map((group) => Number(group.num_rows)),
  };
}

export function readFeather(path: string): ReadFile {
  const table = tableFromIPC(readFileSync(path));
  return {
    metadata: Object.fromEntries(table.schema.metadata),
    columns: Object.fromEntries(
      table.schema.fields.map(({ name }, at) => {
        const column = table.getChildAt(at);
        return [
          name,
          Array.from({ length: table.numRows }, (_, row) => valueOf(column?.get(row) ?? null)),
        ];
      }),
    ),
    batches: table.batches.map((batch) => batch.numRows),
  };
}

/** A decimal comes as four words. */
function valueOf(value: unknown): unknown {
  if (!(value instanceof Uint32Array)) return value;
  return value.reduce((sum, word, i) => sum | (BigInt(word) << BigInt(32 * i)), 0n);
}

/** The members of an npz file: what each array's header says, and its bytes. */
export function readNpz(path: string): Map<string, { header: string; data: Buffer }> {
  const file = readFileSync(path);
  const members = new Map<string, { header: string; data: Buffer }>();
  const end64 = file.lastIndexOf(Buffer.from('PK\x06\x06', 'latin1'));
  let at = Number(file.readBigUInt64LE(end64 + 48));
  for (let left = file.readBigUInt64LE(end64 + 32); left > 0n; left--) {
    const nameLength = file.readUInt16LE(at + 28);
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    const extra = at + 46 + nameLength + 4;
    const storedBytes = Number(file.readBigUInt64LE(extra + 8));
    const begin = Number(file.readBigUInt64LE(extra + 16));
    const from = begin + 30 + file.readUInt16LE(begin + 26) + file.readUInt16LE(begin + 28);
    const array = inflateRawSync(file.subarray(from, from + storedBytes));
    const headerEnd = 10 + array.readUInt16LE(8);
    members.set(name, {
      header: array.toString('latin1', 10, headerEnd).trim(),
      data: array.subarray(headerEnd),
    });
    at += 46 + nameLength + file.readUInt16LE(at + 30);
  }
  return members;
}
