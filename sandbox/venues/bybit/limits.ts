/** Bybit's limits; tests may set their own. */

import type { ConnectionLimits } from '../session.ts';

export interface BybitLimits extends ConnectionLimits {
  /** Topics in one request; a longer one is rejected. */
  readonly topicsPerRequest: number;
  /** A connection without a message for this long is closed. */
  readonly idleMs: number;
  /** Requests per address in five seconds; more get it banned, with 403. */
  readonly requestsPerFiveSeconds: number;
  readonly banMs: number;
}

export const BYBIT_LIMITS: BybitLimits = {
  topicsPerRequest: 10,
  idleMs: 600_000,
  requestsPerFiveSeconds: 600,
  banMs: 600_000,
  connectionLifeMs: 7 * 24 * 3_600_000,
  connectionsPerFiveMinutes: 500,
  maxBufferedBytes: 64 * 1024 * 1024,
};
