/** Waits for the lease of a security that another logger holds. */

import type { Leases } from '../archive/leases.ts';
import type { Clock } from '../runtime/clock.ts';
import { sleep } from '../runtime/timing.ts';

const RETRY_CLAIM_MS = 10_000;

/**
 * Claims a lease again and again until its holder lets it go.
 * @param onHeld is called with the holder after each attempt.
 * @returns false: the signal aborted.
 */
export async function awaitLease(
  claim: {
    readonly leases: Leases;
    readonly clock: Clock;
    readonly security: string;
    readonly signal: AbortSignal;
  },
  onHeld: (holder: string) => void,
): Promise<boolean> {
  const { leases, clock, security, signal } = claim;
  for (;;) {
    await sleep(clock, RETRY_CLAIM_MS, signal);
    if (signal.aborted) return false;
    const holder = await leases.claim(security);
    if (holder === null) return true;
    onHeld(holder);
  }
}
