/** Where an export goes and in which format, by `--out` and `--format`. */

import { basename } from 'node:path';
import type { ExportFormat } from '../logger/queries/results.ts';
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
const ENDINGS: Readonly<Record<string, readonly ExportFormat[]>> = {
  jsonl: ['jsonl'],
  ndjson: ['jsonl'],
  json: ['jsonl'],
  csv: ['csv', 'tardis-csv'],
};

/** Files that would not be what their name says, whatever `--format` is. */
const NOT_WRITTEN = new Set(
  'parquet pq feather arrow avro orc npy npz h5 hdf5 xlsx sqlite db zst zstd bz2 xz lz4 br zip'.split(
    ' ',
  ),
);

/** @throws the usage error for a name that would promise another format than the file has. */
export function exportTarget(args: Arguments): ExportTarget {
  const out = text(args, 'out');
  const path = out === '-' ? undefined : out;
  const format = text(args, 'format');
  const ending = path === undefined ? '' : endingOf(path);
  if (path === undefined || ending === '') return { path, format: format ?? 'jsonl' };
  const formats = ENDINGS[ending];
  if (NOT_WRITTEN.has(ending) || (formats === undefined && format === undefined)) {
    throw usageError(
      `--out: .${ending} is not a format of export; end the name in .jsonl or .csv (with .gz: compressed)${NOT_WRITTEN.has(ending) ? '' : ', or give --format'}`,
    );
  }
  if (format !== undefined && formats !== undefined && !formats.some((one) => one === format)) {
    throw usageError(`--out: .${ending} contradicts --format ${format}; change one of the two`);
  }
  return { path, format: format ?? formats?.[0] ?? 'jsonl' };
}

/** In lower case and without `.gz`; empty: none. A dot at the beginning hides a file. */
function endingOf(path: string): string {
  const name = basename(path).toLowerCase().replace(/\.gz$/, '');
  return /[^.]\.([^.]*)$/.exec(name)?.[1] ?? '';
}
