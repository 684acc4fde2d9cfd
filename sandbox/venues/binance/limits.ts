/** Binance's limits; tests may set their own. */

import type { ConnectionLimits } from '../session.ts';

export interface BinanceLimits extends ConnectionLimits {
  /** Client messages, pings and pongs per second on one connection; more closes it. */
  readonly messagesPerSecond: number;
  /** Streams per connection; more are rejected. */
  readonly maxStreams: number;
  readonly pingIntervalMs: number;
  /** A ping not answered with its own payload for this long ends the connection. */
  readonly pongTimeoutMs: number;
  /** Request weight per address and minute; more is rejected with 429, then 418. */
  readonly weightPerMinute: number;
}

export const BINANCE_LIMITS: BinanceLimits = {
  messagesPerSecond: 5,
  maxStreams: 1024,
  pingIntervalMs: 20_000,
  pongTimeoutMs: 60_000,
  connectionLifeMs: 24 * 3_600_000,
  connectionsPerFiveMinutes: 300,
  weightPerMinute: 6000,
  maxBufferedBytes: 64 * 1024 * 1024,
};
