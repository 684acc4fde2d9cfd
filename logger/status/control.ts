/**
 * Commands and queries that the manager port has for a running logger; archives are read elsewhere.
 * Types only: the manager imports no recorder.
 */

import type { LiveSource } from '../live/feeds.ts';
import type { InstrumentFacts } from '../market/instrument.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import type { HealthStatus } from './health-status.ts';
import type { RecordingState, SecurityStatus } from './security-status.ts';

export interface CommandResult {
  readonly security: string;
  readonly ok: boolean;
  readonly state: RecordingState | 'removed' | null;
  readonly message: string | null;
}

/** A security as a product. */
export interface KnownInstrument {
  readonly security: string;
  readonly facts: InstrumentFacts;
}

/** Options of a book. */
export interface BookView {
  /** Prices per side; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. */
  readonly level?: 'L2' | undefined;
}

export interface LoggerControl {
  /** When the process started, receive clock. */
  readonly startedUs: number;
  /** What is recorded, as it happens. */
  readonly live: LiveSource;
  /**
   * Starts recording. With `wait` it resolves for each security when the first proven book is in,
   * or when it failed; `signal` ends the waiting, not the recording. Results in the order asked.
   * @throws InvalidArgumentError for a malformed security or an unknown exchange: then nothing was
   *   started. A symbol that the exchange does not list is a result with `ok: false`.
   */
  add(securities: readonly string[], wait: boolean, signal: AbortSignal): Promise<CommandResult[]>;
  /** Stops recording; what is pending is written first. Idempotent. @throws InvalidArgumentError */
  remove(securities: readonly string[]): Promise<CommandResult[]>;
  /** Writes a base image now. `['all']`: of every recorded security. */
  snapshot(securities: readonly string[]): Promise<CommandResult[]>;
  /** Replaces an exchange's connections; `all`: of every exchange. @throws InvalidArgumentError */
  reset(exchange: string): Promise<CommandResult[]>;
  /** Of those that are recorded now and whose exchange has described them. */
  instruments(): readonly KnownInstrument[];
  list(): Promise<SecurityStatus[]>;
  /** By any spelling of a recorded security; undefined when it is not recorded now. */
  status(security: string): SecurityStatus | undefined;
  health(): Promise<HealthStatus>;
  /** @throws UnknownSecurityError when it is not recorded now. */
  bookNow(security: string, view?: BookView): BookResult | NoBookResult;
  /** The id of a security given in any case. @throws InvalidArgumentError */
  canonicalId(security: string): string;
  /** Brings the archive up to now, for a reader. */
  flush(security: string): Promise<void>;
  /** Begins an orderly stop of the process. */
  terminate(): void;
}
