/** Which symbol of which exchange is which pair. Pure. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import type { InstrumentFacts } from '../../logger/market/instrument.ts';
import { parseSecurity } from '../../logger/market/security.ts';
import { commonCurrency } from './currencies.ts';

/** A user's exceptions: by pair and exchange, the symbol; null: the exchange has none. */
export type PairExceptions = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

export interface PairOfSecurity {
  readonly pair: string;
  readonly base: string;
  readonly quote: string;
}

/** `BTCUSDT` of what a user writes: `btc-usdt`, `BTC/USDT`. @throws InvalidArgumentError */
export function parsePair(text: string, field = 'pairs'): string {
  const pair = text.replaceAll(/[-/_]/g, '').toUpperCase();
  if (/^[\p{L}\p{N}]{2,40}$/u.test(pair)) return pair;
  throw new InvalidArgumentError(
    `${field}: ${JSON.stringify(text.slice(0, 60))} is not a pair like BTCUSDT`,
  );
}

/**
 * The pair that a security is; null: none, because its sizes count something else than the base. Two
 * securities match if they are the same pair.
 */
export function pairOf(
  security: string,
  facts: InstrumentFacts,
  exceptions: PairExceptions = {},
): PairOfSecurity | null {
  const { exchange, symbol } = parseSecurity(security);
  const [base, quote] = [facts.base, facts.quote].map((code) => commonCurrency(exchange, code)) as [
    string,
    string,
  ];
  for (const [pair, symbols] of Object.entries(exceptions)) {
    if (symbols[exchange] === symbol) return { pair, base, quote };
  }
  const pair = parsePair(`${base}${quote}`);
  const exception = exceptions[pair]?.[exchange];
  if (exception !== undefined || facts.contract !== null) return null;
  return { pair, base, quote };
}

/**
 * The content of a pairs file: `{"BTCUSDT": {"bitfinex": "tBTCUST", "bitmex": null}}`.
 * @throws InvalidArgumentError that names the path.
 */
export function parsePairExceptions(text: string): PairExceptions {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError('it is not JSON', { cause: error });
  }
  const exceptions: Record<string, Record<string, string | null>> = {};
  for (const [name, symbols] of entriesOf(content, 'it')) {
    const pair = parsePair(name, 'a pair');
    const known: Record<string, string | null> = {};
    for (const [exchange, symbol] of entriesOf(symbols, name)) {
      if (symbol !== null && (typeof symbol !== 'string' || symbol === '')) {
        throw new InvalidArgumentError(`${name}.${exchange}: a symbol is text, or null for none`);
      }
      known[exchange.toLowerCase()] = symbol;
    }
    exceptions[pair] = known;
  }
  return exceptions;
}

function entriesOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  throw new InvalidArgumentError(
    `${path}: not an object like {"BTCUSDT": {"bitfinex": "tBTCUST"}}`,
  );
}
