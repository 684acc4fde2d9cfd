/** An embedded archive as the target of a copy: each batch is one commit. */

import { DuplicateRecordError } from '../../errors.ts';
import type { Archive, Write } from '../archive.ts';
import type { RecordBatch } from '../batch.ts';
import type { RecordTarget, SecurityDocument } from '../target.ts';
import type { CopyTarget } from './copy-types.ts';

export function embeddedTarget(archive: Archive): CopyTarget {
  return { archive, writer: new EmbeddedTarget(archive), close: () => archive.close() };
}

class EmbeddedTarget implements RecordTarget {
  readonly #archive: Archive;

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  get instruments(): Archive['instruments'] {
    return this.#archive.instruments;
  }

  async write(batches: readonly RecordBatch[]): Promise<ReadonlyMap<string, DuplicateRecordError>> {
    const conflicts = new Map<string, DuplicateRecordError>();
    for (const batch of batches) {
      if (conflicts.has(batch.security)) continue;
      try {
        await this.#archive.commit(writesOf(batch));
      } catch (error) {
        if (!(error instanceof DuplicateRecordError)) throw error;
        conflicts.set(batch.security, error);
      }
    }
    return conflicts;
  }

  /** Totals are not written: an embedded archive counts for itself. */
  async writeSecurities(documents: readonly SecurityDocument[]): Promise<void> {
    await this.#archive.commit(documents.flatMap(securityWrites));
  }
}

/** Gaps go in the commit of their segment's first image, which closes the open gap. */
function writesOf({ gaps, images, blocks }: RecordBatch): Write[] {
  return [
    ...images.map((record): Write => ({ type: 'image', record })),
    ...gaps.map((record): Write => ({ type: 'gap', record })),
    ...blocks.map((record): Write => ({ type: 'block', record })),
  ];
}

function securityWrites({ state, end }: SecurityDocument): Write[] {
  const { security } = state;
  const writes: Write[] = [{ type: 'security', state }];
  if (end?.mark) {
    const { epoch, us } = end.mark;
    writes.push({ type: 'mark', security, epoch, aliveUntilUs: us });
  }
  if (end?.openGap) writes.push({ type: 'open-gap', security, gap: end.openGap });
  return writes;
}
