/** A file that appears under its name when it is complete, and on disk (fsync), or not at all. */

import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileOutput } from './column-file.ts';

/** Small pieces are written together. */
const MAX_WAITING_BYTES = 2 ** 20;

export class PartFile implements FileOutput {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #position = 0;
  #isOpen = true;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  static async create(path: string): Promise<PartFile> {
    const temporary = partOf(path);
    return new PartFile(path, temporary, await open(temporary, 'wx', 0o644));
  }

  get position(): number {
    return this.#position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    // The caller may use its buffer again.
    this.#waiting.push(Uint8Array.from(bytes));
    this.#waitingBytes += bytes.length;
    this.#position += bytes.length;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) await this.#flush();
  }

  async patch(at: number, bytes: Uint8Array): Promise<void> {
    await this.#flush();
    await writeAt(this.#file, bytes, at);
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    await writeAt(this.#file, bytes, this.#position - bytes.length);
  }

  /** All bytes are on disk, still under another name. */
  async complete(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
    await this.#close();
  }

  /** Call it when it is complete. */
  async commit(): Promise<void> {
    await rename(this.#temporary, this.path);
  }

  /** Call it on failure; after `commit` there is nothing to remove. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#temporary, { force: true });
  }

  async #close(): Promise<void> {
    if (this.#isOpen) await this.#file.close();
    this.#isOpen = false;
  }
}

/** The names of files in it are on disk. */
export async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A name beside a file that belongs to this process. */
export function partOf(path: string): string {
  return `${path}.${process.pid}.part`;
}

export async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let written = 0;
  // A call may write a part only.
  while (written < bytes.length) {
    const rest = bytes.length - written;
    written += (await file.write(bytes, written, rest, at + written)).bytesWritten;
  }
}
