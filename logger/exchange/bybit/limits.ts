/**
 * The limits of Bybit and our own below them. Sources: https://bybit-exchange.github.io/docs/v5/rate-limit
 * and .../v5/ws/connect (gathered 2026-11-20). Where the exchange names no limit, the value is our own.
 */

import { RECONNECT_BACKOFF } from '../../runtime/backoff.ts';
import type { PublicLimits } from '../public-exchange.ts';
import type { PaceLimits } from '../feed/message-pace.ts';
import type { BudgetLimits } from '../rest/request-budget.ts';
import type { BucketLimits } from '../token-bucket.ts';

export interface BybitLimits extends PublicLimits {
  /**
   * The topics of a connection may have 21,000 characters together. A book topic and a trade topic of the
   * longest symbol (20 characters) have 73, with quotes and commas: 200 symbols stay below 15,000.
   */
  readonly maxStreamsPerConnection: number;
  /** Spot: 10 topics in one request. */
  readonly maxStreamsPerRequest: number;
  /** No limit is documented. */
  readonly pace: PaceLimits;
  /** 500 new connections in 5 minutes and address: 50 at once and 360 more over the time. */
  readonly connecting: BucketLimits;
  /** No age is documented: a connection is replaced at a moment of our own choice. */
  readonly maxConnectionAgeMs: number;
  /**
   * While two connections overlap: a symbol that brings nothing on the new one for this long after its
   * subscription was confirmed there is quiet. Added to the pace of the topic.
   */
  readonly quietAfterMs: number;
  /** 600 requests in 5 s and address, whatever they ask for; beyond it the address is banned. */
  readonly requests: BudgetLimits;
  /** Symbols that are looked up one by one; for more the whole list is asked for. */
  readonly maxSingleLookUps: number;
  /** The largest regular answer (10,000 levels a side) has about 600 KiB. */
  readonly maxResponseBytes: number;
  /** A windowed topic sends its snapshot right after the subscription. */
  readonly snapshotWithinMs: number;
}

export const BYBIT_LIMITS: BybitLimits = Object.freeze({
  maxStreamsPerConnection: 400,
  maxStreamsPerRequest: 10,
  pace: { max: 10, windowMs: 1000 },
  connecting: { capacity: 50, perSecond: 1.2 },
  backoff: RECONNECT_BACKOFF,
  replyWithinMs: 5000,
  maxConnectionAgeMs: 24 * 3_600_000,
  quietAfterMs: 1000,
  resetWithinMs: 8000,
  maxHeldMessages: 1000,
  requests: {
    windowMs: 5000,
    maxWeight: 600,
    // Other programs may share the address, and a full book is large: a tenth of what is allowed.
    burstWeight: 20,
    steadyWeight: 40,
    maxReportedWeight: 600,
    maxInFlight: 4,
    maxQueued: 2000,
  },
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
  maxSingleLookUps: 3,
  requestTimeoutMs: 10_000,
  maxResponseBytes: 16 * 1024 * 1024,
  snapshotWithinMs: 10_000,
});

/** What the application has to send: a connection without pings is cut after 10 minutes. */
export const PING = Object.freeze({ text: '{"op":"ping"}', intervalMs: 20_000 });
