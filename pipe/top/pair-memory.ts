/** The tops of all venues of one pair over the last hours. */

import type { PairHistory } from './pair-history.ts';
import { topText } from './top.ts';
import type { Top } from './top.ts';
import { TopSeries } from './top-series.ts';

/** Kept beyond what was asked for: who looks back so far from a moment that is a little past must find it. */
export const MEMORY_MARGIN_US = 600_000_000;

export class PairMemory implements PairHistory {
  readonly #series: Map<string, TopSeries>;
  readonly #memoryUs: number;

  constructor(venues: readonly string[], memoryUs: number) {
    this.#series = new Map(venues.map((venue) => [venue, new TopSeries()]));
    this.#memoryUs = memoryUs + MEMORY_MARGIN_US;
  }

  /** undefined: not a venue of this pair. */
  series(venue: string): TopSeries | undefined {
    return this.#series.get(venue);
  }

  /** @param top null: from then on its book is not proven. */
  set(venue: string, top: Top | null, atUs: number): void {
    const series = this.#series.get(venue);
    series?.append(atUs, top);
    series?.forget(atUs - this.#memoryUs);
  }

  /** Puts before what is known since the start what an archive knows of the time before. */
  fill(venue: string, older: TopSeries): void {
    this.#series.get(venue)?.prepend(older);
  }

  /** Begins anew, behind a time of which nothing is known; `fill` puts what was before in its place. */
  restart(venue: string): TopSeries {
    const before = this.#series.get(venue) ?? new TopSeries();
    if (this.#series.has(venue)) this.#series.set(venue, new TopSeries());
    return before;
  }

  at(venue: string, us: number): { readonly bid: string; readonly ask: string } | null {
    const top = this.#series.get(venue)?.at(us)?.top;
    if (!top) return null;
    const { bid, ask } = topText(top);
    return bid === null || ask === null ? null : { bid, ask };
  }
}
