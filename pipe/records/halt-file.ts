/**
 * The kill switch of a directory: a file with the reason. Any process may set it, whichever writes the records, and
 * every process sees it at its next look.
 */

import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchiveUnavailableError, describeError } from '../../logger/errors.ts';

const NAME = 'halted';

/** @returns null: not halted. @throws ArchiveUnavailableError: then nobody knows, and nothing may be sent. */
export async function readHalt(directory: string): Promise<string | null> {
  try {
    const reason = (await readFile(join(directory, NAME), 'utf8')).trim();
    return reason || 'no reason was given';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unavailable(directory, 'read', error);
  }
}

/** On disk when it resolves. @throws ArchiveUnavailableError */
export async function writeHalt(directory: string, reason: string | null): Promise<void> {
  const path = join(directory, NAME);
  try {
    if (reason === null) await rm(path, { force: true });
    else await replaceFile(path, `${reason.replaceAll(/\s+/g, ' ').trim()}\n`);
    await syncDirectory(directory);
  } catch (error) {
    throw unavailable(directory, 'written', error);
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A reader sees the old content or the new one, never a part. */
async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  const file = await open(temporary, 'w', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

function unavailable(directory: string, what: string, error: unknown): ArchiveUnavailableError {
  return new ArchiveUnavailableError(
    `Whether strategies are halted can't be ${what} in ${directory}: ${describeError(error)}`,
    { retryable: true, cause: error },
  );
}
