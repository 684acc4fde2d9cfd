/** The simplest L2 book with the number of orders at each level, changed at random: an oracle. */

import type { LevelCounts, LevelSides } from '../../logger/market/events.ts';
import type { SeededRandom } from './seeded-random.ts';

interface Level {
  readonly size: number;
  readonly count: number;
}

interface CountedChange {
  readonly bids: number[];
  readonly asks: number[];
  readonly counts: LevelCounts;
}

export class NaiveCountedBook {
  readonly #random: SeededRandom;
  readonly #bids = new Map<number, Level>();
  readonly #asks = new Map<number, Level>();

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Bids from 900 to 999, asks from 1001 to 1100; deletes, and levels that are set twice, too. */
  change(levels = this.#random.integer(0, 5)): CountedChange {
    const random = this.#random;
    const change = { bids: [] as number[], asks: [] as number[] };
    const counts = { bids: [] as number[], asks: [] as number[] };
    for (let i = 0; i < levels; i++) {
      const side = random.pick(['bids', 'asks'] as const);
      const price = 1000 + (side === 'bids' ? -1 : 1) * random.integer(1, 100);
      const level = random.chance(0.3)
        ? { size: 0, count: 0 }
        : { size: random.integer(1, 5000), count: random.pick([1, 1, 2, 3, 40, 70_000]) };
      change[side].push(price, level.size);
      counts[side].push(level.count);
      const map = side === 'bids' ? this.#bids : this.#asks;
      if (level.size === 0) map.delete(price);
      else map.set(price, level);
    }
    return { ...change, counts };
  }

  sides(depth = Infinity): LevelSides & { readonly counts: LevelCounts } {
    const sorted = (side: ReadonlyMap<number, Level>, sign: 1 | -1) =>
      [...side].sort(([a], [b]) => sign * (a - b)).slice(0, depth);
    const [bids, asks] = [sorted(this.#bids, -1), sorted(this.#asks, 1)];
    return {
      level: 'L2',
      bids: bids.flatMap(([price, { size }]) => [price, size]),
      asks: asks.flatMap(([price, { size }]) => [price, size]),
      counts: {
        bids: bids.map(([, { count }]) => count),
        asks: asks.map(([, { count }]) => count),
      },
    };
  }
}
