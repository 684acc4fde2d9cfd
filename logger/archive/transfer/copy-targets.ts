/** The two kinds of archives that records can be copied to. */

import { DuplicateRecordError } from '../../errors.ts';
import type { Archive, ArchiveReader, Write } from '../archive.ts';
import type { CopyTarget } from './copy.ts';
import type { Store } from './replicator.ts';

/** A directory, opened for writing: each shipment is one commit. */
export function embeddedTarget(archive: Archive): CopyTarget {
  return {
    archive,
    write: async ({ gaps, images, blocks }) => {
      try {
        await archive.commit([
          ...images.map((record): Write => ({ type: 'image', record })),
          // In the commit of its segment's image, so that the open gap closes with it.
          ...gaps.map((record): Write => ({ type: 'gap', record })),
          ...blocks.map((record): Write => ({ type: 'block', record })),
        ]);
        return null;
      } catch (error) {
        if (error instanceof DuplicateRecordError) return error;
        throw error;
      }
    },
    // It keeps its totals itself.
    describe: async ({ state, end }) => {
      const { security } = state;
      const writes: Write[] = [{ type: 'security', state }];
      if (end?.mark) {
        const { epoch, us } = end.mark;
        writes.push({ type: 'mark', security, epoch, aliveUntilUs: us });
      }
      if (end?.openGap) writes.push({ type: 'open-gap', security, gap: end.openGap });
      await archive.commit(writes);
    },
    close: () => archive.close(),
  };
}

/** A database, whose collections are there. Closing the reader closes the connection of both. */
export function storeTarget(archive: ArchiveReader, store: Store): CopyTarget {
  return {
    archive,
    write: async (shipment) => (await store.write([shipment])).get(shipment.security) ?? null,
    describe: (document) => store.writeSecurities([document]),
    close: () => archive.close(),
  };
}
