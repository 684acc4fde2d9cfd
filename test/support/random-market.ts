/** Random events of some venues whose prices wander apart and come together: a script that can be played again. */

import type { VenueEvent } from '../../pipe/market/events.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import type { SeededRandom } from './seeded-random.ts';
import { START_US, TestVenue } from './strategy-market.ts';
import type { TradingRun } from './trading-run.ts';

export type Step =
  | { readonly type: 'event'; readonly event: VenueEvent; readonly atUs: number }
  | { readonly type: 'time'; readonly atUs: number };

/** Every moment is another one, so that what happened between two is plain. */
export function randomScript(
  random: SeededRandom,
  venues: readonly Venue[],
  count: number,
): Step[] {
  const makers = venues.map((venue) => new RandomVenue(venue, random));
  const steps: Step[] = [];
  let atUs = START_US;
  for (let i = 0; i < count; i++) {
    atUs += 1 + random.integer(0, random.chance(0.02) ? 700_000 : 40_000);
    if (random.chance(0.15)) steps.push({ type: 'time', atUs });
    else steps.push({ type: 'event', event: random.pick(makers).next(atUs), atUs });
  }
  return steps;
}

export function play(run: TradingRun, script: readonly Step[]): void {
  for (const step of script) {
    if (step.type === 'event') run.onEvent(step.event);
    else run.onTime(step.atUs);
  }
}

class RandomVenue {
  readonly #maker: TestVenue;
  readonly #random: SeededRandom;
  /** In ticks of 0.01. */
  #middle = 10_000;
  #isProven = false;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  constructor(venue: Venue, random: SeededRandom) {
    this.#maker = new TestVenue(venue);
    this.#random = random;
  }

  next(atUs: number): VenueEvent {
    const random = this.#random;
    if (this.#isProven && random.chance(0.01)) {
      this.#isProven = false;
      return this.#maker.gap(atUs);
    }
    if (!this.#isProven || random.chance(0.02)) return this.#image(atUs);
    this.#middle +=
      random.integer(-12, 12) + Math.sign(10_000 - this.#middle) * random.integer(0, 3);
    const isBid = random.chance(0.5);
    const price = this.#middle + (isBid ? -1 : 1) * random.integer(1, 8);
    const size = random.chance(0.2) ? 0 : random.integer(1, 30_000);
    const own: Levels = [[price, size]];
    // A venue whose own orders cross is rare, but there is one now and then.
    const crossed = random.chance(0.99)
      ? [...(isBid ? this.#asks : this.#bids).keys()].filter((other) =>
          isBid ? other <= price : other >= price,
        )
      : [];
    const gone: Levels = crossed.map((other) => [other, 0]);
    const [bids, asks] = isBid ? [own, gone] : [gone, own];
    apply(this.#bids, bids);
    apply(this.#asks, asks);
    return this.#maker.update(atUs, text(bids), text(asks));
  }

  #image(atUs: number): VenueEvent {
    this.#isProven = true;
    const side = (sign: 1 | -1): Levels =>
      [1, 2, 4, 7].map((distance) => [
        this.#middle + sign * distance,
        this.#random.integer(1, 20_000),
      ]);
    const [bids, asks] = [side(-1), side(1)];
    this.#bids.clear();
    this.#asks.clear();
    apply(this.#bids, bids);
    apply(this.#asks, asks);
    return this.#maker.image(atUs, text(bids), text(asks));
  }
}

type Levels = (readonly [price: number, size: number])[];

function apply(side: Map<number, number>, levels: Levels): void {
  for (const [price, size] of levels) {
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}

const text = (levels: Levels): string =>
  levels.map(([price, size]) => `${price / 100}×${size / 10_000}`).join(' ');
