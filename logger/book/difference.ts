/**
 * Compares two books that should be equal: level by level, or order by order including the queues.
 * Pure.
 */

import { compareScaled, formatScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { NO_HORIZON } from '../market/events.ts';
import type { BookSides, Horizon, LevelSides, Levels, RestingOrder } from '../market/events.ts';
import { finerScale, rescaleHorizon, rescaleSides } from '../market/scale.ts';
import type { Side } from './level-book.ts';

/** The content of a book: its sides, and how far each is known to be complete. */
export type BookContent = BookSides & { readonly scale: Scale; readonly horizon: Horizon };

export interface BookDifference {
  /** The levels or orders that differ, by names that are stable between comparisons. */
  readonly places: ReadonlySet<string>;
  /** Describes the first of them. */
  readonly example: string;
  /** Both hold the same orders and sizes; only places in queues differ. */
  readonly isQueueOrderOnly: boolean;
}

/**
 * Compares inside the horizons of both books, which may have different scales; numbers of orders too, if both
 * have them. null: no difference.
 */
export function differenceInside(ours: BookContent, theirs: BookContent): BookDifference | null {
  const scale = finerScale(ours.scale, theirs.scale);
  const a = atScale(ours, scale);
  const b = atScale(theirs, scale);
  return compare(a, b, narrower(a.horizon, b.horizon));
}

/** Compares completely, horizons included. null: no difference. */
export function differenceBetween(ours: BookContent, theirs: BookContent): BookDifference | null {
  const scale = finerScale(ours.scale, theirs.scale);
  const a = atScale(ours, scale);
  const b = atScale(theirs, scale);
  if (!isSameHorizon(a.horizon, b.horizon)) return whole('horizon', 'their horizons differ');
  if (hasCounts(a) !== hasCounts(b)) {
    return whole('counts', 'only one has the number of orders at each level');
  }
  return compare(a, b, NO_HORIZON);
}

function whole(place: string, example: string): BookDifference {
  return { places: new Set([place]), example, isQueueOrderOnly: false };
}

function hasCounts(book: BookContent): boolean {
  return book.level === 'L2' && book.counts !== undefined;
}

/** The horizon of one book is nearer than that of another, on a side at least, and on none further. */
export function isKnownLessFar(one: BookContent, other: BookContent): boolean {
  const scale = finerScale(one.scale, other.scale);
  const a = rescaleHorizon(one.horizon, one.scale, scale);
  const b = rescaleHorizon(other.horizon, other.scale, scale);
  return !isSameHorizon(a, b) && isSameHorizon(a, narrower(a, b));
}

function isSameHorizon(a: Horizon, b: Horizon): boolean {
  return a.bid === b.bid && a.ask === b.ask;
}

function atScale(book: BookContent, scale: Scale): BookContent {
  const horizon = rescaleHorizon(book.horizon, book.scale, scale);
  return { ...rescaleSides(book, book.scale, scale), scale, horizon };
}

function compare(a: BookContent, b: BookContent, edges: Horizon): BookDifference | null {
  const found = new Differences(a.scale);
  if (a.level === 'L2' && b.level === 'L2') {
    compareLevels('bid', levelsInside(a, edges, 'bid'), levelsInside(b, edges, 'bid'), found);
    compareLevels('ask', levelsInside(a, edges, 'ask'), levelsInside(b, edges, 'ask'), found);
  } else if (a.level === 'L3' && b.level === 'L3') {
    compareOrders('bid', a.bids, b.bids, found);
    compareOrders('ask', a.asks, b.asks, found);
    if (found.places.size === 0) {
      compareQueues('bid', a.bids, b.bids, found);
      compareQueues('ask', a.asks, b.asks, found);
    }
  } else {
    found.bookLevel();
  }
  return found.result();
}

class Differences {
  readonly places = new Set<string>();
  readonly #scale: Scale;
  #example = '';
  #isQueueOrderOnly = false;

  constructor(scale: Scale) {
    this.#scale = scale;
  }

  level(side: Side, price: ScaledInt, ours: ScaledInt | undefined, theirs: ScaledInt | undefined) {
    this.#note(`${side} ${price}`, () => {
      const at = formatScaled(price, this.#scale.priceExponent);
      return `${side} ${at}: ${this.#size(ours)}, not ${this.#size(theirs)}`;
    });
  }

  count(side: Side, price: ScaledInt, ours: number | undefined, theirs: number | undefined): void {
    this.#note(`${side} ${price}`, () => {
      const at = formatScaled(price, this.#scale.priceExponent);
      return `${side} ${at}: ${ours} orders, not ${theirs}`;
    });
  }

  order(side: Side, id: string, ours: RestingOrder | undefined, theirs: RestingOrder | undefined) {
    this.#note(`${side} ${id}`, () => {
      return `order ${id} (${side}): ${this.#order(ours)}, not ${this.#order(theirs)}`;
    });
  }

  /** One is an L2 book, the other an L3 book. */
  bookLevel(): void {
    this.#note('kind', () => 'one is an L2 book, the other an L3 book');
  }

  queue(side: Side, id: string, price: ScaledInt): void {
    this.#isQueueOrderOnly = true;
    this.#note(`${side} ${id}`, () => {
      const at = formatScaled(price, this.#scale.priceExponent);
      return `order ${id} (${side}) has another place in the queue at ${at}`;
    });
  }

  result(): BookDifference | null {
    if (this.places.size === 0) return null;
    const { places } = this;
    return { places, example: this.#example, isQueueOrderOnly: this.#isQueueOrderOnly };
  }

  #note(place: string, describe: () => string): void {
    if (this.places.size === 0) this.#example = describe();
    this.places.add(place);
  }

  #size(size: ScaledInt | undefined): string {
    return size === undefined ? 'nothing' : formatScaled(size, this.#scale.sizeExponent);
  }

  #order(order: RestingOrder | undefined): string {
    if (order === undefined) return 'nothing';
    return `${this.#size(order.size)} at ${formatScaled(order.price, this.#scale.priceExponent)}`;
  }
}

/** The horizon within which both books are complete. */
function narrower(a: Horizon, b: Horizon): Horizon {
  const first = (x: ScaledInt | null, y: ScaledInt | null, sign: 1 | -1): ScaledInt | null => {
    if (x === null || y === null) return x ?? y;
    return compareScaled(x, y) * sign <= 0 ? x : y;
  };
  return { bid: first(a.bid, b.bid, -1), ask: first(a.ask, b.ask, 1) };
}

/** Levels of one side, and the numbers of their orders; of more than these, where the others lie behind. */
interface ComparedLevels {
  readonly levels: Levels;
  readonly counts: readonly number[] | undefined;
}

function levelsInside(book: BookContent & LevelSides, edges: Horizon, side: Side): ComparedLevels {
  return side === 'bid'
    ? { levels: inside(book.bids, edges.bid, -1), counts: book.counts?.bids }
    : { levels: inside(book.asks, edges.ask, 1), counts: book.counts?.asks };
}

/** The levels up to an edge. @param sign 1 if prices grow towards the edge, else -1. */
function inside(levels: Levels, edge: ScaledInt | null, sign: 1 | -1): Levels {
  if (edge === null) return levels;
  for (let i = 0; i < levels.length; i += 2) {
    if (compareScaled(levels[i] as ScaledInt, edge) * sign > 0) return levels.slice(0, i);
  }
  return levels;
}

/** A fast path: large books are mostly equal, and a comparison blocks the event loop. */
function isSameList<T>(
  ours: readonly T[],
  theirs: readonly T[],
  isSame: (a: T, b: T) => boolean,
): boolean {
  return ours.length === theirs.length && ours.every((one, i) => isSame(one, theirs[i] as T));
}

function isSameOrder(a: RestingOrder, b: RestingOrder): boolean {
  return a.orderId === b.orderId && a.price === b.price && a.size === b.size;
}

function compareLevels(
  side: Side,
  { levels: ours, counts: ourCounts }: ComparedLevels,
  { levels: theirs, counts: theirCounts }: ComparedLevels,
  found: Differences,
): void {
  const hasNoCounts = ourCounts === undefined || theirCounts === undefined;
  if (hasNoCounts && isSameList(ours, theirs, (a, b) => a === b)) return;
  const places = new Map<ScaledInt, number>();
  for (let i = 0; i < theirs.length; i += 2) places.set(theirs[i] as ScaledInt, i);
  for (let i = 0; i < ours.length; i += 2) {
    const [price, size] = [ours[i] as ScaledInt, ours[i + 1] as ScaledInt];
    const place = places.get(price);
    const other = place === undefined ? undefined : theirs[place + 1];
    places.delete(price);
    if (other !== size || place === undefined) found.level(side, price, size, other);
    else if (hasNoCounts || ourCounts[i / 2] === theirCounts[place / 2]) continue;
    else found.count(side, price, ourCounts[i / 2], theirCounts[place / 2]);
  }
  for (const [price, place] of places) found.level(side, price, undefined, theirs[place + 1]);
}

function compareOrders(
  side: Side,
  ours: readonly RestingOrder[],
  theirs: readonly RestingOrder[],
  found: Differences,
): void {
  if (isSameList(ours, theirs, isSameOrder)) return;
  const others = new Map(theirs.map((order) => [order.orderId, order]));
  for (const order of ours) {
    const other = others.get(order.orderId);
    const isAlike = other?.price === order.price && other.size === order.size;
    if (!isAlike) found.order(side, order.orderId, order, other);
    others.delete(order.orderId);
  }
  for (const order of others.values()) found.order(side, order.orderId, undefined, order);
}

/** Compares the queues of sides that hold the same orders. */
function compareQueues(
  side: Side,
  ours: readonly RestingOrder[],
  theirs: readonly RestingOrder[],
  found: Differences,
): void {
  for (const [i, { orderId, price }] of ours.entries()) {
    if (theirs[i]?.orderId !== orderId) found.queue(side, orderId, price);
  }
}
