/**
 * The limits of Bitfinex and our own below them. Sources: https://docs.bitfinex.com/docs/ws-public,
 * .../ws-general and .../requirements-and-limitations (gathered 2026-11-20). Where the exchange names no limit,
 * the value is our own.
 */

import { RECONNECT_BACKOFF } from '../../runtime/backoff.ts';
import type { BudgetLimits } from '../rest/request-budget.ts';
import type { PublicLimits } from '../public-exchange.ts';
import type { BucketLimits } from '../token-bucket.ts';

export interface BitfinexLimits extends PublicLimits {
  /** 25 channels a connection: 12 symbols with two each. */
  readonly maxStreamsPerConnection: number;
  /** Each channel is a message and has a reply of its own. */
  readonly maxStreamsPerRequest: number;
  /** 20 new connections a minute and address. */
  readonly connecting: BucketLimits;
  /** In the recording of 2021 the last of 21 channels was confirmed after 13 s. */
  readonly replyWithinMs: number;
  /** 10 to 90 requests a minute, by endpoint; beyond it the address is blocked for a minute. */
  readonly requests: BudgetLimits;
  /** The pairs with their sizes: about 100 KiB. */
  readonly maxResponseBytes: number;
  /** The image comes right after the channel's confirmation. */
  readonly snapshotWithinMs: number;
}

export const BITFINEX_LIMITS: BitfinexLimits = Object.freeze({
  maxStreamsPerConnection: 24,
  maxStreamsPerRequest: 24,
  connecting: { capacity: 5, perSecond: 0.2 },
  // Not documented; the recording sends 21 requests at once.
  pace: { max: 20, windowMs: 1000 },
  backoff: RECONNECT_BACKOFF,
  replyWithinMs: 30_000,
  // No age is documented; a connection this old is renewed at a moment of our own choice.
  maxConnectionAgeMs: 24 * 3_600_000,
  resetWithinMs: 30_000,
  maxHeldMessages: 5000,
  requests: {
    windowMs: 60_000,
    maxWeight: 30,
    burstWeight: 10,
    steadyWeight: 15,
    maxReportedWeight: 30,
    maxInFlight: 2,
    maxQueued: 2000,
  },
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
  requestTimeoutMs: 15_000,
  maxResponseBytes: 8 * 1024 * 1024,
  snapshotWithinMs: 30_000,
});
