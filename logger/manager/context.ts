/** The collaborators of all handlers of the manager port. */

import { LoggerError, describeError } from '../errors.ts';
import type { Definitions } from '../messages/definitions.ts';
import type { ExchangeCandlesService } from '../series/exchange-candles.ts';
import type { LiveCandles } from '../series/live-candles.ts';
import type { Reader } from '../reader/reader.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { LoggerControl } from '../status/control.ts';
import type { ManagerLimits } from './limits.ts';

export interface ManagerContext {
  readonly control: LoggerControl;
  readonly reader: Reader;
  /** undefined: series are not watched here. */
  readonly candles?: LiveCandles | undefined;
  /** undefined: no exchange is asked here. */
  readonly exchangeCandles?: ExchangeCandlesService | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ManagerLimits;
  readonly noBook: Definitions['noBook'];
  /** Aborts when the port is about to close. */
  readonly closing: AbortSignal;
}

/**
 * Writes what a security's recorder still holds, so that the reader sees it. If that fails (a full disk),
 * the query is answered from what is stored.
 */
export async function flushFor(context: ManagerContext, security: string): Promise<void> {
  try {
    await context.control.flush(security);
  } catch (error) {
    if (!(error instanceof LoggerError)) throw error;
    context.log.warning(
      'Could not write pending data before a query; answering from what is stored',
      {
        security,
        error: describeError(error),
      },
    );
  }
}
