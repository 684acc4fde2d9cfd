/** What a security's recorder is given. */

import type { Archive } from '../archive/archive.ts';
import type { Clock } from '../service/clock.ts';
import type { Log } from '../service/log.ts';
import type { Random } from '../service/random.ts';
import type { ChainParts } from './chain.ts';
import type { Owners } from './owners.ts';
import type { RecordCheck } from './record-check.ts';
import type { Recovered } from './recovery.ts';
import type { WriteQueue } from './write-queue.ts';

export interface RecorderParts extends ChainParts {
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
  readonly owners?: Owners | undefined;
  /** Holds images against the records before them. */
  readonly recordCheck: RecordCheck;
  /** Numbers a new chain; default: one more than the last. */
  readonly nextEpoch?: ((lastEpoch: number, provenUs: number) => number) | undefined;
}
