/** The collaborators of a security's recorder. */

import type { Archive } from '../archive/archive.ts';
import type { LiveFeeds } from '../live/feeds.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Leases } from '../archive/leases.ts';
import type { Recovered } from './recovery.ts';
import type { SegmentDeps } from './segment.ts';
import type { WriteQueue } from './write-queue.ts';

export interface RecorderDeps extends SegmentDeps {
  readonly archive: Archive;
  readonly queue: WriteQueue;
  readonly liveFeeds: LiveFeeds;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Program and version, stamped on each record. */
  readonly writer: string;
  /** Called when it is known what an earlier process left. */
  readonly onRecovered?: ((recovered: Recovered) => void) | undefined;
  /** Called with a bug: the process has to end. */
  readonly onFatal: (error: unknown) => void;
  /** Claimed before anything is recorded, where other loggers write to the same store. */
  readonly leases?: Leases | undefined;
  /** Numbers a new segment; default: one more than the last. */
  readonly nextEpoch?: ((lastEpoch: number, provenUs: number) => number) | undefined;
}
