/** The venues of a post-mortem: those that were named, and those that recorded decisions name. */

import type { Venue } from '../market/venue.ts';
import type { DecisionRecord, Evaluation, RecordedLeg } from '../records/records.ts';
import type { Direction } from '../strategy/arbitrage/plan.ts';
import type { DecisionInputs } from '../strategy/arbitrage/question.ts';

export class VenueIndex {
  readonly #venues = new Map<string, Venue>();

  constructor(venues: readonly Venue[]) {
    for (const venue of venues) this.#venues.set(keyOf(venue.name, venue.security), venue);
  }

  add({ buy, sell }: Evaluation, inputs: DecisionRecord['inputs']): void {
    const { direction } = inputs as unknown as DecisionInputs;
    for (const [leg, side] of [[buy, direction.buy] as const, [sell, direction.sell] as const]) {
      const key = keyOf(leg.venue, leg.security);
      if (!this.#venues.has(key)) this.#venues.set(key, venueOf(leg, side, direction));
    }
  }

  of(name: string, security: string): Venue {
    const venue = this.#venues.get(keyOf(name, security));
    if (venue === undefined) throw new Error(`No venue ${name} (${security})`);
    return venue;
  }

  has({ name, security }: Pick<Venue, 'name' | 'security'>): boolean {
    return this.#venues.has(keyOf(name, security));
  }

  ofLegs({ buy, sell }: Evaluation): { readonly buy: Venue; readonly sell: Venue } {
    return { buy: this.of(buy.venue, buy.security), sell: this.of(sell.venue, sell.security) };
  }

  /** In order of their names. */
  all(): readonly Venue[] {
    return [...this.#venues].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, venue]) => venue);
  }
}

function keyOf(name: string, security: string): string {
  return `${name}\n${security}`;
}

function venueOf(
  { venue: name, security, source }: RecordedLeg,
  { rules }: Direction['buy'],
  { base, quote }: Direction,
): Venue {
  const [exchange = name] = name.split('@');
  const pair = `${base}${quote}`;
  const instrument = { base, quote, tickSize: null, contract: null, ...rules };
  return { name, exchange, source, security, pair, base, quote, instrument };
}
