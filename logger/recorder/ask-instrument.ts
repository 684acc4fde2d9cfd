/** Asks the exchange for an instrument until it answers. */

import { LoggerError, UnknownSecurityError, describeError } from '../errors.ts';
import type { Exchange, Instrument } from '../exchange/exchange.ts';
import type { Security } from '../market/security.ts';
import { backoffDelayMs } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { sleep } from '../runtime/timing.ts';
import type { RecorderLimits } from './limits.ts';

export interface AskInstrumentDeps {
  readonly exchange: Exchange;
  readonly security: Security;
  /** Called with each failure. Final: the exchange does not list the symbol; it is asked again anyway. */
  readonly onTrouble: (reason: string, isFinal: boolean) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RecorderLimits;
  readonly signal: AbortSignal;
  /** Asked for each wait before another attempt: aborts when that is not to wait any longer. */
  readonly hurry: () => AbortSignal;
}

/** @returns undefined once the signal aborts. */
export async function askInstrument(deps: AskInstrumentDeps): Promise<Instrument | undefined> {
  const { exchange, security, clock, random, limits, signal } = deps;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await exchange.instrument(security.symbol, signal);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      if (signal.aborted) break;
      const reason = describeError(error);
      deps.onTrouble(reason, error instanceof UnknownSecurityError);
      // What is not listed is seldom listed soon.
      const isUnlisted = error instanceof UnknownSecurityError;
      const capMs = isUnlisted ? limits.unlistedRetryMs : limits.maxRetryMs;
      const retries = { baseMs: limits.retryBaseMs, capMs };
      const waitMs = backoffDelayMs(attempt, random, retries);
      await sleep(clock, waitMs, AbortSignal.any([signal, deps.hurry()]));
    }
  }
  return undefined;
}
