/** What every question of the reader works with, and the first check of each. */

import type { ArchiveReader, OpenGap } from '../archive/archive.ts';
import { UnknownSecurityError } from '../errors.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';
import type { RecordLoader } from './record-loader.ts';

export interface ReaderContext {
  readonly archive: ArchiveReader;
  readonly records: RecordLoader;
  readonly yieldToEventLoop: YieldToEventLoop;
  /** What who records it knows of the hole after its last segment, before any record can say so. */
  readonly liveGap?: ((security: string) => OpenGap | null) | undefined;
  /** See `ReaderOptions`. */
  readonly hasConsecutiveTradeIds?: ((exchange: string) => boolean) | undefined;
  /** Where the range begins and ends that is asked about; absent: it takes whatever is recorded. */
  readonly rangeStartUs?: number | undefined;
  readonly rangeEndUs?: number | undefined;
}

/** @throws UnknownSecurityError */
export async function assertKnown(context: ReaderContext, security: string): Promise<void> {
  const { archive } = context;
  if ((await archive.segmentStart(security, 0)) !== null) return;
  const securities = await archive.securities();
  if (securities.some((state) => state.security === security)) return;
  throw new UnknownSecurityError(`${security} was never recorded in this archive`, {
    context: { security },
  });
}
