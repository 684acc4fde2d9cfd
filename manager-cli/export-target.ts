/** Where an export goes and in which format, by `--out` and `--format`. */

import { basename } from 'node:path';
import type { ColumnFormat, ExportFormat } from '../logger/queries/results.ts';
import { COLUMN_FORMATS } from '../logger/queries/validate.ts';
import { text } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { usageError } from './exit-codes.ts';

export interface ExportTarget {
  /** undefined: stdout. */
  readonly path: string | undefined;
  /** Taken from the file's name where `--format` is not given; not yet checked otherwise. */
  readonly format: string;
}

/** Endings of a file's name, without `.gz`, and the formats that they may stand for. */
const ENDINGS: Readonly<Record<string, readonly (ColumnFormat | ExportFormat)[]>> = {
  jsonl: ['jsonl'],
  ndjson: ['jsonl'],
  json: ['jsonl'],
  csv: ['csv', 'tardis-csv'],
  parquet: ['parquet'],
  feather: ['feather'],
  arrow: ['feather'],
  npz: ['npz'],
};

/** Files that would not be what their name says, whatever `--format` is. */
const NOT_WRITTEN = new Set(
  'pq avro orc npy h5 hdf5 xlsx sqlite db zst zstd bz2 xz lz4 br zip'.split(' '),
);

/** @throws the usage error for a name that would promise another format than the file has. */
export function exportTarget(args: Arguments): ExportTarget {
  const out = text(args, 'out');
  const path = out === '-' ? undefined : out;
  const format = text(args, 'format');
  const ending = path === undefined ? '' : endingOf(path);
  if (path === undefined) return { path, format: format ?? 'jsonl' };
  const formats = ENDINGS[ending];
  if (NOT_WRITTEN.has(ending) || (ending !== '' && formats === undefined && format === undefined)) {
    throw usageError(
      `--out: .${ending} is not a format of export; end the name in .jsonl or .csv (with .gz: compressed), .parquet, .feather or .npz${NOT_WRITTEN.has(ending) ? '' : ', or give --format'}`,
    );
  }
  if (format !== undefined && formats !== undefined && !formats.some((one) => one === format)) {
    throw usageError(`--out: .${ending} contradicts --format ${format}; change one of the two`);
  }
  return { path, format: checkedColumns(path, format ?? formats?.[0] ?? 'jsonl', formats) };
}

/** @throws the usage error for the name of a file with columns that does not say so. */
function checkedColumns(
  path: string,
  format: string,
  ofEnding: (typeof ENDINGS)[string] | undefined,
): string {
  if (columnFormat(format) === undefined) return format;
  if (/\.gz$/i.test(path)) {
    throw usageError(`--out: ${format} is compressed in itself; leave out .gz`);
  }
  if (ofEnding !== undefined) return format;
  throw usageError(`--out: end the name in .${format} with --format ${format}`);
}

/** In lower case and without `.gz`; empty: none. A dot at the beginning hides a file. */
function endingOf(path: string): string {
  const name = basename(path).toLowerCase().replace(/\.gz$/, '');
  return /[^.]\.([^.]*)$/.exec(name)?.[1] ?? '';
}

export function columnFormat(format: string): ColumnFormat | undefined {
  return COLUMN_FORMATS.find((one) => one === format);
}

/** Options that only files with columns have. @throws the usage error where another format is asked for. */
export function checkNoColumnOptions(args: Arguments): void {
  for (const name of ['floats', 'rows-per-file']) {
    if (args[name] === undefined || args[name] === false) continue;
    throw usageError(`--${name} is for the formats ${COLUMN_FORMATS.join(', ')}`);
  }
}
