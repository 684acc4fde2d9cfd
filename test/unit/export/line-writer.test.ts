import { expect, test } from 'vitest';
import { LineWriter } from '../../../logger/export/line-writer.ts';
import { formatScaledSlowly } from '../../../logger/market/decimal.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const random = seededRandom();

function randomDecimal(): ScaledInt {
  const zeros = 10 ** random.integer(0, 9);
  const value = Math.floor(random.next() ** 3 * (Number.MAX_SAFE_INTEGER / zeros)) * zeros;
  if (random.chance(0.05)) return BigInt(value) * 10n ** 12n + 2n ** 53n;
  return random.chance(0.05) ? -value : value;
}

test(`decimals are those of the plain way (seed ${random.seed})`, () => {
  const out = new LineWriter();
  for (let i = 0; i < 2000; i++) {
    const [value, exponent] = [randomDecimal(), random.integer(0, 18)];
    out.decimal(value, exponent);
    expect(Buffer.from(out.take()).toString()).toBe(formatScaledSlowly(value, exponent));
  }
});

test('levels stand between what comes before and after them, however much there is', () => {
  const scale = { priceExponent: 8, sizeExponent: 5 };
  const out = new LineWriter();
  for (const before of [
    '[',
    'a line begins with much text, ',
    'ÄÖ∑ and with letters of any kind, ',
  ]) {
    const levels = Array.from({ length: 8000 }, () => randomDecimal());
    let expected = 'first\n';
    for (let i = 0; i < levels.length; i += 2) {
      const price = formatScaledSlowly(levels[i] as ScaledInt, scale.priceExponent);
      const size = formatScaledSlowly(levels[i + 1] as ScaledInt, scale.sizeExponent);
      expected += `${before}${price};${size}\n`;
    }
    out.text('first\n');
    out.levels(levels, scale, [before, ';', '\n']);
    out.text('x');
    out.drop(1);
    expect(Buffer.from(out.take()).toString()).toBe(expected);
  }
});

test('nothing is written for no levels', () => {
  const out = new LineWriter();
  out.levels([], { priceExponent: 0, sizeExponent: 0 }, ['a', 'b', 'c']);
  expect(out.take()).toHaveLength(0);
});
