/** The port to formats with columns: the whole of a file is known before its first byte is written. */

import type { Chunk } from './chunk.ts';
import type { Column, FileScale } from './column.ts';

/** Bytes of one file, in order. */
export interface FileOutput {
  readonly position: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Replaces bytes that were written. */
  patch(at: number, bytes: Uint8Array): Promise<void>;
}

/** Some of a file's rows, as many as fit into memory; columns are read one by one. */
export interface FileRows {
  readonly rows: number;
  /** @param at place of the column in `columns`. */
  read(at: number): Promise<Chunk>;
}

export interface ColumnFile {
  readonly columns: readonly Column[];
  readonly scale: FileScale;
  readonly rows: number;
  readonly slices: readonly FileRows[];
  readonly metadata: ReadonlyMap<string, string>;
}

export type FileEncoder = (file: ColumnFile, output: FileOutput) => Promise<void>;
