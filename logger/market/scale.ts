/** Moving quantities to a finer scale: exact, since that only appends zeros. Pure. */

import { rescale } from './decimal.ts';
import type { Scale, ScaledInt } from './decimal.ts';
import type { Horizon, Levels, MarketEvent } from './events.ts';

export function isSameScale(a: Scale, b: Scale): boolean {
  return a.priceExponent === b.priceExponent && a.sizeExponent === b.sizeExponent;
}

/** The coarsest scale that is fine enough for both. */
export function finerScale(a: Scale, b: Scale): Scale {
  return {
    priceExponent: Math.max(a.priceExponent, b.priceExponent),
    sizeExponent: Math.max(a.sizeExponent, b.sizeExponent),
  };
}

/** The same levels at a scale that is finer or equal in both parts. */
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
  return {
    ...event,
    price: rescale(event.price, from.priceExponent, to.priceExponent),
    size: rescale(event.size, from.sizeExponent, to.sizeExponent),
  };
}
