/**
 * Where an export goes: stdout, or a file that appears under its name only when it is complete.
 * Both take as much as they can and make the logger wait for the rest.
 */

import { createWriteStream, existsSync, realpathSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { describeError } from '../logger/errors.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { Output } from './output.ts';

export interface ExportSink {
  /** Resolves when there is room for more. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** All was written. */
  commit(): Promise<void>;
  /** It failed; leaves nothing behind. Harmless after `commit`. */
  discard(): Promise<void>;
}

export function stdoutSink(out: Output): ExportSink {
  return {
    write: (chunk) => out.write(chunk),
    commit: async () => {},
    discard: async () => {},
  };
}

function fileError(path: string, error: unknown): CliError {
  return new CliError(EXIT.failed, `--out ${path}: can't be written: ${describeError(error)}`);
}

/**
 * @throws CliError when a file of that name is there and may not be replaced, when there is no place
 *   for it, and for a directory, a device or a pipe, which nobody wants replaced by a file.
 */
export function checkFree(path: string, mayReplace: boolean): void {
  if (!existsSync(dirname(path))) {
    throw new CliError(
      EXIT.failed,
      `--out ${path}: there is no directory ${dirname(path)}; make it first`,
    );
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) {
    throw new CliError(
      EXIT.failed,
      `--out ${path}: is there and no file; name a file, or leave --out away and redirect stdout`,
    );
  }
  if (mayReplace) return;
  throw new CliError(EXIT.failed, `--out ${path}: is there already; give --force to replace it`);
}

/** Where a link leads: it stays one, and the file behind it is replaced. */
function behindLinks(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
}

/**
 * A name ending in `.gz` is compressed. The bytes are on the disk before the file gets its name.
 * @throws CliError
 */
export async function fileSink(path: string, mayReplace: boolean): Promise<ExportSink> {
  checkFree(path, mayReplace);
  const target = behindLinks(path);
  const temporary = `${target}.${process.pid}.part`;
  const file = createWriteStream(temporary, { flags: 'wx', mode: 0o644 });
  let failure: unknown;
  file.on('error', (error) => {
    failure = error;
  });
  await once(file, 'open').catch((error: unknown) => {
    throw fileError(path, error);
  });
  const gzip = path.endsWith('.gz') ? createGzip() : undefined;
  const entrance: Writable = gzip ?? file;
  gzip?.pipe(file);
  let isCommitted = false;

  async function write(chunk: string | Uint8Array): Promise<void> {
    if (failure !== undefined) throw fileError(path, failure);
    if (entrance.write(chunk)) return;
    // One wait at a time: what is left over of it goes, or listeners would pile up.
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      await Promise.race([once(entrance, 'drain', { signal }), once(file, 'close', { signal })]);
    } catch (error) {
      throw fileError(path, failure ?? error);
    } finally {
      waiting.abort();
    }
    if (failure !== undefined) throw fileError(path, failure);
  }

  async function commit(): Promise<void> {
    try {
      entrance.end();
      await finished(file);
      await flushed(temporary);
      checkFree(path, mayReplace);
      await rename(temporary, target);
      isCommitted = true;
      await flushed(dirname(target));
    } catch (error) {
      throw error instanceof CliError ? error : fileError(path, error);
    }
  }

  async function discard(): Promise<void> {
    if (isCommitted) return;
    gzip?.destroy();
    file.destroy();
    await rm(temporary, { force: true });
  }

  return { write, commit, discard };
}

async function flushed(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
