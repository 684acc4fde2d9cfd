import { expect, it } from 'vitest';
import { floorDivide } from '../../../../../pipe/market/exact.ts';
import { highestOf } from '../../../../../pipe/strategy/arbitrage/weighted-floor.ts';
import { seededRandom, testSeed } from '../../../../support/seeded-random.ts';

const seed = testSeed();

it(`the highest place of a line plus a staircase is found as by trying all [seed ${seed}]`, () => {
  const random = seededRandom(seed);
  const integer = (from: number, to: number): bigint => BigInt(random.integer(from, to));
  for (let i = 0; i < 20_000; i++) {
    const size = random.pick([3, 10, 1000]);
    const line = {
      slope: integer(-size, size),
      step: integer(-size, size),
      rise: integer(0, size),
      offset: integer(-size, size),
      run: integer(1, size),
    };
    const count = integer(1, 40);
    let best = { x: 0n, value: 0n };
    for (let x = 0n; x < count; x++) {
      const value = line.slope * x + line.step * floorDivide(line.rise * x + line.offset, line.run);
      if (x === 0n || value > best.value) best = { x, value };
    }
    const text = `${Object.entries(line).join(' ')} count ${count}`;
    expect({ text, ...highestOf(line, count) }).toEqual({ text, ...best });
  }
});
