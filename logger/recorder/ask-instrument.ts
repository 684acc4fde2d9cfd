/** What the exchange says of a security, asked until it answers. */

import { LoggerError, UnknownSecurityError, describeError } from '../errors.ts';
import type { Exchange, Instrument } from '../exchange/exchange.ts';
import type { Security } from '../market/security.ts';
import { backoffDelayMs } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import { sleep } from '../runtime/timing.ts';
import type { RecorderLimits } from './limits.ts';

export interface InstrumentJob {
  readonly exchange: Exchange;
  readonly security: Security;
  /** Why there is no answer yet; final: the exchange does not list it. Still asked again. */
  readonly onTrouble: (reason: string, isFinal: boolean) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: RecorderLimits;
  readonly signal: AbortSignal;
}

/** @returns undefined once the signal aborts. */
export async function askInstrument(job: InstrumentJob): Promise<Instrument | undefined> {
  const { exchange, security, clock, random, limits, signal } = job;
  const retries = { baseMs: limits.retryBaseMs, capMs: limits.retryMaxMs };
  let told: string | undefined;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await exchange.instrument(security.symbol);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      const reason = describeError(error);
      // Once an outage, not once a try.
      const level = reason === told ? 'debug' : 'warning';
      told = reason;
      job.log[level]('The exchange tells nothing of a security', {
        security: security.id,
        reason,
      });
      job.onTrouble(reason, error instanceof UnknownSecurityError);
      await sleep(clock, backoffDelayMs(attempt, random, retries), signal);
    }
  }
  return undefined;
}
