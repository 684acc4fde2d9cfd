import { describe, expect, test } from 'vitest';

import { GridSample } from '../../../logger/codec/v2/grid.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';

const seed = testSeed();

/** The coarsest step of 1, 2 or 5 times a power of ten that divides all values but one in 64. */
function plainStep(values: readonly ScaledInt[]): number {
  const counted = values.filter((value) => typeof value === 'number' && value !== 0) as number[];
  if (counted.length === 0) return 1;
  const fits = (step: number): boolean =>
    counted.filter((value) => value % step !== 0).length <= Math.floor(counted.length / 64);
  let step = 1;
  while (step < 1e14 && fits(step * 10)) step *= 10;
  return [5, 2].map((factor) => factor * step).find(fits) ?? step;
}

describe('the grid of a sample', () => {
  test(`is the coarsest on which nearly all values lie (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const steps = new Set<number>();
    for (let round = 0; round < 2000; round++) {
      const count = random.pick([1, 2, 30, 63, 64, 65, 130, 700]);
      const power = 10 ** random.integer(0, 15);
      const step = random.pick([1, 2, 5, 3]) * power;
      const most = Math.min(10 ** random.integer(0, 7), Math.floor(2 ** 52 / step));
      const oddShare = random.pick([0, 0, 1 / 100, 1 / 60, 1 / 2]);
      const values = Array.from({ length: count }, (): ScaledInt => {
        if (random.chance(0.01)) return random.pick([0, 10n ** 20n, -1, 2 ** 53 - 1]);
        const value = random.integer(-most, most) * step;
        return random.chance(oddShare) ? value + random.integer(0, power) : value;
      });
      const sample = new GridSample(random.pick([0, count]));
      for (const value of values) sample.add(value);
      const found = sample.grid().step;
      expect(found, `round ${round}`).toBe(plainStep(values));
      steps.add(found);
    }
    expect(steps.size).toBeGreaterThan(20);
  });
});
