/** The embedded archive: the contract of all archives. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Archive } from '../../logger/archive/archive.ts';
import { archiveContract } from './contract.ts';

archiveContract(
  'embedded archive',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'archive-'));
    const open: Archive[] = [];
    const opened = async (readOnly = false): Promise<Archive> => {
      const archive = await openEmbeddedArchive({ directory, readOnly });
      open.push(archive);
      return archive;
    };
    const archive = await opened();
    return {
      archive,
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
  },
  { keepsCandles: true },
);
