/** Books as level events, alike from the live feed and from the archive. Pure. */

import type { Book } from '../book/book.ts';
import { knownBest } from '../book/known-best.ts';
import type { Proof } from '../market/coverage.ts';
import type { ScaledInt } from '../market/decimal.ts';
import { NO_HORIZON } from '../market/events.ts';
import type { BookPosition, BookUpdate, Levels } from '../market/events.ts';
import type { BookPoint, LevelImageEvent, LevelUpdateEvent } from '../market/level-events.ts';
import { changedLevels, levelsOf } from './book-rows.ts';

/** A book where it is now. */
export interface PlacedBook extends BookPosition {
  readonly identity: {
    readonly epoch: number;
    readonly proof: Proof;
    /** See `RecordHeader`. */
    readonly windowed?: true;
  };
  readonly book: Book;
}

/** Price and size of the best level of both sides, as far as they are known. */
export type Top = readonly [bid: Best, ask: Best];
type Best = readonly [price: ScaledInt, size: ScaledInt] | undefined;

function pointOf(placed: PlacedBook): BookPoint {
  const { identity, sequence, exchangeTimeUs, receiveTimeUs } = placed;
  const isSequenced = identity.proof === 'sequence';
  return { epoch: identity.epoch, sequence, isSequenced, exchangeTimeUs, receiveTimeUs };
}

export function imageEvent(placed: PlacedBook): LevelImageEvent {
  const { book, scale, identity } = placed;
  return {
    type: 'image',
    point: pointOf(placed),
    scale,
    bids: levelsOf(book, 'bid'),
    asks: levelsOf(book, 'ask'),
    // A window is known up to its last price: that is long to find, and moves.
    horizon: identity.windowed ? NO_HORIZON : placed.horizon,
    ...(identity.windowed && { windowed: true }),
  };
}

/** An image of the top alone: nothing behind it is known. */
export function topEvent(placed: PlacedBook, [bid, ask]: Top): LevelImageEvent {
  const { scale, identity } = placed;
  const horizon = identity.windowed ? NO_HORIZON : placed.horizon;
  const levels = (best: Best): Levels => best ?? [];
  return {
    type: 'image',
    point: pointOf(placed),
    scale,
    bids: levels(bid),
    asks: levels(ask),
    horizon: { bid: bid?.[0] ?? horizon.bid, ask: ask?.[0] ?? horizon.ask },
  };
}

/** @param update has been applied, and nothing after it. */
export function updateEvent(placed: PlacedBook, update: BookUpdate): LevelUpdateEvent {
  const levels = changedLevels(placed.book, update);
  return { type: 'update', point: pointOf(placed), scale: placed.scale, ...levels };
}

export function topOf(placed: PlacedBook): Top {
  const { book, identity } = placed;
  // A window always shows the best.
  const best = (side: 'bid' | 'ask'): Best =>
    identity.windowed ? book.best(side) : knownBest(book, placed.horizon, side);
  return [best('bid'), best('ask')];
}

/** Of one scale. */
export function isSameTop(a: Top, b: Top): boolean {
  return a.every((best, i) => best?.[0] === b[i]?.[0] && best?.[1] === b[i]?.[1]);
}
