/**
 * The limits of Binance and our own below them. Sources: the spot WebSocket page
 * (https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams) and the general REST
 * page beside it, gathered 2026-11-20.
 */

import { RECONNECT_BACKOFF } from '../../runtime/backoff.ts';
import type { FeedLimits } from '../feed/protocol.ts';
import type { PollLimits } from '../streaming-exchange.ts';
import type { PaceLimits } from '../feed/message-pace.ts';
import type { BudgetLimits } from '../rest/request-budget.ts';
import type { BucketLimits } from '../token-bucket.ts';

export interface BinanceLimits extends FeedLimits, PollLimits {
  /** The exchange's cap; further streams go to a further connection. */
  readonly maxStreamsPerConnection: number;
  /**
   * Streams named in one SUBSCRIBE. The server falls silent on a message above 4,096 bytes, header
   * included; the longest stream name (20 characters of symbol) takes 35 with its quotes.
   */
  readonly maxStreamsPerRequest: number;
  /**
   * Client messages: the exchange disconnects beyond 5 a second, pongs counted. Three of ours leave
   * room for a pong; the window is a little longer than a second, since the network may compress it.
   */
  readonly pace: PaceLimits;
  /** 300 new connections in 5 minutes and address: 30 at once and 240 more over the time. */
  readonly connecting: BucketLimits;
  /** The exchange cuts every connection at 24 h: replaced before. */
  readonly maxConnectionAgeMs: number;
  /**
   * While two connections overlap: a symbol that brings nothing on the new one for this long after
   * its subscription was confirmed there is quiet, and does not keep the old one. Also the longest
   * time that the new one's diffs wait for the old one to catch up with them. Added to the pace of
   * the diff stream.
   */
  readonly quietAfterMs: number;
  readonly requests: BudgetLimits;
  /** Symbols in one exchangeInfo request: keeps its address below 4 KiB. */
  readonly maxSymbolsPerRequest: number;
  readonly requestTimeoutMs: number;
  /** The largest regular response (5,000 levels a side) has about 400 KiB. */
  readonly maxResponseBytes: number;
}

export const BINANCE_LIMITS: BinanceLimits = Object.freeze({
  maxStreamsPerConnection: 1024,
  maxStreamsPerRequest: 100,
  pace: { max: 3, windowMs: 1200 },
  connecting: { capacity: 30, perSecond: 0.8 },
  backoff: RECONNECT_BACKOFF,
  replyWithinMs: 5000,
  maxConnectionAgeMs: (23 * 60 + 50) * 60_000,
  quietAfterMs: 1000,
  resetWithinMs: 8000,
  maxHeldMessages: 1000,
  requests: {
    windowMs: 60_000,
    maxWeight: 6000,
    // Ten full snapshots at once, then twelve a minute: at most 5,700 in any minute.
    burstWeight: 2700,
    steadyWeight: 3000,
    maxReportedWeight: 5700,
    maxInFlight: 4,
    maxQueued: 2000,
  },
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
  maxSymbolsPerRequest: 100,
  requestTimeoutMs: 10_000,
  maxResponseBytes: 8 * 1024 * 1024,
});
