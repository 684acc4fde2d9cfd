/**
 * Everything that the rest of the logger knows of an exchange. Each exchange's folder exports one
 * definition from its `definition.ts`; `exchanges.ts` lists them.
 */

import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../runtime/transport.ts';
import type { ReadSetting, Setting } from '../settings/setting.ts';
import type { Exchange } from './exchange.ts';

export interface ExchangeDefinition {
  /** Lower case; the part of a security before the colon. */
  readonly name: string;
  /** Its own rows of the table of settings, in the order in which the README shows them. */
  readonly settings: readonly Setting<unknown>[];
  /**
   * `consecutive`: the trades of a symbol are numbered 1, 2, 3 …, so a missing id is a missing trade.
   * `opaque`: ids only identify trades.
   */
  readonly tradeIds: 'consecutive' | 'opaque';
  /** The exchange's own spelling of a symbol whose ASCII letters were given in any case. */
  normalizeSymbol(symbol: string): string;
  /**
   * Reads and checks its settings; connects to nothing yet.
   * @throws ConfigError
   */
  configure(read: ReadSetting): CreateExchange;
}

export type CreateExchange = (shared: SharedSettings, deps: ExchangeDeps) => Exchange;

/** Settings that apply to every exchange. */
export interface SharedSettings {
  /** A connection that brings nothing for this long, pongs included, is dead. */
  readonly staleAfterMs: number;
  /** The pace of L2 updates, where an exchange offers a choice. */
  readonly updateFrequencyMs: 100 | 1000;
}

export interface ExchangeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly transport: Transport;
}
