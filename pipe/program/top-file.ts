/** Changes of tops as a Feather file: a row for each change of one venue, prices and sizes as exact integers. */

import { describeError } from '../../logger/errors.ts';
import { column } from '../../logger/files/column.ts';
import type { Column } from '../../logger/files/column.ts';
import type { Chunk } from '../../logger/files/chunk.ts';
import { writeFeather } from '../../logger/files/feather.ts';
import { PartFile } from '../../logger/files/part-file.ts';
import { rescale } from '../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import { finerScale } from '../../logger/market/scale.ts';
import { parseSecurity } from '../../logger/market/security.ts';
import { checkFree, fileError, linkTarget } from '../../manager-cli/export-sink.ts';
import { CliError } from '../../manager-cli/exit-codes.ts';
import type { Top } from '../top/top.ts';
import { notRecorded } from './past-lines.ts';
import type { VenueTop } from './past-lines.ts';

const SLICE_ROWS = 65_536;
const COLUMNS: readonly Column[] = [
  column('event_time', 'time'),
  column('pair', 'text'),
  column('venue', 'text'),
  column('symbol', 'text'),
  column('is_proven', 'bool'),
  column('top_bid?', 'price'),
  column('top_bid_quantity?', 'size'),
  column('top_ask?', 'price'),
  column('top_ask_quantity?', 'size'),
];

/** @throws CliError where nothing is recorded, or the file can't be written. */
export async function writeTopFile(path: string, tops: AsyncIterable<VenueTop>): Promise<void> {
  checkFree(path, false);
  const rows: VenueTop[] = [];
  for await (const row of tops) rows.push(row);
  const proven = rows.flatMap(({ top }) => (top === null ? [] : [top.scale]));
  const [first, ...rest] = proven;
  if (first === undefined) throw notRecorded();
  const scale = rest.reduce(finerScale, first);
  let part: PartFile | undefined;
  try {
    part = await PartFile.create(linkTarget(path));
    await writeFeather(fileOf(rows, scale), part);
    await part.complete();
    await part.commit();
  } catch (error) {
    await part?.discard();
    throw error instanceof CliError ? error : fileError(path, describeError(error));
  }
}

function fileOf(rows: readonly VenueTop[], scale: Scale): Parameters<typeof writeFeather>[0] {
  const metadata = {
    type: 'tops',
    clock: 'receive',
    price_scale: scale.priceExponent,
    size_scale: scale.sizeExponent,
  };
  const slices = [];
  for (let from = 0; from < rows.length; from += SLICE_ROWS) {
    const some = rows.slice(from, from + SLICE_ROWS);
    slices.push({ rows: some.length, read: async (at: number) => chunkOf(at, some, scale) });
  }
  return {
    columns: COLUMNS,
    scale: { ...scale, notionalExponent: 0 },
    rows: rows.length,
    slices,
    metadata: new Map(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
  };
}

function chunkOf(at: number, rows: readonly VenueTop[], scale: Scale): Chunk {
  switch (COLUMNS[at]?.name) {
    case 'event_time':
      return { kind: 'int64', values: BigInt64Array.from(rows, ({ atUs }) => BigInt(atUs)) };
    case 'pair':
      return texts(rows.map(({ venue }) => venue.pair));
    case 'venue':
      return texts(rows.map(({ venue }) => venue.name));
    case 'symbol':
      return texts(rows.map(({ venue }) => parseSecurity(venue.security).symbol));
    case 'is_proven':
      return { kind: 'bool', values: Uint8Array.from(rows, ({ top }) => (top === null ? 0 : 1)) };
    case 'top_bid':
      return integers(rows, scale, (top) => top.bidPrice, 'priceExponent');
    case 'top_bid_quantity':
      return integers(rows, scale, (top) => top.bidSize, 'sizeExponent');
    case 'top_ask':
      return integers(rows, scale, (top) => top.askPrice, 'priceExponent');
    default:
      return integers(rows, scale, (top) => top.askSize, 'sizeExponent');
  }
}

function integers(
  rows: readonly VenueTop[],
  scale: Scale,
  of: (top: Top) => ScaledInt | null,
  exponent: keyof Scale,
): Chunk {
  const values = new BigInt64Array(rows.length);
  const nulls = new Uint8Array(rows.length);
  for (const [row, { top }] of rows.entries()) {
    const value = top && of(top);
    if (top === null || value === null) nulls[row] = 1;
    else values[row] = BigInt(rescale(value, top.scale[exponent], scale[exponent]));
  }
  return { kind: 'int64', values, nulls };
}

function texts(all: readonly string[]): Chunk {
  const values = new Int32Array(all.length);
  let end = 0;
  for (const [row, text] of all.entries()) {
    end += Buffer.byteLength(text);
    values[row] = end;
  }
  return { kind: 'text', bytes: Buffer.from(all.join('')), start: 0, values };
}
