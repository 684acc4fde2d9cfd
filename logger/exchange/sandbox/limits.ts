/** The sandbox exchange is on the same machine and has one product, so nothing here is scarce. */

import { RECONNECT_BACKOFF } from '../../runtime/backoff.ts';
import type { PublicLimits } from '../public-exchange.ts';

export interface SandboxLimits extends PublicLimits {
  /** A whole book: some 220 bytes an order. */
  readonly maxResponseBytes: number;
  /** The `partial` comes right after the subscription. */
  readonly snapshotWithinMs: number;
}

export const SANDBOX_LIMITS: SandboxLimits = Object.freeze({
  connecting: { capacity: 10, perSecond: 1 },
  maxStreamsPerConnection: 10,
  maxStreamsPerRequest: 1,
  pace: { max: 20, windowMs: 1000 },
  backoff: RECONNECT_BACKOFF,
  replyWithinMs: 5000,
  maxConnectionAgeMs: 24 * 3_600_000,
  resetWithinMs: 8000,
  maxHeldMessages: 100_000,
  requests: {
    windowMs: 60_000,
    maxWeight: 120,
    burstWeight: 40,
    steadyWeight: 80,
    maxReportedWeight: 120,
    maxInFlight: 2,
    maxQueued: 100,
  },
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
  requestTimeoutMs: 15_000,
  maxResponseBytes: 32 * 1024 * 1024,
  snapshotWithinMs: 10_000,
});
