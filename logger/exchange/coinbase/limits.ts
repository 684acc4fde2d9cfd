/**
 * What Coinbase Exchange allows and what we allow ourselves, in one place. Source:
 * https://docs.cdp.coinbase.com/exchange/docs/rate-limits (facts gathered 2026-11-20; of two published
 * versions the stricter one counts).
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
  readonly fullConnectionsMax: number;
  /** 8 connections a second and address, bursts to 20. */
  readonly connecting: BucketLimits;
  /** 100 messages a second and address: sixteen busy connections stay below. */
  readonly pace: PaceLimits;
  /** How long a new connection's messages wait for an older one to catch up with them. */
  readonly joinWithinMs: number;
  /** One a request; 10 a second, bursts to 15, for the public part of REST. */
  readonly requests: BudgetLimits;
  readonly requestTimeoutMs: number;
  /** The whole level-3 book of a busy product comes in one answer of tens of megabytes. */
  readonly bookTimeoutMs: number;
  readonly answerMaxBytes: number;
  /** `level2_batch` sends its snapshot right after the subscription. */
  readonly snapshotWithinMs: number;
}

export const COINBASE_LIMITS: CoinbaseLimits = Object.freeze({
  fullConnectionsMax: 16,
  streamsPerConnectionMax: 64,
  paramsPerMessageMax: 32,
  pace: { max: 4, windowMs: 1000 },
  connecting: { capacity: 6, perSecond: 3 },
  backoff: RECONNECT_BACKOFF,
  // A hiccup is over in seconds; a wrong key is not, and who insists on one gets banned.
  loginBackoff: { baseMs: 2000, capMs: 300_000, factor: 4 },
  loginVerdictMs: 1000,
  // A connection without a subscription is dropped after 5 s: by then a missing reply will not come.
  replyWithinMs: 5000,
  // No age limit is documented; a connection this old is renewed at a moment of our own choice.
  connectionAgeMaxMs: 24 * 3_600_000,
  joinWithinMs: 2000,
  resetWithinMs: 8000,
  heldFramesMax: 20_000,
  requests: {
    weightPerMinute: 600,
    burstWeight: 8,
    steadyWeightPerMinute: 240,
    reportedWeightMax: 600,
    inFlightMax: 4,
    queueMax: 2000,
  },
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
  requestTimeoutMs: 10_000,
  bookTimeoutMs: 60_000,
  answerMaxBytes: 256 * 1024 * 1024,
  snapshotWithinMs: 10_000,
});
