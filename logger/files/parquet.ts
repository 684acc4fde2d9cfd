/**
 * Parquet: a row group for each slice, columns compressed with zstd.
 */

import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { zstd } from '../codec/zstd-library.ts';
import type { Chunk } from './chunk.ts';
import { exponentOf } from './column.ts';
import type { Column, FileScale } from './column.ts';
import type { ColumnFile, FileOutput } from './column-file.ts';
import { textsOf } from './texts.ts';

type ColumnSource = Parameters<ParquetWriter['write']>[0]['columnData'][number];

const ZSTD_PARAMETERS = { level: 3, minMatch: 3 };
/** Decimal128. */
const SUM_BYTES = 16;
const SUM_DIGITS = 38;

export async function writeParquet(file: ColumnFile, output: FileOutput): Promise<void> {
  const { columns, metadata } = file;
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map((column) => elementOf(column, file.scale)),
    ],
    codec: 'ZSTD',
    compressors: { ZSTD: (content) => zstd.compress(content, ZSTD_PARAMETERS) },
    kvMetadata: [...metadata].map(([key, value]) => ({ key, value })),
    createdBy: metadata.get('program') ?? '',
  });
  for (const slice of file.slices) {
    const columnData: ColumnSource[] = [];
    for (const [at, column] of columns.entries()) {
      columnData.push(sourceOf(column, await slice.read(at)));
    }
    await writer.write({ columnData, rowGroupSize: slice.rows });
    await drain(bytes, output);
  }
  await writer.finish();
  await drain(bytes, output);
}

async function drain(bytes: ByteWriter, output: FileOutput): Promise<void> {
  await output.write(bytes.getBytes());
  // The offset goes on: it is the place in the file.
  bytes.index = 0;
}

function elementOf({ name, type, isNullable }: Column, scale: FileScale): SchemaElement {
  const head = {
    name,
    repetition_type: isNullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
  };
  switch (type) {
    case 'bool':
      return { ...head, type: 'BOOLEAN' };
    case 'int32':
      return { ...head, type: 'INT32' };
    case 'int64':
    case 'price':
    case 'size':
      return { ...head, type: 'INT64' };
    case 'time':
      return {
        ...head,
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      };
    case 'double':
      return { ...head, type: 'DOUBLE' };
    case 'text':
      return {
        ...head,
        type: 'BYTE_ARRAY',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
      };
    case 'volume':
    case 'notional': {
      const decimals = { precision: SUM_DIGITS, scale: exponentOf(type, scale) };
      return {
        ...head,
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: SUM_BYTES,
        converted_type: 'DECIMAL',
        logical_type: { type: 'DECIMAL', ...decimals },
        ...decimals,
      };
    }
  }
}

function sourceOf({ name, type }: Column, chunk: Chunk): ColumnSource {
  // Only these are filtered by; bounds of the others would be larger than what they save.
  const statistics = type === 'time' || name === 'segment' || name === 'sequence';
  const source = { name, statistics, offsetIndex: false };
  switch (chunk.kind) {
    case 'bool':
      return { ...source, data: Array.from(chunk.values, (value) => value === 1) };
    case 'int32':
      return {
        ...source,
        data: withNulls(chunk.values, chunk.nulls),
        encoding: 'PLAIN',
      };
    case 'int64':
      return {
        ...source,
        data: withNulls(chunk.values, chunk.nulls),
        // Times and sequences rise; what a book shows repeats, and zstd finds that in plain integers best.
        encoding: statistics ? 'DELTA_BINARY_PACKED' : 'PLAIN',
      };
    case 'double':
      return { ...source, data: withNulls(chunk.values, chunk.nulls) };
    case 'text':
      return { ...source, data: textsOf(chunk) };
    case 'sum':
      return { ...source, data: withNulls(chunk.values, chunk.nulls) };
  }
}

function withNulls(
  values: ArrayLike<number | bigint>,
  nulls: Uint8Array | undefined,
): ColumnSource['data'] {
  return nulls === undefined
    ? (values as ColumnSource['data'])
    : Array.from(values, (value, row) => (nulls[row] === 1 ? null : value));
}
