/** npz of numpy: a zip file with an array for each column. numpy has no nulls: see `sentinel`. */

import { int64Sums } from './chunk.ts';
import type { Chunk } from './chunk.ts';
import type { Column } from './column.ts';
import type { ColumnFile, FileOutput } from './column-file.ts';
import { npyHeader } from './npy.ts';
import { longestText } from './texts.ts';
import { ZipWriter } from './zip.ts';

const NULL_INT32 = -(2 ** 31);
const NULL_INT64 = -(2n ** 63n);

export async function writeNpz(file: ColumnFile, output: FileOutput): Promise<void> {
  const zip = new ZipWriter(output);
  await writeMetadata(file, zip);
  for (const [at, column] of file.columns.entries()) {
    const width = column.type === 'text' ? await widthOf(file, at) : 0;
    await zip.begin(`${column.name}.npy`);
    await zip.write(npyHeader(dtypeOf(column, width), [file.rows]));
    for (const slice of file.slices) {
      const chunk = int64Sums(column, await slice.read(at), file.scale);
      await zip.write(bytesOf(chunk, width));
    }
    await zip.end();
  }
  await zip.finish();
}

/** JSON of one object, as bytes: an array without dimensions. */
export async function writeMetadata({ metadata }: ColumnFile, zip: ZipWriter): Promise<void> {
  const text = Buffer.from(JSON.stringify(Object.fromEntries(metadata)));
  await zip.begin('metadata.npy');
  await zip.write(npyHeader(`'|S${text.length}'`, []));
  await zip.write(text);
  await zip.end();
}

/** numpy has no text of no width. */
async function widthOf({ slices }: ColumnFile, at: number): Promise<number> {
  let width = 1;
  for (const slice of slices) {
    const chunk = await slice.read(at);
    if (chunk.kind === 'text') width = Math.max(width, longestText(chunk));
  }
  return width;
}

function dtypeOf({ type }: Column, width: number): string {
  switch (type) {
    case 'bool':
      return "'|b1'";
    case 'int32':
      return "'<i4'";
    case 'int64':
    case 'price':
    case 'size':
    case 'volume':
    case 'notional':
      return "'<i8'";
    case 'time':
      return "'<M8[us]'";
    case 'double':
      return "'<f8'";
    case 'text':
      return `'|S${width}'`;
  }
}

function bytesOf(chunk: Chunk, width: number): Uint8Array {
  const { nulls } = chunk;
  switch (chunk.kind) {
    case 'int32':
      return viewOf(marked(chunk.values, nulls, NULL_INT32));
    case 'int64':
      return viewOf(marked(chunk.values, nulls, NULL_INT64));
    case 'text': {
      const bytes = new Uint8Array(chunk.values.length * width);
      let from = chunk.start;
      for (const [row, to] of chunk.values.entries()) {
        bytes.set(chunk.bytes.subarray(from, to), row * width);
        from = to;
      }
      return bytes;
    }
    // A null double is NaN already, and a column of booleans has no nulls.
    case 'bool':
    case 'double':
      return viewOf(chunk.values);
    case 'sum':
      return viewOf(BigInt64Array.from(chunk.values));
  }
}

/** With the smallest value of the type in the place of nulls. */
function marked<Values extends Int32Array | BigInt64Array>(
  values: Values,
  nulls: Uint8Array | undefined,
  mark: Values[number],
): Values {
  if (nulls !== undefined) {
    for (let row = 0; row < nulls.length; row++) if (nulls[row] === 1) values[row] = mark;
  }
  return values;
}

function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
