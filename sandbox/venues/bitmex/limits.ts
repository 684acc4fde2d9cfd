/** BitMEX's limits; tests may set their own. */

import type { ConnectionLimits } from '../session.ts';

export interface BitmexLimits extends ConnectionLimits {
  /** New connections in an hour, as the greeting counts them down. Not enforced. */
  readonly connectionsPerHour: number;
  /** REST requests per minute and address: a token bucket. */
  readonly requestsPerMinute: number;
}

export const BITMEX_LIMITS: BitmexLimits = {
  connectionLifeMs: 30 * 24 * 3_600_000,
  connectionsPerFiveMinutes: 1000,
  connectionsPerHour: 60,
  maxBufferedBytes: 64 * 1024 * 1024,
  requestsPerMinute: 30,
};
