/** The embedded archive: the contract of all archives. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { pruneAll } from './archive-under-test.ts';
import { archiveContract } from './contract.ts';

archiveContract('embedded archive', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'archive-'));
  const open: Spool[] = [];
  const opened = async (readOnly = false): Promise<Spool> => {
    const archive = await openSpool({ directory, readOnly });
    open.push(archive);
    return archive;
  };
  const archive = await opened();
  return {
    archive,
    prune: (state, beforeUs) => pruneAll(archive, state, beforeUs),
    openReader: () => opened(true),
    reopen: async () => {
      await archive.close();
      return opened();
    },
    dispose: async () => {
      for (const each of open) await each.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});
