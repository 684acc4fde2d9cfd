/** A security: one tradable product on one exchange, written `exchange:symbol`. */

import { InvalidArgumentError } from '../errors.ts';

export interface Security {
  /** `binance:BTCUSDT`, as used everywhere, including archive keys. */
  readonly id: string;
  readonly exchange: string;
  /** The exchange's own spelling. */
  readonly symbol: string;
}

/** L2: size by price. L3: individual orders. */
export type BookLevel = 'L2' | 'L3';

/** Bounds the keys of both archives too: a character takes up to four bytes there. */
export const MAX_SYMBOL_CHARACTERS = 64;

const EXCHANGE = /^[A-Za-z][A-Za-z0-9]{0,31}$/;
/**
 * ASCII letters, digits and `._/:-`, not first; beyond ASCII whatever can be seen and stored: no white
 * space, no control or format characters, no half characters, nothing that stands for damaged text.
 */
const SYMBOL =
  /^(?![._/:-])(?:[A-Za-z0-9._/:-]|[^\p{ASCII}\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}\ufffd])+$/u;

/** Counts code points: one beyond the basic plane is one character. */
const SHORT_ENOUGH = new RegExp(`^.{0,${MAX_SYMBOL_CHARACTERS}}$`, 'su');

/** Whether an exchange may list a product under this name. */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text) && !text.includes('..') && !isTooLong(text);
}

/**
 * Splits `exchange:symbol`. The exchange becomes lower case; the symbol is kept, its case is up to the
 * exchange adapter.
 * @throws InvalidArgumentError
 */
export function parseSecurity(text: string): Security {
  const colon = text.indexOf(':');
  const exchange = text.slice(0, Math.max(0, colon));
  const symbol = text.slice(colon + 1);
  if (EXCHANGE.test(exchange) && isSymbol(symbol)) {
    return securityOf(exchange.toLowerCase(), symbol);
  }
  const shown = JSON.stringify(text.slice(0, 80));
  throw new InvalidArgumentError(
    isTooLong(symbol)
      ? `security: the symbol in ${shown} is longer than ${MAX_SYMBOL_CHARACTERS} characters`
      : `security: ${shown} is not of the form exchange:symbol, for example binance:BTCUSDT`,
  );
}

function isTooLong(symbol: string): boolean {
  return !SHORT_ENOUGH.test(symbol);
}

/**
 * The letters a to z in upper case, all else as it is. Beyond ASCII, case depends on a language and
 * may change the length of a text; a symbol belongs to no language.
 */
export function upperCaseAscii(text: string): string {
  return text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** Whether two ids differ at most in the case of ASCII letters. */
export function isSameInAnyCase(a: string, b: string): boolean {
  return upperCaseAscii(a) === upperCaseAscii(b);
}

export function securityOf(exchange: string, symbol: string): Security {
  return { id: `${exchange}:${symbol}`, exchange, symbol };
}
