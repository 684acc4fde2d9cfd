import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../logger/errors.ts';
import {
  compareScaled,
  formatScaled,
  formatScaledSlowly,
  fractionDigits,
  parseScaled,
  rescale,
} from '../../../logger/market/decimal.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';

describe('decimals', () => {
  test.each([
    ['61837.63000000', 8, 6_183_763_000_000],
    ['61837.63', 8, 6_183_763_000_000],
    ['0.00000001', 8, 1],
    ['0', 8, 0],
    ['0.00000000', 8, 0],
    ['1', 0, 1],
    ['1.50', 1, 15],
    ['92233720368.54775807', 8, 9_223_372_036_854_775_807n],
    ['9007199254740991', 0, Number.MAX_SAFE_INTEGER],
    ['9007199254740992', 0, 9_007_199_254_740_992n],
    ['9007199254740993', 0, 9_007_199_254_740_993n],
    ['90071992.54740993', 8, 9_007_199_254_740_993n],
  ])('%s at %i decimals is %s', (text, exponent, expected) => {
    expect(parseScaled(text, exponent)).toBe(expected);
  });

  test('more decimals than the scale has are reported, never rounded', () => {
    expect(parseScaled('1.005', 2)).toBeUndefined();
    expect(parseScaled('0.000000001', 8)).toBeUndefined();
    expect(fractionDigits('0.1234567890')).toBe(9);
  });

  test.each([
    '',
    '.',
    '1.',
    '.5',
    '-1',
    '+1',
    '1e5',
    'NaN',
    'Infinity',
    ' 1',
    '1 ',
    '1,5',
    '0x10',
    '1.2.3',
    '__proto__',
    '9'.repeat(400),
    `0.${'1'.repeat(400)}`,
    '١',
  ])('%j is rejected', (text) => {
    expect(() => parseScaled(text, 8)).toThrow(WireFormatError);
    expect(() => fractionDigits(text)).toThrow(WireFormatError);
  });

  const seed = testSeed();
  test(`formatted values parse back to the same integer (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let i = 0; i < 20_000; i++) {
      const exponent = random.integer(0, 18);
      const digits = Array.from({ length: random.integer(1, 22) }, () => random.integer(0, 9));
      const exact = BigInt(digits.join(''));
      const text = formatScaled(exact, exponent);
      expect(text).not.toMatch(/\.\d*0$|\.$|^0\d/);
      expect(BigInt(parseScaled(text, exponent) ?? -1)).toBe(exact);
    }
  });

  test(`numbers are formatted as the plain way formats them (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let i = 0; i < 20_000; i++) {
      const exponent = random.integer(0, 18);
      const zeros = 10 ** random.integer(0, 8);
      const value = Math.floor(random.next() ** 4 * (Number.MAX_SAFE_INTEGER / zeros)) * zeros;
      expect(formatScaled(value, exponent)).toBe(formatScaledSlowly(value, exponent));
      const below = Number.MAX_SAFE_INTEGER - random.integer(0, 3);
      expect(formatScaled(below, exponent)).toBe(formatScaledSlowly(below, exponent));
      expect(formatScaled(-value, exponent)).toBe(formatScaledSlowly(-value, exponent));
    }
  });

  test('order and scale hold across both forms', () => {
    expect(compareScaled(1, 2n ** 60n)).toBe(-1);
    expect(compareScaled(2n ** 60n, 2n ** 60n)).toBe(0);
    expect(rescale(15, 1, 3)).toBe(1500);
    expect(rescale(Number.MAX_SAFE_INTEGER, 0, 1)).toBe(90_071_992_547_409_910n);
  });
});
