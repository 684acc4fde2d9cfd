/** Compares the logger's books with the exchange's own, and prints books. Pure. */

import { compareScaled, parseScaled } from '../../logger/market/decimal.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import { UNIT_EXPONENT } from '../market/units.ts';
import type { BookRow, VenueBook } from '../venues/venue.ts';

/** The fields of `book --json` that the demo uses. */
export interface BookReply {
  readonly security: string;
  readonly sequence: string | null;
  readonly receiveTime: string;
  readonly exchangeTime: string;
  readonly state: string;
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
  readonly bids: readonly BookRow[];
  readonly asks: readonly BookRow[];
}

export type BookSides = Pick<VenueBook, 'bids' | 'asks'>;

export interface Comparison {
  /** Levels that are the same in both books. */
  readonly equal: number;
  /** Levels of the true book beyond the reply's horizon. */
  readonly beyondHorizon: number;
  /** Describes the first level that differs; null if none does. */
  readonly difference: string | null;
}

/** Up to its horizon the reply must have the same levels as the true book, with the same sizes. */
export function compareBooks(
  reply: Pick<BookReply, 'horizon' | 'bids' | 'asks'>,
  truth: BookSides,
): Comparison {
  const bids = compareSide('bid', reply.bids, truth.bids, reply.horizon.bid);
  const asks = compareSide('ask', reply.asks, truth.asks, reply.horizon.ask);
  return {
    equal: bids.equal + asks.equal,
    beyondHorizon: bids.beyondHorizon + asks.beyondHorizon,
    difference: bids.difference ?? asks.difference,
  };
}

function compareSide(
  side: 'bid' | 'ask',
  reply: readonly BookRow[],
  truth: readonly BookRow[],
  horizon: string | null,
): Comparison {
  const isWithin = ([price]: BookRow): boolean => {
    if (horizon === null) return true;
    const order = compareScaled(units(price), units(horizon));
    return side === 'bid' ? order >= 0 : order <= 0;
  };
  const mine = reply.filter(isWithin);
  const theirs = truth.filter(isWithin);
  const beyondHorizon = truth.length - theirs.length;
  let equal = 0;
  for (let i = 0; i < Math.max(mine.length, theirs.length); i++) {
    const [price, size, id] = mine[i] ?? ['nothing', 'nothing'];
    const [truePrice, trueSize, trueId] = theirs[i] ?? ['nothing', 'nothing'];
    if (price !== truePrice || size !== trueSize || String(id) !== String(trueId)) {
      const difference =
        `${side} level ${i + 1}: the logger has ${size} at ${price} ${id ?? ''}, ` +
        `the sandbox had ${trueSize} at ${truePrice} ${trueId ?? ''}`;
      return { equal, beyondHorizon, difference };
    }
    equal++;
  }
  return { equal, beyondHorizon, difference: null };
}

function units(price: string): ScaledInt {
  return parseScaled(price, UNIT_EXPONENT) ?? Number.NaN;
}

/** The order queue at the best price of each side, as lines. */
export function queues(book: BookSides, maxOrders: number): string[] {
  return (['ask', 'bid'] as const).flatMap((side) => {
    const rows = side === 'ask' ? book.asks : book.bids;
    const [best] = rows;
    if (best === undefined) return [];
    const queue = rows.filter(([price]) => price === best[0]);
    const shown = queue
      .slice(0, maxOrders)
      .map(([, size, id], place) => `    ${place + 1}. ${id}  ${size}`);
    const more =
      queue.length > maxOrders ? [`    … and ${queue.length - maxOrders} behind them`] : [];
    return [`  best ${side} ${best[0]}, queue of ${queue.length}:`, ...shown, ...more];
  });
}

/** A book as a ladder: asks above, bids below, the best prices in the middle. */
export function ladder(book: BookSides, depth: number): string[] {
  const asks = book.asks.slice(0, depth).reverse();
  const bids = book.bids.slice(0, depth);
  const widthOf = (header: string, column: 0 | 1): number =>
    Math.max(header.length, ...[...asks, ...bids].map((row) => row[column].length));
  const priceWidth = widthOf('price', 0);
  const sizeWidth = widthOf('bid size', 1);
  const line = (left: string, price: string, right: string): string =>
    `  ${left.padStart(sizeWidth)}  ${price.padStart(priceWidth)}  ${right.padStart(sizeWidth)}`;
  return [
    line('bid size', 'price', 'ask size'),
    ...asks.map(([price, size]) => line('', price, size)),
    ...bids.map(([price, size]) => line(size, price, '')),
  ].map((text) => text.trimEnd());
}
