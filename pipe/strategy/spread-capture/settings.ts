/** The options of spread capture. */

import type { Options } from 'yargs';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { formatExact, isPlainDecimal, parseExact } from '../../market/exact.ts';

/** Plain JSON, in the pair's currencies. */
export interface SpreadSettings {
  /** Of each quote, in base. */
  readonly size: string;
  /** The smallest distance between bid and ask that is worth a quote, in quote. */
  readonly minSpread: string;
  /** What may be bought, or sold, beyond the beginning, in base. */
  readonly maxPosition: string;
}

export const SPREAD_OPTIONS: Readonly<Record<string, Options>> = {
  'quote-size': { type: 'string', requiresArg: true, describe: 'Size of each quote, in base' },
  'min-spread': {
    type: 'string',
    requiresArg: true,
    describe: 'The smallest spread that is worth a quote, in quote',
  },
  'max-position': {
    type: 'string',
    requiresArg: true,
    describe: 'What may be bought or sold beyond the beginning, in base',
    defaultDescription: 'ten quotes',
  },
};

/** @throws InvalidArgumentError that names the option. */
export function spreadSettings(options: Readonly<Record<string, unknown>>): SpreadSettings {
  const size = decimal(options, 'quote-size');
  const minSpread = decimal(options, 'min-spread');
  if (size === null || parseExact(size).value === 0n) {
    throw new InvalidArgumentError('--quote-size is missing: how much to quote, in base');
  }
  if (minSpread === null) throw new InvalidArgumentError('--min-spread is missing, in quote');
  const { value, exponent } = parseExact(size);
  const tenQuotes = formatExact({ value: value * 10n, exponent });
  return { size, minSpread, maxPosition: decimal(options, 'max-position') ?? tenQuotes };
}

function decimal(options: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = options[name];
  if (value === undefined) return null;
  if (typeof value === 'string' && isPlainDecimal(value) && !value.startsWith('-')) {
    return formatExact(parseExact(value));
  }
  throw new InvalidArgumentError(`--${name}: not a plain decimal: ${JSON.stringify(value)}`);
}
