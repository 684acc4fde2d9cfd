/** All ways to buy on one venue of a pair and to sell on another, with what does not change meanwhile. */

import type { FeeTable } from '../../fees/fee-table.ts';
import { multiplyExact, valueAt } from '../../market/exact.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import { waysOf } from './plan.ts';
import type { Direction, LegBook, Way, Ways } from './plan.ts';
import type { ArbitrageSettings } from './settings.ts';
import type { Span } from './span.ts';
import type { EdgeFactors } from './tops.ts';

export interface DirectionState {
  /** Places in the list of venues. */
  readonly buy: number;
  readonly sell: number;
  readonly direction: Direction;
  readonly ways: Ways;
  /** Of the way that costs least of what is moved; null: the fees are not known. */
  readonly factors: EdgeFactors | null;
  span: Span | null;
  /** There is an edge, below the least that is looked at. */
  isSmall: boolean;
  /** When the last span began: the next one begins later, since it is named after that. */
  lastFromUs: number;
}

export function directionsOf(
  books: readonly VenueBook[],
  table: FeeTable,
  settings: ArbitrageSettings,
): DirectionState[] {
  return books.flatMap((_, buy) =>
    books.flatMap((_, sell): DirectionState[] => {
      if (sell === buy) return [];
      const direction = directionOf(books[buy] as VenueBook, books[sell] as VenueBook);
      const ways = waysOf(direction, table, settings);
      const factors = factorsOf(ways.ways);
      return [{ buy, sell, direction, ways, factors, span: null, isSmall: false, lastFromUs: -1 }];
    }),
  );
}

function directionOf({ venue: buy }: VenueBook, { venue: sell }: VenueBook): Direction {
  const side = ({ name, instrument }: VenueBook['venue']): Direction['buy'] => {
    const { lotSize, minSize, minNotional } = instrument;
    return { venue: name, rules: { lotSize, minSize, minNotional } };
  };
  return { buy: side(buy), sell: side(sell), base: buy.base, quote: buy.quote };
}

function factorsOf(ways: readonly Way[]): EdgeFactors | null {
  const all = ways.map(({ terms: { buy, sell, withdrawal } }) => {
    const kept = multiplyExact(sell.kept, buy.kept);
    return { paid: buy.paid, kept: withdrawal ? multiplyExact(kept, withdrawal.kept) : kept };
  });
  if (all.length === 0) return null;
  const exponent = Math.max(...all.flatMap(({ paid, kept }) => [paid.exponent, kept.exponent]));
  const values = all.map(({ paid, kept }) => ({
    paid: valueAt(paid, exponent),
    kept: valueAt(kept, exponent),
  }));
  return values.reduce((best, next) => (next.kept > best.kept ? next : best));
}

/** null: there is no proven book. */
export function legBook({ venue, book, point, horizon }: VenueBook): LegBook | null {
  if (book === null || point === null) return null;
  const { name, security, source } = venue;
  return { venue: name, security, source, point, book, horizon };
}
