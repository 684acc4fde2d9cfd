/**
 * LMDB tells the processes that read apart by their ids, and two in different containers may have the same
 * one: the second finds its place in the table of readers locked. lmdb then tries again for 10 seconds with
 * this thread blocked, and fails for a reason that does not tell. Here it fails at once, and tells.
 */

import { ArchiveInUseError } from '../../errors.ts';

/**
 * @param open opens the archive and reads, synchronously.
 * @throws ArchiveInUseError; as `open`.
 */
export function withOwnReaderSlot<T>(directory: string, open: () => T): T {
  const { wait } = Atomics;
  // What lmdb calls between its attempts, and nothing else does before `open` returns.
  Atomics.wait = () => {
    throw new ArchiveInUseError(
      `Another process with the id ${process.pid}, in another container, has the archive in ${directory} open: run this in that container (docker exec), or let both see the same process ids (docker run --pid=container:…)`,
      { context: { directory, pid: process.pid } },
    );
  };
  try {
    return open();
  } finally {
    Atomics.wait = wait;
  }
}
