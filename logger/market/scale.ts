/** Converts prices and sizes to a finer scale, which is exact because it only appends zeros. Pure. */

import { rescale } from './decimal.ts';
import type { Scale, ScaledInt } from './decimal.ts';
import type {
  BookSides,
  Horizon,
  LevelSides,
  Levels,
  MarketEvent,
  RestingOrder,
} from './events.ts';

export function isSameScale(a: Scale, b: Scale): boolean {
  return a.priceExponent === b.priceExponent && a.sizeExponent === b.sizeExponent;
}

/** The coarsest scale that is at least as fine as both. */
export function finerScale(a: Scale, b: Scale): Scale {
  return {
    priceExponent: Math.max(a.priceExponent, b.priceExponent),
    sizeExponent: Math.max(a.sizeExponent, b.sizeExponent),
  };
}

/** The same levels at a scale that is at least as fine. */
export function rescaleLevels(levels: Levels, from: Scale, to: Scale): Levels {
  if (isSameScale(from, to)) return levels;
  return levels.map((value, i) =>
    i % 2 === 0
      ? rescale(value, from.priceExponent, to.priceExponent)
      : rescale(value, from.sizeExponent, to.sizeExponent),
  );
}

export function rescaleHorizon(horizon: Horizon, from: Scale, to: Scale): Horizon {
  const finer = (price: ScaledInt | null): ScaledInt | null =>
    price === null ? null : rescale(price, from.priceExponent, to.priceExponent);
  return { bid: finer(horizon.bid), ask: finer(horizon.ask) };
}

/** The same orders at a scale that is at least as fine. */
export function rescaleOrders(
  orders: readonly RestingOrder[],
  from: Scale,
  to: Scale,
): readonly RestingOrder[] {
  if (isSameScale(from, to)) return orders;
  return orders.map(({ orderId, price, size }) => ({
    orderId,
    price: rescale(price, from.priceExponent, to.priceExponent),
    size: rescale(size, from.sizeExponent, to.sizeExponent),
  }));
}

export function rescaleLevelSides(
  { bids, asks, counts }: LevelSides,
  from: Scale,
  to: Scale,
): LevelSides {
  return {
    level: 'L2',
    bids: rescaleLevels(bids, from, to),
    asks: rescaleLevels(asks, from, to),
    ...(counts && { counts }),
  };
}

export function rescaleSides(sides: BookSides, from: Scale, to: Scale): BookSides {
  return sides.level === 'L2'
    ? rescaleLevelSides(sides, from, to)
    : {
        level: 'L3',
        bids: rescaleOrders(sides.bids, from, to),
        asks: rescaleOrders(sides.asks, from, to),
      };
}

/** The event fields that hold prices, and those that hold sizes. */
const PRICES = ['price', 'oldPrice', 'newPrice', 'stopPrice'] as const;
const SIZES = ['size', 'remainingSize', 'oldSize', 'newSize'] as const;

export function rescaleEvent<Event extends MarketEvent>(
  event: Event,
  from: Scale,
  to: Scale,
): Event {
  if (isSameScale(from, to)) return event;
  if (event.type === 'diff') {
    return {
      ...event,
      bids: rescaleLevels(event.bids, from, to),
      asks: rescaleLevels(event.asks, from, to),
    };
  }
  const finer: Record<string, unknown> = { ...event };
  const refine = (names: readonly string[], exponents: readonly [number, number]): void => {
    for (const name of names) {
      const value = finer[name];
      if (value === undefined || value === null) continue;
      finer[name] = rescale(value as ScaledInt, ...exponents);
    }
  };
  refine(PRICES, [from.priceExponent, to.priceExponent]);
  refine(SIZES, [from.sizeExponent, to.sizeExponent]);
  return finer as unknown as Event;
}
