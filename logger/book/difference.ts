/**
 * Where two books that ought to be the same are not: level by level, or order by order in their
 * queues. Pure. For those who hold a book against another source of it.
 */

import { compareScaled, formatScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { NO_HORIZON } from '../market/events.ts';
import type { BookSides, Horizon, Levels, RestingOrder } from '../market/events.ts';
import { finerScale, rescaleHorizon, rescaleSides } from '../market/scale.ts';
import type { Side } from './level-book.ts';

/** A book as an image shows it: its sides, and how far each is known to be complete. */
export type ShownBook = BookSides & { readonly scale: Scale; readonly horizon: Horizon };

export interface BookDifference {
  /** Levels or orders that are not alike, by names that stay the same from one look to the next. */
  readonly places: ReadonlySet<string>;
  /** The first of them in words. */
  readonly example: string;
  /** The same orders with the same sizes, yet some stand elsewhere in the queue of their price. */
  readonly isQueueOrderAlone: boolean;
}

/** What differs inside the horizons of both, whatever integers they are in; null: nothing. */
export function differenceInside(ours: ShownBook, theirs: ShownBook): BookDifference | null {
  const scale = finerScale(ours.scale, theirs.scale);
  const a = atScale(ours, scale);
  const b = atScale(theirs, scale);
  return compare(a, b, narrower(a.horizon, b.horizon));
}

/** What differs anywhere, also between the horizons themselves; null: nothing. */
export function differenceBetween(ours: ShownBook, theirs: ShownBook): BookDifference | null {
  const scale = finerScale(ours.scale, theirs.scale);
  const a = atScale(ours, scale);
  const b = atScale(theirs, scale);
  const isSameHorizon = a.horizon.bid === b.horizon.bid && a.horizon.ask === b.horizon.ask;
  if (isSameHorizon) return compare(a, b, NO_HORIZON);
  return {
    places: new Set(['horizon']),
    example: 'they are complete down to different prices',
    isQueueOrderAlone: false,
  };
}

function atScale(book: ShownBook, scale: Scale): ShownBook {
  const horizon = rescaleHorizon(book.horizon, book.scale, scale);
  return { ...rescaleSides(book, book.scale, scale), scale, horizon };
}

function compare(a: ShownBook, b: ShownBook, edges: Horizon): BookDifference | null {
  const found = new Findings(a.scale);
  if (a.level === 'L2' && b.level === 'L2') {
    compareLevels('bid', inside(a.bids, edges.bid, -1), inside(b.bids, edges.bid, -1), found);
    compareLevels('ask', inside(a.asks, edges.ask, 1), inside(b.asks, edges.ask, 1), found);
  } else if (a.level === 'L3' && b.level === 'L3') {
    compareOrders('bid', a.bids, b.bids, found);
    compareOrders('ask', a.asks, b.asks, found);
    if (found.places.size === 0) {
      compareQueues('bid', a.bids, b.bids, found);
      compareQueues('ask', a.asks, b.asks, found);
    }
  } else {
    found.kind();
  }
  return found.answer();
}

class Findings {
  readonly places = new Set<string>();
  readonly #scale: Scale;
  #example = '';
  #isQueueOrderAlone = false;

  constructor(scale: Scale) {
    this.#scale = scale;
  }

  level(side: Side, price: ScaledInt, ours: ScaledInt | undefined, theirs: ScaledInt | undefined) {
    this.#note(`${side} ${price}`, () => {
      const at = formatScaled(price, this.#scale.priceExponent);
      return `${side} ${at}: ${this.#size(ours)}, not ${this.#size(theirs)}`;
    });
  }

  order(side: Side, id: string, ours: RestingOrder | undefined, theirs: RestingOrder | undefined) {
    this.#note(`${side} ${id}`, () => {
      return `order ${id} (${side}): ${this.#order(ours)}, not ${this.#order(theirs)}`;
    });
  }

  /** One of the two books has levels, the other orders. */
  kind(): void {
    this.#note('kind', () => 'one is a book of levels, the other one of orders');
  }

  queue(side: Side, id: string, price: ScaledInt): void {
    this.#isQueueOrderAlone = true;
    this.#note(`${side} ${id}`, () => {
      const at = formatScaled(price, this.#scale.priceExponent);
      return `order ${id} (${side}) stands elsewhere in the queue at ${at}`;
    });
  }

  answer(): BookDifference | null {
    if (this.places.size === 0) return null;
    const { places } = this;
    return { places, example: this.#example, isQueueOrderAlone: this.#isQueueOrderAlone };
  }

  #note(place: string, inWords: () => string): void {
    if (this.places.size === 0) this.#example = inWords();
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

/** What both know: up to the edge that comes first. */
function narrower(a: Horizon, b: Horizon): Horizon {
  const first = (x: ScaledInt | null, y: ScaledInt | null, sign: 1 | -1): ScaledInt | null => {
    if (x === null || y === null) return x ?? y;
    return compareScaled(x, y) * sign <= 0 ? x : y;
  };
  return { bid: first(a.bid, b.bid, -1), ask: first(a.ask, b.ask, 1) };
}

/** @param sign 1 where prices grow towards the edge. */
function inside(levels: Levels, edge: ScaledInt | null, sign: 1 | -1): Levels {
  if (edge === null) return levels;
  for (let i = 0; i < levels.length; i += 2) {
    if (compareScaled(levels[i] as ScaledInt, edge) * sign > 0) return levels.slice(0, i);
  }
  return levels;
}

/** Books of hundreds of thousands of orders are mostly the same, and nothing else may run meanwhile. */
function isSameThroughout<T>(
  ours: readonly T[],
  theirs: readonly T[],
  isSame: (a: T, b: T) => boolean,
): boolean {
  return ours.length === theirs.length && ours.every((one, i) => isSame(one, theirs[i] as T));
}

function isSameOrder(a: RestingOrder, b: RestingOrder): boolean {
  return a.orderId === b.orderId && a.price === b.price && a.size === b.size;
}

function compareLevels(side: Side, ours: Levels, theirs: Levels, found: Findings): void {
  if (isSameThroughout(ours, theirs, (a, b) => a === b)) return;
  const sizes = new Map<ScaledInt, ScaledInt>();
  for (let i = 0; i < theirs.length; i += 2) {
    sizes.set(theirs[i] as ScaledInt, theirs[i + 1] as ScaledInt);
  }
  for (let i = 0; i < ours.length; i += 2) {
    const [price, size] = [ours[i] as ScaledInt, ours[i + 1] as ScaledInt];
    const other = sizes.get(price);
    if (other !== size) found.level(side, price, size, other);
    sizes.delete(price);
  }
  for (const [price, size] of sizes) found.level(side, price, undefined, size);
}

function compareOrders(
  side: Side,
  ours: readonly RestingOrder[],
  theirs: readonly RestingOrder[],
  found: Findings,
): void {
  if (isSameThroughout(ours, theirs, isSameOrder)) return;
  const others = new Map(theirs.map((order) => [order.orderId, order]));
  for (const order of ours) {
    const other = others.get(order.orderId);
    const isAlike = other?.price === order.price && other.size === order.size;
    if (!isAlike) found.order(side, order.orderId, order, other);
    others.delete(order.orderId);
  }
  for (const order of others.values()) found.order(side, order.orderId, undefined, order);
}

/** Of sides that hold the same orders. */
function compareQueues(
  side: Side,
  ours: readonly RestingOrder[],
  theirs: readonly RestingOrder[],
  found: Findings,
): void {
  for (const [i, { orderId, price }] of ours.entries()) {
    if (theirs[i]?.orderId !== orderId) found.queue(side, orderId, price);
  }
}
