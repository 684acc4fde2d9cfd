/**
 * Rows on their way to a file. The scale of a file, its optional columns and its counts are known only
 * behind the last row, so until then batches wait in a temporary file, column by column, compressed.
 */

import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { zstd } from '../codec/zstd-library.ts';
import { assertInvariant } from '../errors.ts';
import { finerScale } from '../market/scale.ts';
import { readChunk } from './chunk.ts';
import type { Chunk } from './chunk.ts';
import type { Column, FileScale } from './column.ts';
import { writeAt } from './part-file.ts';
import type { RowBatch } from './rows.ts';

/** The fastest: the bytes are read once more, and deleted. */
const PARAMETERS = { level: 1, minMatch: 7 };

interface StoredColumn {
  readonly at: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly hasNulls: boolean;
}

interface StoredBatch {
  readonly rows: number;
  readonly scale: FileScale;
  readonly columns: readonly StoredColumn[];
}

/** Some rows of one batch. */
export interface Slice {
  readonly rows: number;
  /** @param at the column's place among those that were spooled. */
  read(column: Column, at: number, scale: FileScale): Promise<Chunk>;
}

export class Spool {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #batches: StoredBatch[] = [];
  readonly #used = new Set<number>();
  #position = 0;
  #rows = 0;
  #scale: FileScale = { priceExponent: 0, sizeExponent: 0, notionalExponent: 0 };

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<Spool> {
    return new Spool(path, await open(path, 'wx+', 0o600));
  }

  get rows(): number {
    return this.#rows;
  }

  /** The finest of all rows. */
  get scale(): FileScale {
    return this.#scale;
  }

  /** Whether a column has a value in any row. */
  isUsed(at: number): boolean {
    return this.#used.has(at);
  }

  async append({ rows, scale, notionalExponent, columns }: RowBatch): Promise<void> {
    const stored: StoredColumn[] = [];
    const frames: Uint8Array[] = [];
    for (const [at, { bytes, hasNulls }] of columns.entries()) {
      const frame = zstd.compress(bytes, PARAMETERS);
      stored.push({ at: this.#position, storedBytes: frame.length, bytes: bytes.length, hasNulls });
      this.#position += frame.length;
      frames.push(frame);
      if (!this.#used.has(at) && !isAllNull(bytes, rows, hasNulls)) this.#used.add(at);
    }
    const bytes = Buffer.concat(frames);
    await writeAt(this.#file, bytes, this.#position - bytes.length);
    const finest = {
      ...finerScale(this.#scale, scale),
      notionalExponent: Math.max(notionalExponent, this.#scale.notionalExponent),
    };
    this.#scale = finest;
    this.#batches.push({ rows, scale: { ...scale, notionalExponent }, columns: stored });
    this.#rows += rows;
  }

  /** The rows from one place to another, batch by batch. */
  slices(from: number, to: number): Slice[] {
    const slices: Slice[] = [];
    let begin = 0;
    for (const batch of this.#batches) {
      const range = [Math.max(from - begin, 0), Math.min(to - begin, batch.rows)] as const;
      begin += batch.rows;
      if (range[0] >= range[1]) continue;
      slices.push({
        rows: range[1] - range[0],
        read: async (column, at, scale) => {
          const { hasNulls, ...place } = batch.columns[at] as StoredColumn;
          const stored = { bytes: await this.#read(place), rows: batch.rows, hasNulls };
          return readChunk(column, { ...stored, scale: batch.scale }, range, scale);
        },
      });
    }
    return slices;
  }

  async #read({ at, storedBytes, bytes }: Omit<StoredColumn, 'hasNulls'>): Promise<Uint8Array> {
    const frame = new Uint8Array(storedBytes);
    const { bytesRead } = await this.#file.read(frame, 0, storedBytes, at);
    const content = new Uint8Array(bytes);
    const isWhole = bytesRead === storedBytes && zstd.decompress(content, frame) === bytes;
    assertInvariant(isWhole, `The temporary file ${this.#path} was changed`);
    return content;
  }

  async remove(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

function isAllNull(bytes: Uint8Array, rows: number, hasNulls: boolean): boolean {
  return hasNulls && !bytes.subarray(0, rows).includes(0);
}
