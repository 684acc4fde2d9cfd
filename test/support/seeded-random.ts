/** A small seeded generator (mulberry32) for tests. `SEED=…` in the environment replays a run. */

import type { Random } from '../../logger/runtime/random.ts';

export interface SeededRandom extends Random {
  readonly seed: number;
  /** Uniform integer in [from, to]. */
  integer(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
}

export function seededRandom(seed = testSeed()): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    seed,
    next,
    integer,
    pick: (items) => items[integer(0, items.length - 1)] as (typeof items)[number],
    chance: (probability) => next() < probability,
  };
}

const GIVEN = process.env['SEED'] ? Number(process.env['SEED']) : undefined;

/** The seed of this run: `SEED` if set, else random. Tests show it in their names. */
export function testSeed(): number {
  return GIVEN ?? Math.floor(Math.random() * 2 ** 32);
}

/** Seeds for a test that runs with each of several: from `SEED` on, else from 1, the same in every run. */
export function testSeeds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (GIVEN ?? 1) + i);
}
