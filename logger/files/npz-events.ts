/** The event array of hftbacktest: `data` in an npz file, of its `event_dtype`, times in nanoseconds. */

import { assertInvariant } from '../errors.ts';
import type { Chunk } from './chunk.ts';
import type { ColumnFile, FileOutput, FileRows } from './column-file.ts';
import { npyHeader } from './npy.ts';
import { writeMetadata } from './npz.ts';
import { ZipWriter } from './zip.ts';

const DTYPE = `[${[
  "'ev', '<u8'",
  "'exch_ts', '<i8'",
  "'local_ts', '<i8'",
  "'px', '<f8'",
  "'qty', '<f8'",
  "'order_id', '<u8'",
  "'ival', '<i8'",
  "'fval', '<f8'",
]
  .map((field) => `(${field})`)
  .join(', ')}]`;
/** Eight fields of eight bytes. */
const FIELDS = 8;
const NS_PER_US = 1000n;

export async function writeEvents(file: ColumnFile, output: FileOutput): Promise<void> {
  const zip = new ZipWriter(output);
  await zip.begin('data.npy');
  await zip.write(npyHeader(DTYPE, [file.rows]));
  const shiftUs = await localShiftUs(file);
  for (const slice of file.slices) await zip.write(await rowsOf(slice, shiftUs));
  await zip.end();
  const metadata = new Map([...file.metadata, ['local_shift_ns', String(shiftUs * NS_PER_US)]]);
  await writeMetadata({ ...file, metadata }, zip);
  await zip.finish();
}

/**
 * Nothing is received before it was sent: where the clocks say so, all receive times are later by as much, as
 * hftbacktest's own converters have it (`correct_local_timestamp`).
 */
async function localShiftUs({ slices }: ColumnFile): Promise<bigint> {
  let shiftUs = 0n;
  for (const slice of slices) {
    const exchange = integersOf(await slice.read(1));
    const local = integersOf(await slice.read(2));
    for (let row = 0; row < slice.rows; row++) {
      const earlyUs = (exchange[row] as bigint) - (local[row] as bigint);
      if (earlyUs > shiftUs) shiftUs = earlyUs;
    }
  }
  return shiftUs;
}

async function rowsOf(slice: FileRows, shiftUs: bigint): Promise<Uint8Array> {
  const bytes = new ArrayBuffer(8 * FIELDS * slice.rows);
  const integers = new BigInt64Array(bytes);
  const doubles = new Float64Array(bytes);
  const [flags, exchange, local] = [
    integersOf(await slice.read(0)),
    integersOf(await slice.read(1)),
    integersOf(await slice.read(2)),
  ];
  const [prices, sizes] = [doublesOf(await slice.read(3)), doublesOf(await slice.read(4))];
  const orders = integersOf(await slice.read(5));
  for (let row = 0; row < slice.rows; row++) {
    const at = FIELDS * row;
    integers[at] = flags[row] as bigint;
    integers[at + 1] = (exchange[row] as bigint) * NS_PER_US;
    integers[at + 2] = ((local[row] as bigint) + shiftUs) * NS_PER_US;
    doubles[at + 3] = prices[row] as number;
    doubles[at + 4] = sizes[row] as number;
    integers[at + 5] = orders[row] as bigint;
  }
  return new Uint8Array(bytes);
}

function integersOf(chunk: Chunk): BigInt64Array {
  assertInvariant(chunk.kind === 'int64', 'A column of events is no integer');
  return chunk.values;
}

function doublesOf(chunk: Chunk): Float64Array {
  assertInvariant(chunk.kind === 'double', 'A column of events is no double');
  return chunk.values;
}
