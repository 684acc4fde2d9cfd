/** What a user says is there before the first trade: `{"binance": {"USDT": "10000", "BTC": "0.5"}}`. Pure. */

import { InvalidArgumentError } from '../../../logger/errors.ts';
import type { Balance } from '../../execution/execution.ts';
import { isPlainDecimal } from '../../market/exact.ts';
import type { Venue } from '../../market/venue.ts';

/** @throws InvalidArgumentError that names the path. */
export function parseBalances(text: string, venues: readonly Venue[]): readonly Balance[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError('it is not JSON', { cause: error });
  }
  return entriesOf(content, 'it').flatMap(([venue, coins]) => {
    if (!venues.some(({ name }) => name === venue)) {
      const names = [...new Set(venues.map(({ name }) => name))].join(', ');
      throw new InvalidArgumentError(`${venue}: not a venue of this run (${names})`);
    }
    return entriesOf(coins, venue).map(([coin, amount]) => {
      if (typeof amount !== 'string' || !isPlainDecimal(amount) || amount.startsWith('-')) {
        throw new InvalidArgumentError(`${venue}.${coin}: not an amount as text, like "0.5"`);
      }
      return { venue, coin, amount };
    });
  });
}

function entriesOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  throw new InvalidArgumentError(`${path}: not an object like {"binance": {"USDT": "10000"}}`);
}
