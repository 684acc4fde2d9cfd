import { describe, expect, test } from 'vitest';
import { course, slope, warmUpSeconds } from '../../../bench/soak/slope.ts';
import { seededRandom } from '../../../sandbox/prng.ts';

const line = (growth: number, noise = (): number => 0) =>
  Array.from({ length: 100 }, (_, i) => ({
    seconds: 2 * i,
    value: 50 + growth * 2 * i + noise(),
  }));

describe('the slope', () => {
  test.each([3, 0, -0.25])('of a straight line is its own: %s', (growth) => {
    expect(slope(line(growth))).toBeCloseTo(growth, 9);
  });

  test('sees through noise', () => {
    const random = seededRandom(1);
    expect(slope(line(1, () => random.next() - 0.5))).toBeCloseTo(1, 1);
  });

  test('of too few points, or of a single time, is unknown', () => {
    expect(slope(line(1).slice(0, 2))).toBeNull();
    expect(slope([1, 2, 3].map((value) => ({ seconds: 7, value })))).toBeNull();
  });
});

test.each([
  [24, 12],
  [300, 120],
  [3600, 720],
])('of %i s the first %i s are warm-up', (life, warmUp) => {
  expect(warmUpSeconds(life)).toBe(warmUp);
});

test('a course has the first, last and highest value', () => {
  const points = [5, 9, 7].map((value, seconds) => ({ seconds, value }));
  expect(course(points)).toEqual({ first: 5, last: 7, max: 9 });
  expect(course([])).toBeNull();
});
