/** The exchanges that can be recorded. A new one is a folder beside these and a line in this list. */

import { binance } from './binance/definition.ts';
import { bitfinex } from './bitfinex/definition.ts';
import { bitmex } from './bitmex/definition.ts';
import { bybit } from './bybit/definition.ts';
import { coinbase } from './coinbase/definition.ts';
import type { ExchangeDefinition } from './definition.ts';
import { sandbox } from './sandbox/definition.ts';

export const EXCHANGES: readonly ExchangeDefinition[] = [
  binance,
  coinbase,
  bybit,
  bitfinex,
  bitmex,
  sandbox,
];

export const EXCHANGE_NAMES: readonly string[] = EXCHANGES.map(({ name }) => name);

/** @returns null for an exchange that is not in the list. */
export function findExchange(name: string): ExchangeDefinition | null {
  return EXCHANGES.find((exchange) => exchange.name === name) ?? null;
}

/** A symbol given in any case, as the exchange spells it; unchanged for an unknown exchange. */
export function normalizeSymbol(exchange: string, symbol: string): string {
  return findExchange(exchange)?.normalizeSymbol(symbol) ?? symbol;
}

/** Whether a jump in the trade ids of this exchange means that trades are missing. */
export function hasConsecutiveTradeIds(exchange: string): boolean {
  return findExchange(exchange)?.tradeIds === 'consecutive';
}
