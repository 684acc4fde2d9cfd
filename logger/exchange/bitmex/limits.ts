/**
 * The limits of BitMEX and our own below them. Sources: https://www.bitmex.com/app/wsAPI and
 * https://www.bitmex.com/app/restAPI (gathered 2026-11-20).
 */

import { RECONNECT_BACKOFF } from '../../runtime/backoff.ts';
import type { BudgetLimits } from '../rest/request-budget.ts';
import type { PublicLimits } from '../public-exchange.ts';
import type { BucketLimits } from '../token-bucket.ts';

export interface BitmexLimits extends PublicLimits {
  /** 60 new connections an hour and address; the greeting of each says how many are left. */
  readonly connecting: BucketLimits;
  /** Not documented. Connections are scarce, so one carries as many symbols as anybody records. */
  readonly maxStreamsPerConnection: number;
  /** One symbol in a request: an error frame then says whose it is. */
  readonly maxStreamsPerRequest: number;
  /** 30 requests a minute without a login. */
  readonly requests: BudgetLimits;
  /** All instruments that trade, or the whole book of a busy one: some megabytes. */
  readonly maxResponseBytes: number;
  /** The `partial` comes right after the subscription. */
  readonly snapshotWithinMs: number;
}

export const BITMEX_LIMITS: BitmexLimits = Object.freeze({
  connecting: { capacity: 15, perSecond: 40 / 3600 },
  maxStreamsPerConnection: 400,
  maxStreamsPerRequest: 2,
  // Not documented for subscriptions: a cautious pace.
  pace: { max: 5, windowMs: 1000 },
  backoff: RECONNECT_BACKOFF,
  replyWithinMs: 5000,
  // No age limit is documented; a connection this old is renewed at a moment of our own choice.
  maxConnectionAgeMs: 24 * 3_600_000,
  resetWithinMs: 8000,
  maxHeldMessages: 20_000,
  requests: {
    windowMs: 60_000,
    maxWeight: 30,
    burstWeight: 10,
    steadyWeight: 20,
    maxReportedWeight: 30,
    maxInFlight: 2,
    maxQueued: 2000,
  },
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
  requestTimeoutMs: 15_000,
  maxResponseBytes: 32 * 1024 * 1024,
  snapshotWithinMs: 10_000,
});
