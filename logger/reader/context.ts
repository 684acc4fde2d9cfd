/** What every query of the reader works with, and the first check of each. */

import type { ArchiveReader, OpenGap } from '../archive/archive.ts';
import { UnknownSecurityError } from '../errors.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';
import type { KnownBlocks } from './known-blocks.ts';
import type { RecordLoader } from './record-loader.ts';

export interface ReaderContext {
  readonly archive: ArchiveReader;
  readonly records: RecordLoader;
  readonly known: KnownBlocks;
  readonly yieldToEventLoop: YieldToEventLoop;
  /** See `ReaderOptions`, as the next one. */
  readonly liveGap?: ((security: string) => OpenGap | null) | undefined;
  readonly hasConsecutiveTradeIds?: ((exchange: string) => boolean) | undefined;
}

/** @throws UnknownSecurityError */
export async function assertKnown({ archive }: ReaderContext, security: string): Promise<void> {
  if ((await archive.segmentStart(security, 0)) !== null) return;
  const securities = await archive.securities();
  if (securities.some((state) => state.security === security)) return;
  throw new UnknownSecurityError(`${security} was never recorded in this archive`, {
    context: { security },
  });
}
