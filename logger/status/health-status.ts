/** The state of the whole logger, as `health` shows it. Types only. */

import type { SecurityStatus, SelfCheckFigures } from './security-status.ts';

export interface ArchiveStatus {
  readonly kind: 'embedded' | 'mongodb';
  readonly reachable: boolean;
  /** Why it is not reachable; null where it is. */
  readonly message: string | null;
  /** Seconds by which the archive is behind. */
  readonly lag: number;
  readonly spoolBytes: number;
}

export interface ProcessStatus {
  /** Bytes. */
  readonly rss: number;
  readonly heapUsed: number;
  /** Milliseconds, p99 of the last minute. */
  readonly eventLoopLag: number;
  readonly threads: number;
  readonly handles: number;
  /** Events in open blocks, or waiting for a book to be proven. */
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
