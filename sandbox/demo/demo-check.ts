/**
 * Compares what the logger answered with what the sandbox itself had, level by level. Pure.
 */

import { compareScaled, parseScaled } from '../../logger/market/decimal.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import { UNIT_EXPONENT } from '../market/matching-engine.ts';

/** `[price, size]` as decimal text; `[price, size, order id]` of a book of single orders. */
export type Row = readonly [string, string, string?];

/** Of the logger's `book --json`, what the demo uses. */
export interface BookReply {
  readonly security: string;
  readonly sequence: string | null;
  readonly receiveTime: string;
  readonly exchangeTime: string;
  readonly state: string;
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
}

export interface TrueRows {
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
}

export interface Comparison {
  /** Levels that are the same on both sides. */
  readonly equal: number;
  /** Levels of the truth beyond what the answer claims to know. */
  readonly beyondHorizon: number;
  /** The first level that differs, in words; null when none does. */
  readonly difference: string | null;
}

/** Every level up to the horizon of the answer must be there, with its exact size, and no other. */
export function compareBooks(reply: BookReply, truth: TrueRows): Comparison {
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
  answered: readonly Row[],
  truth: readonly Row[],
  horizon: string | null,
): Comparison {
  const isKnown = ([price]: Row): boolean => {
    if (horizon === null) return true;
    const order = compareScaled(units(price), units(horizon));
    return side === 'bid' ? order >= 0 : order <= 0;
  };
  const mine = answered.filter(isKnown);
  const theirs = truth.filter(isKnown);
  const beyondHorizon = truth.length - theirs.length;
  let equal = 0;
  for (let i = 0; i < Math.max(mine.length, theirs.length); i++) {
    const [price, size, id] = mine[i] ?? ['nothing', 'nothing'];
    const [truePrice, trueSize, trueId] = theirs[i] ?? ['nothing', 'nothing'];
    if (price !== truePrice || size !== trueSize || id !== trueId) {
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

/** The queue at the best price of each side: whose turn it is, in order. */
export function queues(book: TrueRows, most: number): string[] {
  return (['ask', 'bid'] as const).flatMap((side) => {
    const rows = side === 'ask' ? book.asks : book.bids;
    const [best] = rows;
    if (best === undefined) return [];
    const queue = rows.filter(([price]) => price === best[0]);
    const shown = queue
      .slice(0, most)
      .map(([, size, id], place) => `    ${place + 1}. ${id}  ${size}`);
    const more = queue.length > most ? [`    … and ${queue.length - most} behind them`] : [];
    return [`  best ${side} ${best[0]}, ${queue.length} in the queue:`, ...shown, ...more];
  });
}

/** A book as a ladder for people: asks above, bids below, best in the middle. */
export function ladder(book: TrueRows, depth: number): string[] {
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
