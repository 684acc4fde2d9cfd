import { describe, expect, test } from 'vitest';

import type { BlockContent } from '../../../logger/codec/codec.ts';
import {
  decodeBlock,
  decodeImage,
  newestBlock,
  newestImage,
  storedBlock,
  storedImage,
} from '../../../logger/codec/formats.ts';
import { block1 } from '../../../logger/codec/v1/block.ts';
import { image1 } from '../../../logger/codec/v1/image.ts';
import { block2 } from '../../../logger/codec/v2/block.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';
import type { BookImage, MarketEvent, TradeId } from '../../../logger/market/events.ts';

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

describe('the encoding of a record picks its decoder', () => {
  test('records of the newest codecs decode by their encoding', () => {
    expect(decodeBlock(newestBlock('L2').encoding, newestBlock('L2').encode(BLOCK))).toEqual(BLOCK);
    expect(decodeImage(newestImage('L2').encoding, newestImage('L2').encode(IMAGE))).toEqual(IMAGE);
  });

  test('large blocks of levels are stored in version 1, unless it has no place for their trades', () => {
    const times = { exchangeTimeUs: 1, receiveTimeUs: 2 };
    const levels = Array.from({ length: 3000 }, (_, i) => [i + 1, 1]).flat();
    const diff = (firstSequence: number): MarketEvent => {
      const numbers = { firstSequence, lastSequence: firstSequence };
      return { type: 'diff', ...numbers, ...times, bids: levels, asks: [] };
    };
    const trade = (tradeId: TradeId): MarketEvent => {
      const place = { sequence: null, eventTimeUs: 1, ...times };
      return { type: 'trade', tradeId, ...place, price: 1, size: 1, side: 'buy' };
    };
    const stored = (...events: MarketEvent[]): string => {
      const codec = storedBlock('L2', { ...BLOCK, events });
      const content = { ...BLOCK, events };
      expect(decodeBlock(codec.encoding, codec.encode(content))).toEqual(content);
      return codec.encoding;
    };
    expect(stored(diff(4))).toBe('block/2');
    expect(stored(diff(4), diff(5), trade(7))).toBe('block/1');
    expect(stored(diff(4), diff(5), trade('7a'))).toBe('block/2');
    const tradeScale = { priceExponent: 3, sizeExponent: 2 };
    const content = { ...BLOCK, tradeScale, events: [diff(4), diff(5)] };
    expect(storedBlock('L2', content).encoding).toBe('block/2');
    expect(storedBlock('L3', BLOCK).encoding).toBe('orders/2');
    const sides = { bids: [], asks: [] };
    expect(storedImage({ level: 'L2', ...sides }).encoding).toBe('image/1');
    expect(storedImage({ level: 'L3', ...sides }).encoding).toBe('orders-image/2');
  });

  test('version 1 stays readable', () => {
    expect(decodeBlock('block/1', block1.encode(BLOCK))).toEqual(BLOCK);
    expect(decodeImage('image/1', image1.encode(IMAGE))).toEqual(IMAGE);
  });

  test('a body of one version is not one of another', () => {
    expect(() => decodeBlock('block/1', block2.encode(BLOCK))).toThrow(/its version is 2, not 1/);
    expect(() => decodeBlock('block/2', block1.encode(BLOCK))).toThrow(/its version is 1, not 2/);
  });

  test('trades at a scale of their own are read at the finer one', () => {
    const times = { exchangeTimeUs: 1, receiveTimeUs: 2 };
    const diff = { type: 'diff', firstSequence: 4, lastSequence: 5, ...times } as const;
    const trade = {
      type: 'trade',
      tradeId: 'A',
      sequence: null,
      eventTimeUs: 1,
      ...times,
    } as const;
    const content: BlockContent = {
      scale: { priceExponent: 1, sizeExponent: 2 },
      tradeScale: { priceExponent: 3, sizeExponent: 0 },
      previousSequence: 3,
      events: [
        { ...diff, bids: [10, 7], asks: [] },
        { ...trade, price: 1005, size: 3, side: 'buy' },
      ],
    };
    expect(decodeBlock('block/2', block2.encode(content))).toEqual({
      scale: { priceExponent: 3, sizeExponent: 2 },
      previousSequence: 3,
      events: [
        { ...diff, bids: [1000, 7], asks: [] },
        { ...trade, price: 1005, size: 300, side: 'buy' },
      ],
    });
  });

  test.each(['block/3', 'block/17'])('%s is reported as written by a newer version', (encoding) => {
    const decode = (): BlockContent => decodeBlock(encoding, newestBlock('L2').encode(BLOCK));
    expect(decode).toThrow(RecordCorruptError);
    expect(decode).toThrow(/block was written by a newer version.*"block\/[0-9]+".*block\/1/);
  });

  test('an unknown image version is reported as written by a newer version', () => {
    const decode = (): BookImage => decodeImage('image/3', newestImage('L2').encode(IMAGE));
    expect(decode).toThrow(RecordCorruptError);
    expect(decode).toThrow(/image was written by a newer version/);
  });

  test.each(['', 'image/1', 'block/01', 'block', '__proto__', 'x'.repeat(10_000)])(
    '%j is rejected as the encoding of a block',
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
