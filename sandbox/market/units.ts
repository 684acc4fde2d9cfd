/** Prices and sizes of the sandbox: integers at eight decimals, the finest an exchange prints. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import { formatScaled, parseScaled } from '../../logger/market/decimal.ts';

/** Decimals of every price and size integer in the sandbox. */
export const UNIT_EXPONENT = 8;

/** Parses a decimal text into an integer. @throws InvalidArgumentError naming `field`. */
export function toUnits(text: string, field: string): number {
  const units = parseScaled(text, UNIT_EXPONENT);
  if (typeof units === 'number') return units;
  throw new InvalidArgumentError(
    `${field}: ${JSON.stringify(text)} is not a decimal of at most ${UNIT_EXPONENT} places`,
  );
}

/** Decimal text without trailing zeros. */
export function decimal(units: number): string {
  return formatScaled(units, UNIT_EXPONENT);
}

/** `[price, size]` rows as decimal text, of flat price, size …. */
export function decimalRows(flat: readonly number[]): [price: string, size: string][] {
  const rows: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    rows.push([decimal(flat[i] ?? 0), decimal(flat[i + 1] ?? 0)]);
  }
  return rows;
}
