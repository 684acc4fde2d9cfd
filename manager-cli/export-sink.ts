/**
 * The target of an export: stdout, or a file that appears under its name only when it is complete. Both
 * apply backpressure to the logger.
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
  /** Call it when everything is written. */
  commit(): Promise<void>;
  /** Call it on failure: removes the partial file. Does nothing after `commit`. */
  discard(): Promise<void>;
}

export function stdoutSink(out: Output): ExportSink {
  return {
    write: (chunk) => out.write(chunk),
    commit: async () => {},
    discard: async () => {},
  };
}

export function fileError(path: string, error: unknown): CliError {
  return new CliError(EXIT.failed, `--out ${path}: can't be written: ${describeError(error)}`);
}

/**
 * @throws CliError when the file exists and may not be replaced, when its directory does not exist, and for
 *   a directory, a device or a pipe.
 */
export function checkFree(path: string, mayReplace: boolean): void {
  if (!existsSync(dirname(path))) {
    throw new CliError(
      EXIT.failed,
      `--out ${path}: there is no directory ${dirname(path)}; create it first`,
    );
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) {
    throw new CliError(
      EXIT.failed,
      `--out ${path}: exists and is not a file; name a file, or omit --out and redirect stdout`,
    );
  }
  if (mayReplace) return;
  throw new CliError(EXIT.failed, `--out ${path}: already exists; give --force to replace it`);
}

/** Follows links: a link stays, and the file that it points to is replaced. */
export function linkTarget(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
}

/**
 * Compresses if the name ends in `.gz`. The bytes are on disk (fsync) before the file gets its name.
 * @throws CliError
 */
export async function fileSink(path: string, mayReplace: boolean): Promise<ExportSink> {
  checkFree(path, mayReplace);
  const target = linkTarget(path);
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
  const input: Writable = gzip ?? file;
  gzip?.pipe(file);
  let isCommitted = false;

  async function write(chunk: string | Uint8Array): Promise<void> {
    if (failure !== undefined) throw fileError(path, failure);
    if (input.write(chunk)) return;
    // Removes the listeners of this wait, or they would pile up.
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      await Promise.race([once(input, 'drain', { signal }), once(file, 'close', { signal })]);
    } catch (error) {
      throw fileError(path, failure ?? error);
    } finally {
      waiting.abort();
    }
    if (failure !== undefined) throw fileError(path, failure);
  }

  async function commit(): Promise<void> {
    try {
      input.end();
      await finished(file);
      await syncToDisk(temporary);
      checkFree(path, mayReplace);
      await rename(temporary, target);
      isCommitted = true;
      await syncToDisk(dirname(target));
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

async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
