/**
 * What decisions took of levels and no event has shown yet. A level can't be taken twice: what was taken is
 * gone until an event names that price, or a new image comes.
 */

import { formatScaled } from '../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import type { Levels } from '../../logger/market/events.ts';
import { addExact, largerExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { VenueEvent } from '../market/events.ts';
import type { TakenLevels } from './book-side.ts';

export type TakenSide = 'bid' | 'ask';

/** Of one price: by decision. */
type Takers = Map<string, Exact>;
type Prices = Map<string, Takers>;

const NOTHING: TakenLevels = new Map();

export class TakenOfVenues {
  readonly #venues = new Map<string, { readonly bid: Prices; readonly ask: Prices }>();

  /** A decision takes so much of a level; what it has taken of it before counts as a part of that. */
  take(
    decision: string,
    level: {
      readonly venue: string;
      readonly side: TakenSide;
      readonly price: string;
      readonly size: Exact;
    },
  ): void {
    const { venue, side, price, size } = level;
    let sides = this.#venues.get(venue);
    if (!sides) this.#venues.set(venue, (sides = { bid: new Map(), ask: new Map() }));
    let takers = sides[side].get(price);
    if (!takers) sides[side].set(price, (takers = new Map()));
    const before = takers.get(decision);
    takers.set(decision, before ? largerExact(before, size) : size);
  }

  of(venue: string, side: TakenSide): TakenLevels {
    const prices = this.#venues.get(venue)?.[side];
    if (!prices || prices.size === 0) return NOTHING;
    return new Map(
      [...prices].map(([price, takers]) => [price, [...takers.values()].reduce(addExact)]),
    );
  }

  /** @param scale of the book that the event moved; undefined: it has none. */
  apply(event: VenueEvent, scale: Scale | undefined, venue = event.venue.name): void {
    if (event.type === 'trade') return;
    const sides = this.#venues.get(venue);
    if (!sides) return;
    if (event.type !== 'update' || scale === undefined) {
      this.#venues.delete(venue);
      return;
    }
    forget(sides.bid, event.bids, scale);
    forget(sides.ask, event.asks, scale);
    if (sides.bid.size + sides.ask.size === 0) this.#venues.delete(venue);
  }
}

function forget(prices: Prices, levels: Levels, scale: Scale): void {
  if (prices.size === 0) return;
  for (let i = 0; i < levels.length; i += 2) {
    prices.delete(formatScaled(levels[i] as ScaledInt, scale.priceExponent));
  }
}
