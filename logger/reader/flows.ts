/** What was traded between two ticks of a cadence, by the taker's side. Pure. */

import { addScaled, multiplyScaled, rescale } from '../market/decimal.ts';
import type { Scale } from '../market/decimal.ts';
import type { MarketEvent } from '../market/events.ts';
import type { ClockName } from '../market/time.ts';
import type { Flows } from '../queries/items.ts';
import { tradeIn } from '../queries/trade-item.ts';
import { timeOf } from './range.ts';

const NONE: Flows = {
  upticks: { notional: 0, count: 0 },
  downticks: { notional: 0, count: 0 },
  notionalExponent: 0,
};

export class FlowTicks {
  readonly #everyUs: number;
  readonly #clock: ClockName;
  /** By the tick that ends their period. */
  readonly #flows = new Map<number, Flows>();

  constructor(everyUs: number, clock: ClockName) {
    this.#everyUs = everyUs;
    this.#clock = clock;
  }

  add(events: readonly MarketEvent[], scale: Scale): void {
    for (const event of events) {
      const trade = tradeIn(event, scale);
      if (trade === undefined) continue;
      const tickUs = Math.ceil(timeOf(trade, this.#clock) / this.#everyUs) * this.#everyUs;
      const exponent = trade.scale.priceExponent + trade.scale.sizeExponent;
      const flows = atExponent(this.#flows.get(tickUs) ?? NONE, exponent);
      const side = trade.side === 'buy' ? 'upticks' : 'downticks';
      const own = multiplyScaled(trade.price, trade.size);
      const notional = addScaled(
        flows[side].notional,
        rescale(own, exponent, flows.notionalExponent),
      );
      const count = flows[side].count + 1;
      this.#flows.set(tickUs, { ...flows, [side]: { notional, count } });
    }
  }

  /** The flows of the period that ends at a tick; those before it are forgotten. */
  take(tickUs: number): Flows {
    const flows = this.#flows.get(tickUs) ?? NONE;
    this.forgetBefore(tickUs + 1);
    return flows;
  }

  /** Forgets the periods that end before a time. */
  forgetBefore(endUs: number): void {
    for (const us of this.#flows.keys()) if (us < endUs) this.#flows.delete(us);
  }
}

/** The same, at an exponent that is at least as large as both. */
function atExponent(flows: Flows, exponent: number): Flows {
  const { notionalExponent: from, upticks, downticks } = flows;
  if (exponent <= from) return flows;
  return {
    upticks: { ...upticks, notional: rescale(upticks.notional, from, exponent) },
    downticks: { ...downticks, notional: rescale(downticks.notional, from, exponent) },
    notionalExponent: exponent,
  };
}
