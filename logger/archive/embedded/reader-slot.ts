/**
 * LMDB identifies readers by process id, and two processes in different containers may have the same one:
 * the second finds its slot in the reader table locked. lmdb then retries for 10 seconds with this thread
 * blocked, and fails with an error that does not name the cause. Here it fails at once with one that does.
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
