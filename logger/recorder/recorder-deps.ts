/** The collaborators of a security's recorder. */

import type { Leases } from '../archive/leases.ts';
import type { Instrument } from '../exchange/exchange.ts';
import type { LiveFeeds } from '../live/feeds.ts';
import type { Random } from '../runtime/random.ts';
import type { ProofTurns } from './proof/proof-turns.ts';
import type { Recovered } from './segment/recovery.ts';
import type { CommonWriterDeps } from './segment/segment-writer.ts';

export interface RecorderDeps extends CommonWriterDeps {
  readonly liveFeeds: LiveFeeds;
  readonly random: Random;
  /** Shared by all recorders. Default: none waits for another. */
  readonly proofTurns?: Pick<ProofTurns, 'next'> | undefined;
  /** Claimed before anything is recorded, where other loggers write to the same store. */
  readonly leases?: Leases | undefined;
  /** Called with what an exchange says of a security as a product, each time that it does. */
  readonly keepInstrument?: ((security: string, instrument: Instrument) => void) | undefined;
  /** Called when it is known what an earlier process left. */
  readonly onRecovered?: ((recovered: Recovered) => void) | undefined;
  /** Called with a bug: the process has to end. */
  readonly onFatal: (error: unknown) => void;
}
