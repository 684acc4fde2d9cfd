/** Feather version 2, which is an Arrow IPC file: a record batch for each slice, buffers compressed with zstd. */

import {
  Bool,
  CompressionType,
  Decimal,
  Field,
  Float64,
  Int32,
  Int64,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  makeData,
} from 'apache-arrow';
import type { Data, DataType } from 'apache-arrow';
import { BufferRegion } from 'apache-arrow/ipc/metadata/message';
import { zstd } from '../codec/zstd-library.ts';
import type { Chunk } from './chunk.ts';
import { exponentOf } from './column.ts';
import type { Column, FileScale } from './column.ts';
import type { ColumnFile, FileOutput } from './column-file.ts';

const ZSTD_PARAMETERS = { level: 3, minMatch: 3 };
const SUM_DIGITS = 38;
/** A buffer is preceded by its length, or by -1 where it is not compressed. */
const LENGTH_BYTES = 8;
const NOT_COMPRESSED = -1n;

export async function writeFeather(file: ColumnFile, output: FileOutput): Promise<void> {
  const { columns, scale, slices } = file;
  const fields = columns.map(
    (column) => new Field(column.name, typeOf(column, scale), column.isNullable),
  );
  const schema = new Schema(fields, new Map(file.metadata));
  const writer = new ChunkedFileWriter();
  writer.begin(schema);
  for (const slice of slices) {
    const children: Data[] = [];
    for (const [at, field] of fields.entries()) {
      children.push(dataOf(field.type, slice.rows, await slice.read(at)));
    }
    const type = new Struct(fields);
    writer.write(
      new RecordBatch(schema, makeData({ type, length: slice.rows, nullCount: 0, children })),
    );
    await drain(writer, output);
  }
  writer.finish();
  await drain(writer, output);
}

async function drain(writer: ChunkedFileWriter, output: FileOutput): Promise<void> {
  for (const chunk of writer.take()) await output.write(chunk);
}

/**
 * Hands its bytes out after each batch. It compresses buffers itself: apache-arrow 21.2.0 writes a buffer's
 * compressed length in front of it, where the format wants the length of its content.
 */
class ChunkedFileWriter extends RecordBatchFileWriter {
  #chunks: Uint8Array[] = [];

  constructor() {
    super({ compressionType: CompressionType.ZSTD });
  }

  begin(schema: Schema): void {
    this.reset(undefined, schema);
  }

  take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (!this._started || chunk.byteLength === 0) return this;
    this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this._position += chunk.byteLength;
    return this;
  }

  protected override _compressBodyBuffers(buffers: ArrayBufferView[]): {
    byteLength: number;
    bufferRegions: BufferRegion[];
    buffers: ArrayBufferView[];
  } {
    const stored: ArrayBufferView[] = [];
    const bufferRegions: BufferRegion[] = [];
    let at = 0;
    for (const { buffer, byteOffset, byteLength } of buffers) {
      const content = new Uint8Array(buffer, byteOffset, byteLength);
      // A length and a buffer each; one without content has neither.
      const [length, bytes] = byteLength === 0 ? [content, content] : compressed(content);
      stored.push(length, bytes);
      bufferRegions.push(new BufferRegion(at, length.byteLength + bytes.byteLength));
      at += (length.byteLength + bytes.byteLength + 7) & ~7;
    }
    return { byteLength: at, bufferRegions, buffers: stored };
  }
}

function compressed(content: Uint8Array): [length: Uint8Array, bytes: Uint8Array] {
  const frame = zstd.compress(content, ZSTD_PARAMETERS);
  const isSmaller = frame.length < content.length;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigInt64LE(isSmaller ? BigInt(content.length) : NOT_COMPRESSED);
  return [length, isSmaller ? frame : content];
}

function typeOf({ type }: Column, scale: FileScale): DataType {
  switch (type) {
    case 'bool':
      return new Bool();
    case 'int32':
      return new Int32();
    case 'int64':
    case 'price':
    case 'size':
      return new Int64();
    case 'time':
      return new TimestampMicrosecond('UTC');
    case 'double':
      return new Float64();
    case 'text':
      return new Utf8();
    case 'volume':
    case 'notional':
      return new Decimal(exponentOf(type, scale), SUM_DIGITS);
  }
}

function dataOf(type: DataType, length: number, chunk: Chunk): Data {
  const { nulls } = chunk;
  const head = {
    length,
    nullCount: nulls === undefined ? 0 : nulls.reduce((sum, isNull) => sum + isNull, 0),
    nullBitmap: nulls && bits(nulls, 0),
  };
  switch (chunk.kind) {
    case 'bool':
      return makeData({ ...head, type: type as Bool, data: bits(chunk.values, 1) });
    case 'int32':
      return makeData({ ...head, type: type as Int32, data: chunk.values });
    case 'int64':
      return makeData({ ...head, type: type as Int64, data: chunk.values });
    case 'double':
      return makeData({ ...head, type: type as Float64, data: chunk.values });
    case 'text': {
      const { start, bytes, values } = chunk;
      const offsets = new Int32Array(length + 1);
      for (let row = 0; row < length; row++) offsets[row + 1] = (values[row] as number) - start;
      const data = bytes.subarray(start, start + (offsets[length] as number));
      return makeData({ ...head, type: type as Utf8, valueOffsets: offsets, data });
    }
    case 'sum': {
      const words = new BigInt64Array(2 * length);
      for (const [row, value] of chunk.values.entries()) {
        words[2 * row] = BigInt.asIntN(64, value);
        words[2 * row + 1] = value >> 64n;
      }
      return makeData({ ...head, type: type as Decimal, data: new Uint32Array(words.buffer) });
    }
  }
}

/** One bit for each value: whether it is `wanted`. */
function bits(values: Uint8Array, wanted: number): Uint8Array {
  const bitmap = new Uint8Array((values.length + 7) >> 3);
  for (let i = 0; i < values.length; i++) {
    if (values[i] === wanted) bitmap[i >> 3] = (bitmap[i >> 3] as number) | (1 << (i & 7));
  }
  return bitmap;
}
