/** Coinbase's limits; tests may set their own. */

import type { ConnectionLimits } from '../session.ts';

export interface CoinbaseLimits extends ConnectionLimits {
  /** A connection without a subscription after this time is closed. */
  readonly subscribeWithinMs: number;
  /** REST requests per address: a token bucket. */
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
}

export const COINBASE_LIMITS: CoinbaseLimits = {
  connectionLifeMs: 30 * 24 * 3_600_000,
  connectionsPerFiveMinutes: 1000,
  subscribeWithinMs: 5000,
  maxBufferedBytes: 64 * 1024 * 1024,
  requestsPerSecond: 10,
  requestsBurst: 15,
};
