/**
 * Items of an export to files with columns: rows are collected, spooled, and written when the last one is
 * known. Memory holds a few MiB of cells, whatever the range.
 */

import { LimitExceededError } from '../errors.ts';
import type { GapItem } from '../queries/items.ts';
import type { ExportQuery } from '../queries/queries.ts';
import type { ColumnFormat, ExportType } from '../queries/results.ts';
import { DEFAULT_COLUMN_DEPTH, DEFAULT_EVERY_US } from '../queries/validate.ts';
import { withFloats } from './column.ts';
import type { Column, FileScale } from './column.ts';
import type { ColumnFile, FileEncoder } from './column-file.ts';
import { eventTable } from './event-table.ts';
import { GapLog } from './gap-log.ts';
import { orderTable } from './order-table.ts';
import { PartFile, partOf, syncFolderOf } from './part-file.ts';
import { Rows } from './rows.ts';
import { Spool } from './spool.ts';
import type { FileItem, Table } from './table.ts';
import { tableOf } from './tables.ts';

const FORMAT_VERSION = '1';
/** Their numbers have five digits, by which the names are in order and known as those of an export. */
const MAX_FILES = 99_999;

export interface FilesOptions {
  readonly query: Omit<ExportQuery, 'format'>;
  readonly format: ColumnFormat;
  /** The file, or what the names of several begin and end with. */
  readonly path: string;
  /** Absent: one file. */
  readonly rowsPerFile?: number | undefined;
  readonly hasFloats: boolean;
  /** Its name and version, for the metadata. */
  readonly program: string;
}

/** Progress, and the last moment to cancel. */
export interface FilesListener {
  readonly onRows: (rows: number) => void;
  readonly onGap: (gap: GapItem) => void;
  /** Every file is complete and none has its name yet. @throws to write none of them. */
  readonly beforeCommit: (paths: readonly string[]) => void;
}

export interface FilesResult {
  readonly paths: readonly string[];
  readonly rows: number;
  readonly gaps: number;
}

/** @throws LimitExceededError for a value that the format can't hold. Each file is complete or absent. */
export async function writeFiles(
  items: AsyncIterable<FileItem | GapItem>,
  options: FilesOptions,
  listener: FilesListener,
): Promise<FilesResult> {
  const { query, path } = options;
  const isEvents = isEventArray(query.type, options.format);
  const encode = isEvents
    ? (await import('./npz-events.ts')).writeEvents
    : await encoderOf(options.format);
  const table = isEvents
    ? eventsOf(query.type)
    : tableOf(query.type, {
        depth: query.depth ?? DEFAULT_COLUMN_DEPTH,
        hasFeatures: query.features === true,
      });
  const columns = options.hasFloats ? withFloats(table.columns) : table.columns;
  const spool = await Spool.create(`${partOf(path)}.rows`);
  const files: PartFile[] = [];
  try {
    const log = new GapLog();
    await collect(items, { table, rows: new Rows(table.columns, columns), spool, log, listener });
    for (const file of filesOf({ options, columns, spool, log })) {
      const part = await PartFile.create(file.path);
      files.push(part);
      await encode(file, part);
      await part.complete();
    }
    const paths = files.map((file) => file.path);
    listener.beforeCommit(paths);
    for (const file of files) await file.commit();
    await syncFolderOf(path);
    return { paths, rows: spool.rows, gaps: log.gaps };
  } finally {
    for (const file of files) await file.discard();
    await spool.remove();
  }
}

/** Changes and orders as npz are the event array of hftbacktest. */
export function isEventArray(type: ExportType, format: ColumnFormat): boolean {
  return format === 'npz' && (type === 'incremental' || type === 'orders');
}

function eventsOf(type: ExportType): Table {
  return type === 'orders' ? orderTable() : eventTable();
}

/** Loaded when it is needed: the libraries take a while. */
async function encoderOf(format: ColumnFormat): Promise<FileEncoder> {
  switch (format) {
    case 'parquet':
      return (await import('./parquet.ts')).writeParquet;
    case 'feather':
      return (await import('./feather.ts')).writeFeather;
    case 'npz':
      return (await import('./npz.ts')).writeNpz;
  }
}

interface Collecting {
  readonly table: Table;
  readonly rows: Rows;
  readonly spool: Spool;
  readonly log: GapLog;
  readonly listener: FilesListener;
}

async function collect(
  items: AsyncIterable<FileItem | GapItem>,
  { table, rows, spool, log, listener }: Collecting,
): Promise<void> {
  for await (const item of items) {
    if (item.type === 'gap') {
      table.gap?.(item, rows);
      log.addGap(item, spool.rows + rows.count);
      listener.onGap(item);
      continue;
    }
    const row = spool.rows + rows.count;
    if (rows.mustTake(item.scale)) await spool.append(rows.take());
    rows.useScale(item.scale);
    table.write(item, rows, log.segmentAt(row, 'segment' in item ? item.segment : undefined));
    listener.onRows(row);
  }
  table.finish?.(rows);
  if (rows.count > 0) await spool.append(rows.take());
}

interface Spooled {
  readonly options: FilesOptions;
  readonly columns: readonly Column[];
  readonly spool: Spool;
  readonly log: GapLog;
}

function* filesOf({
  options,
  columns,
  spool,
  log,
}: Spooled): Generator<ColumnFile & { readonly path: string }> {
  const { path, rowsPerFile } = options;
  const rowsOfOne = rowsPerFile ?? Math.max(1, spool.rows);
  const files = Math.max(1, Math.ceil(spool.rows / rowsOfOne));
  if (files > MAX_FILES) {
    throw new LimitExceededError(
      `${files} files: an export has ${MAX_FILES} at most; give a larger --rows-per-file`,
    );
  }
  const { scale } = spool;
  const used = columns.flatMap((column, at) =>
    column.isOptional && !spool.isUsed(at) ? [] : [{ column, at }],
  );
  for (let file = 1; file <= files; file++) {
    const from = (file - 1) * rowsOfOne;
    const to = Math.min(spool.rows, from + rowsOfOne);
    const places = { ...log.metadataOf(from, to, file === files), rows: to - from, file, files };
    yield {
      path: rowsPerFile === undefined ? path : numberedPath(path, file),
      columns: used.map(({ column }) => column),
      scale,
      rows: to - from,
      slices: spool.slices(from, to).map((slice) => ({
        rows: slice.rows,
        read: (place) => {
          const { column, at } = used[place] as (typeof used)[number];
          return slice.read(column, at, scale);
        },
      })),
      metadata: metadataOf(options, scale, places),
    };
  }
}

/** `book.parquet`: `book-00001.parquet`. */
export function numberedPath(path: string, file: number): string {
  const dot = path.lastIndexOf('.');
  return `${path.slice(0, dot)}-${String(file).padStart(5, '0')}${path.slice(dot)}`;
}

function metadataOf(
  { query, hasFloats, program }: FilesOptions,
  scale: FileScale,
  places: Readonly<Record<string, string | number>>,
): Map<string, string> {
  const { type, clock, everyUs, depth, timeframe, fromUs, toUs } = query;
  const ofSnapshots = {
    every_us: everyUs ?? DEFAULT_EVERY_US,
    depth: depth ?? DEFAULT_COLUMN_DEPTH,
  };
  const values = {
    format_version: FORMAT_VERSION,
    program,
    security: query.security,
    type,
    clock: type === 'candles' ? 'exchange' : (clock ?? 'receive'),
    price_scale: scale.priceExponent,
    size_scale: scale.sizeExponent,
    notional_scale: scale.notionalExponent,
    floats: hasFloats,
    from_us: fromUs ?? '',
    to_us: toUs ?? '',
    ...(type === 'snapshots' && ofSnapshots),
    ...(type === 'candles' && { timeframe: timeframe ?? '' }),
    ...places,
  };
  return new Map(Object.entries(values).map(([key, value]) => [key, String(value)]));
}
