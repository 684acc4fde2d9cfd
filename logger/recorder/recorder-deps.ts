/** What a security's recorder is given. */

import type { Archive } from '../archive/archive.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { SegmentParts } from './segment.ts';
import type { Leases } from './leases.ts';
import type { RecordCheck } from './check/record-check.ts';
import type { Recovered } from './recovery.ts';
import type { WriteQueue } from './write-queue.ts';

export interface RecorderDeps extends SegmentParts {
  readonly archive: Archive;
  readonly queue: WriteQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly writer: string;
  /** Phase or top of book may have changed. */
  readonly onChange: (security: string) => void;
  /** What an earlier life left is known. */
  readonly onRecovered?: ((recovered: Recovered) => void) | undefined;
  /** A bug: the process has to end. */
  readonly onFatal: (error: unknown) => void;
  /** Asked before anything is recorded, where other loggers write to the same store. */
  readonly leases?: Leases | undefined;
  /** Holds images against the records before them. */
  readonly recordCheck: RecordCheck;
  /** Numbers a new segment; default: one more than the last. */
  readonly nextEpoch?: ((lastEpoch: number, provenUs: number) => number) | undefined;
}
