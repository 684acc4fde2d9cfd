/** Checks queries of an exchange's own candles. */

import { InvalidArgumentError } from '../errors.ts';
import type { CandleChoice, ComparedCandlesQuery, FetchCandlesQuery } from './queries.ts';
import { validCandlesQuery, validWord } from './validate.ts';
import type { UncheckedCandles } from './validate.ts';

export const CANDLE_CHOICES = [
  'trades',
  'exchange',
  'auto',
] as const satisfies readonly CandleChoice[];

export type UncheckedComparedCandles = UncheckedCandles & {
  readonly source?: unknown;
  readonly check?: unknown;
};

/** @throws InvalidArgumentError, whose message begins with `prefix` and the field. */
export function validComparedCandlesQuery(
  given: UncheckedComparedCandles,
  prefix = '',
): ComparedCandlesQuery {
  const source = validWord(given.source, `${prefix}source`, CANDLE_CHOICES) ?? 'trades';
  const query = { ...validCandlesQuery(given, prefix), source, check: given.check === true };
  if (source === 'exchange' && query.check) {
    throw new InvalidArgumentError(
      `${prefix}check: compares candles of trades; give ${prefix}source trades or auto`,
    );
  }
  if (source === 'exchange' && query.fromUs === undefined) {
    throw new InvalidArgumentError(`${prefix}from: the exchange's own candles need one`);
  }
  return query;
}

/** @throws InvalidArgumentError, whose message begins with `prefix` and the field. */
export function validFetchCandlesQuery(given: UncheckedCandles, prefix = ''): FetchCandlesQuery {
  const { security, timeframe, fromUs, toUs } = validCandlesQuery(given, prefix);
  if (fromUs === undefined) {
    throw new InvalidArgumentError(`${prefix}from: is missing; say how far back`);
  }
  return { security, timeframe, fromUs, toUs };
}
