/**
 * The port to what an archive keeps of instruments: what is traded for what, and in which steps, as the
 * exchange said it, each time that it said something else. The key is the security and the time.
 */

import type { InstrumentFacts } from '../market/instrument.ts';

export interface KeptInstrument {
  readonly security: string;
  /** Receive time from which on the exchange has said so, as far as it was asked. */
  readonly fromUs: number;
  readonly facts: InstrumentFacts;
}

export interface InstrumentReader {
  /** All of a security's, in order of time; the last is the present one. */
  history(security: string): Promise<readonly KeptInstrument[]>;
}

export interface InstrumentStore extends InstrumentReader {
  /** What is there already stays. Can be repeated. @throws ArchiveFullError, ArchiveUnavailableError */
  put(batch: readonly KeptInstrument[]): Promise<void>;
}
