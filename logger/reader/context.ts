/** What every question of the reader works with, and the first check of each. */

import type { ArchiveReader } from '../archive/archive.ts';
import { UnknownSecurityError } from '../errors.ts';
import type { RecordLoader } from './record-loader.ts';

export interface ReaderContext {
  readonly archive: ArchiveReader;
  readonly records: RecordLoader;
}

/** @throws UnknownSecurityError */
export async function assertKnown(context: ReaderContext, security: string): Promise<void> {
  const { archive } = context;
  if ((await archive.chainStart(security, 0)) !== null) return;
  const securities = await archive.securities();
  if (securities.some((state) => state.security === security)) return;
  throw new UnknownSecurityError(`${security} was never recorded in this archive`, {
    context: { security },
  });
}
