/**
 * Repeats a request that takes only what the budget has to spare, until it has its answer. What the exchange wants
 * is obeyed: a "slow down" and a ban are waited out.
 */

import {
  FeedClosedError,
  LimitExceededError,
  RateLimitedError,
  WireFormatError,
} from '../../errors.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { sleep } from '../../runtime/timing.ts';

export interface SpareTurnsDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Called before a wait that is longer than one for a turn. */
  readonly onWait?: (ms: number, reason: string) => void;
}

/** While others use the budget. */
const TURN_MS = 250;
/** In a row, without an answer or with one that can't be read. */
const MAX_FAILURES = 5;

/** @throws FeedClosedError when the signal aborts, and after some failures in a row; whatever a retry can't help. */
export async function whenSpare<T>(ask: () => Promise<T>, deps: SpareTurnsDeps): Promise<T> {
  const { clock, signal, onWait } = deps;
  for (let failures = 0; ;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw new FeedClosedError('The request was cancelled', { cause: error });
      if (isFailure(error) && ++failures > MAX_FAILURES) throw error;
      const waitMs = waitAfterMs(error, failures, deps);
      if (waitMs === null) throw error;
      if (waitMs > TURN_MS) onWait?.(waitMs, (error as Error).message);
      await sleep(clock, waitMs, signal);
    }
  }
}

function isFailure(error: unknown): boolean {
  return error instanceof FeedClosedError || error instanceof WireFormatError;
}

/** null: a retry can't help. */
function waitAfterMs(
  error: unknown,
  failures: number,
  { random }: Pick<SpareTurnsDeps, 'random'>,
): number | null {
  if (error instanceof RateLimitedError) return Math.max(error.retryAfterMs, TURN_MS);
  if (error instanceof LimitExceededError) return TURN_MS;
  return isFailure(error) ? backoffDelayMs(failures, random) : null;
}
