/** The levels of an engine that changed since the last diff, with their sizes now. */

import type { LevelChange } from './history.ts';
import type { MatchingEngine } from './matching-engine.ts';
import { changedLevels } from './order-events.ts';
import type { OrderEvent, OrderSide } from './order-events.ts';

/** The two intervals of diffs. */
export type DiffPaceMs = 100 | 1000;

/** Book changes of one interval, in engine units; levels flat: price, size …, best first. */
export interface MarketDiff {
  readonly paceMs: DiffPaceMs;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly timeUs: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

/** Collects the levels that change during an interval; their sizes are read at its end. */
export class DiffCollector {
  readonly #engine: MatchingEngine;
  readonly #paceMs: DiffPaceMs;
  readonly #touched = { buy: new Set<number>(), sell: new Set<number>() };
  #lastSequence: number;

  constructor(engine: MatchingEngine, paceMs: DiffPaceMs) {
    this.#engine = engine;
    this.#paceMs = paceMs;
    this.#lastSequence = engine.sequence;
  }

  onEvent(event: OrderEvent): void {
    const changed = changedLevels(event);
    if (!changed) return;
    for (const price of changed.prices) this.#touched[changed.side].add(price);
  }

  /**
   * The diff since the last one; undefined if nothing changed. A level that came and went within
   * the interval is included with size 0, as on the real exchange.
   */
  take(timeUs: number): { diff: MarketDiff; changes: LevelChange[] } | undefined {
    const lastSequence = this.#engine.sequence;
    if (lastSequence === this.#lastSequence) return undefined;
    const buys = [...this.#touched.buy].sort((a, b) => b - a);
    const sells = [...this.#touched.sell].sort((a, b) => a - b);
    this.#touched.buy.clear();
    this.#touched.sell.clear();
    const changes = [
      ...buys.map((price) => this.#change('buy', price)),
      ...sells.map((price) => this.#change('sell', price)),
    ];
    const flat = (side: OrderSide): number[] =>
      changes.flatMap((change) => (change.side === side ? [change.price, change.size] : []));
    const diff: MarketDiff = {
      paceMs: this.#paceMs,
      firstSequence: this.#lastSequence + 1,
      lastSequence,
      timeUs,
      bids: flat('buy'),
      asks: flat('sell'),
    };
    this.#lastSequence = lastSequence;
    return { diff, changes };
  }

  #change(side: OrderSide, price: number): LevelChange {
    return { side, price, size: this.#engine.levelSize(side, price) };
  }
}
