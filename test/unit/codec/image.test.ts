import { isDeepStrictEqual } from 'node:util';

import { describe, expect, test } from 'vitest';

import { BINANCE_FILES, binanceRecording } from '../../../bench/recordings.ts';
import type { ImageCodec } from '../../../logger/codec/codec.ts';
import { image1 } from '../../../logger/codec/v1/image.ts';
import { image2 } from '../../../logger/codec/v2/image.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';
import type { BookImage, LevelImage } from '../../../logger/market/events.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf, withRightChecksum } from './damage.ts';
import { randomImage } from './random-records.ts';
import { needs, recordings } from '../../support/requirements.ts';

const random = seededRandom();

const IMAGE: LevelImage = {
  level: 'L2',
  sequence: 50_093_239_218,
  exchangeTimeUs: 1_723_161_255_408_000,
  receiveTimeUs: 1_723_161_255_411_207,
  scale: { priceExponent: 2, sizeExponent: 8 },
  horizon: { bid: 9_990, ask: null },
  bids: [10_000, 500, 9_999, 1, 9_995, 123_456_789, 9_990, 500],
  asks: [10_001, 2n ** 60n, 10_002, 500, 2n ** 70n, 7],
};

describe.each<[string, ImageCodec, number]>([
  ['image/1', image1, 3],
  ['image/2', image2, 2.1],
])('%s', (_encoding, codec, most) => {
  function expectSame(image: BookImage): void {
    const decoded = codec.decode(codec.encode(image));
    if (!isDeepStrictEqual(decoded, image)) expect(decoded).toEqual(image);
    expect(isDeepStrictEqual(decoded, image)).toBe(true);
  }

  describe('a base image', () => {
    test('round-trips, however large its numbers', () => expectSame(IMAGE));

    test('of an empty book round-trips', () => {
      expectSame({ ...IMAGE, bids: [], asks: [], horizon: { bid: null, ask: null } });
    });

    test('of one side only round-trips', () => expectSame({ ...IMAGE, bids: [] }));

    test('keeps a horizon beyond 2^53', () => {
      expectSame({ ...IMAGE, horizon: { bid: 0, ask: 2n ** 64n } });
    });

    test(`round-trips for any legal book (SEED=${random.seed})`, () => {
      for (let round = 0; round < 300; round++) expectSame(randomImage(random));
    });

    test('is detected, whichever single bit is flipped', () => {
      for (const { place, bytes } of flippedBits(codec.encode(IMAGE))) {
        expect(() => codec.decode(bytes), place).toThrow(RecordCorruptError);
      }
    });

    test('is detected, wherever it is truncated', () => {
      const body = codec.encode(IMAGE);
      for (let length = 0; length < body.length; length++) {
        expect(() => codec.decode(body.subarray(0, length))).toThrow(RecordCorruptError);
      }
    });

    test(`forged with a valid checksum is rejected or decodes (SEED=${random.seed})`, () => {
      for (let round = 0; round < 3000; round++) {
        const bytes = codec.encode(round % 50 === 0 ? randomImage(random) : IMAGE);
        for (let count = random.integer(1, 4); count > 0; count--) {
          bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
        }
        outcomeOf(() => codec.decode(withRightChecksum(bytes)));
      }
    });
  });

  describe('the recorded Binance snapshot', needs(recordings), () => {
    test(`round-trips in at most ${most} bytes per level`, () => {
      const frames = [...binanceRecording(BINANCE_FILES[0])];
      const snapshot = frames.find((frame) => frame.kind === 'snapshot')?.snapshot;
      if (snapshot === undefined) throw new Error('the recording has no snapshot');
      const { receiveTimeUs, sequence, scale, horizon, bids, asks } = snapshot;
      const times = { receiveTimeUs, exchangeTimeUs: receiveTimeUs };
      const image: BookImage = { level: 'L2', ...times, sequence, scale, horizon, bids, asks };
      expectSame(image);
      const levels = (bids.length + asks.length) / 2;
      expect(levels).toBeGreaterThan(1000);
      expect(codec.encode(image).length / levels).toBeLessThan(most);
    });
  });
});
