/** The top of the books of one pair over all its venues, as a line for each change. */

import { parseSecurity } from '../../logger/market/security.ts';
import type { Venue } from '../market/venue.ts';
import { isSameTop, topText } from './top.ts';
import type { Top } from './top.ts';

export class TopLines {
  readonly #tops = new Map<string, { readonly symbol: string; top: Top | null; json: string }>();
  readonly #head: string;
  #lastMs = 0;

  /** @param isOneOfMany the lines say their pair. */
  constructor(pair: string, venues: readonly Venue[], isOneOfMany = false) {
    this.#head = isOneOfMany ? `,"pair":${JSON.stringify(pair)}` : '';
    for (const { name, security } of venues) {
      this.#tops.set(name, { symbol: parseSecurity(security).symbol, top: null, json: 'null' });
    }
  }

  /**
   * The line that a venue's top brings: JSON without a line end. `event_time` never goes back.
   * @param top null: the venue has no proven book.
   * @returns null: no best price or size changed.
   */
  set(venue: string, top: Top | null, atUs: number): string | null {
    const shown = this.#tops.get(venue);
    if (shown === undefined || isSameTop(shown.top, top)) return null;
    shown.top = top;
    shown.json = top === null ? 'null' : topJson(shown.symbol, top);
    this.#lastMs = Math.max(this.#lastMs, Math.floor(atUs / 1000));
    return this.line(this.#lastMs);
  }

  /** What is known, as a line of this time. */
  line(eventTimeMs: number): string {
    let line = `{"event_time":${eventTimeMs}${this.#head}`;
    for (const [name, { json }] of this.#tops) line += `,${JSON.stringify(name)}:${json}`;
    return `${line}}`;
  }
}

function topJson(symbol: string, top: Top): string {
  const { bid, bidSize, ask, askSize } = topText(top);
  return JSON.stringify({
    symbol,
    top_bid: bid,
    top_bid_quantity: bidSize,
    top_ask: ask,
    top_ask_quantity: askSize,
  });
}
