/**
 * The limits of Coinbase Exchange and our own below them. Source:
 * https://docs.cdp.coinbase.com/exchange/docs/rate-limits (gathered 2026-11-20; of two published
 * versions the stricter one is used).
 */

import { RECONNECT_BACKOFF } from '../../runtime/backoff.ts';
import type { FeedLimits } from '../feed/protocol.ts';
import type { LoginLimits } from '../feed/login-gate.ts';
import type { PaceLimits } from '../feed/message-pace.ts';
import type { BudgetLimits } from '../rest/request-budget.ts';
import type { PollLimits } from '../streaming-exchange.ts';
import type { BucketLimits } from '../token-bucket.ts';

export interface CoinbaseLimits extends FeedLimits, LoginLimits, PollLimits {
  /**
   * The exchange asks that busy products have connections of their own. `full`: every product gets
   * one until there are this many, then the least busy connection takes the next.
   */
  readonly maxFullConnections: number;
  /** 8 connections a second and address, bursts to 20. */
  readonly connecting: BucketLimits;
  /** 100 messages a second and address: sixteen busy connections stay below. */
  readonly pace: PaceLimits;
  /** How long a new connection's messages wait for an older one to catch up with them. */
  readonly joinWithinMs: number;
  /** A weight of one each; 10 a second, bursts to 15, for public REST. */
  readonly requests: BudgetLimits;
  readonly requestTimeoutMs: number;
  /** The whole level-3 book of a busy product comes in one answer of tens of megabytes. */
  readonly bookTimeoutMs: number;
  readonly maxResponseBytes: number;
  /** `level2_batch` sends its snapshot right after the subscription. */
  readonly snapshotWithinMs: number;
}

export const COINBASE_LIMITS: CoinbaseLimits = Object.freeze({
  maxFullConnections: 16,
  maxStreamsPerConnection: 64,
  maxStreamsPerRequest: 32,
  pace: { max: 4, windowMs: 1000 },
  connecting: { capacity: 6, perSecond: 3 },
  backoff: RECONNECT_BACKOFF,
  // A hiccup is over in seconds; a wrong key is not, and retrying it fast gets the address banned.
  loginBackoff: { baseMs: 2000, capMs: 300_000, factor: 4 },
  loginVerdictMs: 1000,
  // A connection without a subscription is dropped after 5 s: by then a missing reply will not come.
  replyWithinMs: 5000,
  // No age limit is documented; a connection this old is renewed at a moment of our own choice.
  maxConnectionAgeMs: 24 * 3_600_000,
  joinWithinMs: 2000,
  resetWithinMs: 8000,
  maxHeldMessages: 20_000,
  requests: {
    windowMs: 60_000,
    maxWeight: 600,
    burstWeight: 8,
    steadyWeight: 240,
    maxReportedWeight: 600,
    maxInFlight: 4,
    maxQueued: 2000,
  },
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
  requestTimeoutMs: 10_000,
  bookTimeoutMs: 60_000,
  maxResponseBytes: 256 * 1024 * 1024,
  snapshotWithinMs: 10_000,
});
