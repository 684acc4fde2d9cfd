/**
 * What the manager port can ask of a running logger beside reading its archive. Types only; the
 * recorders' registry implements it, so the manager never sees a recorder.
 */

import type { Proof } from '../market/coverage.ts';
import type { BookLevel } from '../market/security.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';

/** `syncing`: no proven book yet. `stale`: the feed is down. `failed`: given up, see `message`. */
export type RecordingState = 'syncing' | 'live' | 'stale' | 'failed';

/** What the self-check has done since this process took up the recording. */
export interface SelfCheckFigures {
  /** Base images held against the book rebuilt from the records before them. */
  readonly images: number;
  /** Fresh snapshots of the exchange that the book was held against. */
  readonly snapshots: number;
  /** How often they did not show the same book. */
  readonly mismatches: number;
}

export interface SecurityStatus {
  readonly security: string;
  readonly level: BookLevel;
  readonly state: RecordingState;
  readonly feed: string;
  readonly proof: Proof;
  readonly sequence: string | null;
  /** Prices. */
  readonly bestBid: string | null;
  readonly bestAsk: string | null;
  /** Seconds; null before the first. */
  readonly lastMessageAge: number | null;
  /** Per second, over the last ten. */
  readonly messageRate: number;
  readonly gaps: number;
  readonly lastBaseImage: string | null;
  readonly storedBytes: number;
  /** Why it is not live; null when it is. */
  readonly message: string | null;
  readonly selfCheck: SelfCheckFigures;
}

export interface CommandResult {
  readonly security: string;
  readonly ok: boolean;
  readonly state: RecordingState | 'removed' | null;
  readonly message: string | null;
}

export interface ArchiveStatus {
  readonly kind: 'embedded' | 'mongodb';
  readonly reachable: boolean;
  /** Why it is not reachable; null where it is. */
  readonly message: string | null;
  /** Seconds by which the archive is behind. */
  readonly lag: number;
  readonly spoolBytes: number;
}

/** How a book is to be shown. */
export interface BookView {
  /** Prices per side; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. */
  readonly level?: 'L2' | undefined;
}

export interface ProcessStatus {
  /** Bytes. */
  readonly rss: number;
  readonly heapUsed: number;
  /** Milliseconds, p99 of the last minute. */
  readonly eventLoopLag: number;
  readonly threads: number;
  readonly handles: number;
  /** Events waiting in open blocks. */
  readonly queuedEvents: number;
  readonly spoolBytes: number;
}

export interface HealthStatus {
  readonly status: 'serving' | 'degraded' | 'down';
  /** Seconds. */
  readonly uptime: number;
  readonly version: string;
  readonly archive: ArchiveStatus;
  readonly securities: readonly SecurityStatus[];
  readonly process: ProcessStatus;
  /** Of all securities together. */
  readonly selfCheck: SelfCheckFigures;
}

export interface LoggerControl {
  /**
   * Starts recording. With `wait` it resolves for each security when the first proven book is in,
   * or when it failed; `signal` ends the waiting, not the recording. Results in the order asked.
   * @throws InvalidArgumentError for a malformed security or an unknown exchange: then nothing was
   *   started. A symbol the exchange does not know is a result with `ok: false`.
   */
  add(securities: readonly string[], wait: boolean, signal: AbortSignal): Promise<CommandResult[]>;
  /** Stops recording; what is pending is written first. Idempotent. @throws InvalidArgumentError */
  remove(securities: readonly string[]): Promise<CommandResult[]>;
  /** Writes a base image now. `['all']`: of every recorded security. */
  snapshot(securities: readonly string[]): Promise<CommandResult[]>;
  /** Replaces an exchange's connections; `all` for every exchange. @throws InvalidArgumentError */
  reset(exchange: string): Promise<CommandResult[]>;
  list(): Promise<SecurityStatus[]>;
  /** By any spelling of a recorded security; undefined when it is not recorded now. */
  status(security: string): SecurityStatus | undefined;
  health(): Promise<HealthStatus>;
  /** @throws UnknownSecurityError when it is not recorded now. */
  bookNow(security: string, view?: BookView): BookResult | NoBookResult;
  /** The id under which the archive knows a security given in any case. @throws InvalidArgumentError */
  canonicalId(security: string): string;
  /** Brings everything heard so far to where the reader of the archive sees it. */
  flush(security: string): Promise<void>;
  /** Calls back after a security's top of book or state changed. Returns what ends it. */
  onChange(listener: (security: string) => void): () => void;
  /** Begins an orderly stop of the process. */
  terminate(): void;
  /** When the process started, receive clock. */
  readonly startedUs: number;
}
