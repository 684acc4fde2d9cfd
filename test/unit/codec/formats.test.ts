import { describe, expect, test } from 'vitest';

import type { BlockContent } from '../../../logger/codec/codec.ts';
import {
  decodeBlock,
  decodeImage,
  newestBlock,
  newestImage,
} from '../../../logger/codec/formats.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';
import type { BookImage } from '../../../logger/market/events.ts';

const SCALE = { priceExponent: 2, sizeExponent: 2 };
const BLOCK: BlockContent = { scale: SCALE, previousSequence: 3, events: [] };
const IMAGE: BookImage = {
  level: 'L2',
  sequence: 3,
  exchangeTimeUs: 1,
  receiveTimeUs: 2,
  scale: SCALE,
  horizon: { bid: null, ask: null },
  bids: [],
  asks: [],
};

describe('the encoding name of a record picks its decoder', () => {
  test('what the newest codecs write, their names read', () => {
    expect(decodeBlock(newestBlock('L2').encoding, newestBlock('L2').encode(BLOCK))).toEqual(BLOCK);
    expect(decodeImage(newestImage('L2').encoding, newestImage('L2').encode(IMAGE))).toEqual(IMAGE);
  });

  test('version 1 stays readable by its name', () => {
    expect(decodeBlock('block/1', newestBlock('L2').encode(BLOCK))).toEqual(BLOCK);
    expect(decodeImage('image/1', newestImage('L2').encode(IMAGE))).toEqual(IMAGE);
  });

  test.each(['block/2', 'block/17'])('%s says that a newer program wrote it', (encoding) => {
    const decode = (): BlockContent => decodeBlock(encoding, newestBlock('L2').encode(BLOCK));
    expect(decode).toThrow(RecordCorruptError);
    expect(decode).toThrow(/newer program wrote this block.*"block\/[0-9]+".*block\/1/);
  });

  test('an unknown image version says that a newer program wrote it', () => {
    const decode = (): BookImage => decodeImage('image/2', newestImage('L2').encode(IMAGE));
    expect(decode).toThrow(RecordCorruptError);
    expect(decode).toThrow(/newer program wrote this image/);
  });

  test.each(['', 'image/1', 'block/01', 'block', '__proto__', 'x'.repeat(10_000)])(
    'a block is not read by the name %j',
    (encoding) => {
      expect(() => decodeBlock(encoding, newestBlock('L2').encode(BLOCK))).toThrow(
        RecordCorruptError,
      );
    },
  );

  test('an image is not a block, nor a block an image', () => {
    expect(() => decodeBlock('block/1', newestImage('L2').encode(IMAGE))).toThrow(
      RecordCorruptError,
    );
    expect(() => decodeImage('image/1', newestBlock('L2').encode(BLOCK))).toThrow(
      RecordCorruptError,
    );
  });
});
