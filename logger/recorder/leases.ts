/** Who writes a security, where several loggers share a store. */

import type { Clock } from '../runtime/clock.ts';
import { sleep } from '../runtime/timing.ts';

export interface Leases {
  /** @returns who holds it; null: this logger does now. */
  claim(security: string): Promise<string | null>;
  release(security: string): Promise<void>;
}

/** How soon somebody else's security is asked for again. */
const CLAIM_AGAIN_MS = 10_000;

/**
 * Asks again and again for a security that somebody else holds.
 * @param onHeld hears each time who does.
 * @returns false: given up, by the signal.
 */
export async function awaitTurn(
  turn: {
    readonly leases: Leases;
    readonly clock: Clock;
    readonly security: string;
    readonly signal: AbortSignal;
  },
  onHeld: (holder: string) => void,
): Promise<boolean> {
  for (;;) {
    await sleep(turn.clock, CLAIM_AGAIN_MS, turn.signal);
    if (turn.signal.aborted) return false;
    const holder = await turn.leases.claim(turn.security);
    if (holder === null) return true;
    onHeld(holder);
  }
}
