import { expect, test } from 'vitest';

import { block2 } from '../../../logger/codec/v2/block.ts';
import { Encoder } from '../../../logger/codec/v2/encoder.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf, withRightChecksum } from './damage.ts';
import { randomBlock } from './random-records.ts';

test('a record does not depend on those before it, also if they are damaged', () => {
  const random = seededRandom();
  const content = randomBlock(random);
  const body = block2.encode(content);
  for (let i = 0; i < 20; i++) {
    const other = block2.encode(randomBlock(random));
    for (const { bytes } of flippedBits(other)) {
      outcomeOf(() => block2.decode(withRightChecksum(bytes)));
      if (random.next() < 0.9) break;
    }
    expect(block2.encode(content)).toEqual(body);
    expect(block2.decode(body)).toEqual(content);
  }
});

test('two encoders at once write what each writes alone', () => {
  const write = (encoder: Encoder, bit: number): void => {
    encoder.bit(bit, 1);
    encoder.raw(bit + 2, 3);
    encoder.recentSizes().add(bit);
    expect(encoder.recentSizes().find(bit)).toBe(-1);
  };
  const alone = [0, 1].map((bit) => {
    const encoder = new Encoder(2);
    for (let i = 0; i < 50; i++) write(encoder, bit);
    return encoder.finish();
  });
  const [first, second] = [new Encoder(2), new Encoder(2)];
  for (let i = 0; i < 50; i++) {
    write(first, 0);
    write(second, 1);
  }
  expect([first.finish(), second.finish()]).toEqual(alone);
});
