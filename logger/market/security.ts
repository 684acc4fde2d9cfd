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

const FORM = /^([A-Za-z][A-Za-z0-9]{0,31}):([A-Za-z0-9][A-Za-z0-9._/-]{0,63})$/;

/**
 * Splits `exchange:symbol`. The exchange becomes lower case; the symbol is kept, its case is up to the
 * exchange adapter.
 * @throws InvalidArgumentError
 */
export function parseSecurity(text: string): Security {
  const match = FORM.exec(text);
  if (!match?.[1] || !match[2] || match[2].includes('..')) {
    throw new InvalidArgumentError(
      `security: ${JSON.stringify(text.slice(0, 80))} is not of the form exchange:symbol, for example binance:BTCUSDT`,
    );
  }
  return securityOf(match[1].toLowerCase(), match[2]);
}

export function securityOf(exchange: string, symbol: string): Security {
  return { id: `${exchange}:${symbol}`, exchange, symbol };
}
