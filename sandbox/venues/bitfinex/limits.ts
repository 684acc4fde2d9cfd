/** Bitfinex's limits; tests may set their own. */

import type { ConnectionLimits } from '../session.ts';

export interface BitfinexLimits extends ConnectionLimits {
  readonly channelsPerConnection: number;
  /** A channel that brings nothing for this long sends a heartbeat. */
  readonly heartbeatMs: number;
  /** REST requests per minute and address: beyond them the address is blocked for a minute. */
  readonly requestsPerMinute: number;
}

export const BITFINEX_LIMITS: BitfinexLimits = {
  channelsPerConnection: 25,
  heartbeatMs: 15_000,
  requestsPerMinute: 30,
  connectionLifeMs: 30 * 24 * 3_600_000,
  connectionsPerFiveMinutes: 100,
  maxBufferedBytes: 64 * 1024 * 1024,
};
