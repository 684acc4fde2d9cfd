import { isDeepStrictEqual } from 'node:util';

import { describe, expect, test } from 'vitest';

import { binanceEvents, RECORDING_SCALE } from '../../../bench/recordings.ts';
import { block1 } from '../../../logger/codec/v1/block.ts';
import { block2 } from '../../../logger/codec/v2/block.ts';
import type { BlockCodec, BlockContent } from '../../../logger/codec/codec.ts';
import { InvariantError, LimitExceededError, RecordCorruptError } from '../../../logger/errors.ts';
import type { Diff, MarketEvent, Trade } from '../../../logger/market/events.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf, withRightChecksum } from './damage.ts';
import { randomBlock, withNewFields } from './random-records.ts';
import { needs, recordings } from '../../support/requirements.ts';

const random = seededRandom();
const SCALE = { priceExponent: 2, sizeExponent: 5 };

const diff = (fields: Partial<Diff>): Diff => ({
  type: 'diff',
  firstSequence: 11,
  lastSequence: 12,
  exchangeTimeUs: 1_000_000,
  receiveTimeUs: 1_000_321,
  bids: [],
  asks: [],
  ...fields,
});

const trade = (fields: Partial<Trade>): Trade => ({
  type: 'trade',
  tradeId: 7,
  sequence: null,
  exchangeTimeUs: 999_000,
  eventTimeUs: 1_000_000,
  receiveTimeUs: 1_000_400,
  price: 10_000,
  size: 5,
  side: 'buy',
  ...fields,
});

function block(...events: MarketEvent[]): BlockContent {
  return { scale: SCALE, previousSequence: 10, events };
}

describe.each<[string, BlockCodec, number]>([
  ['block/1', block1, 2.6],
  ['block/2', block2, 2.25],
])('%s', (_encoding, codec, most) => {
  function expectSame(content: BlockContent): void {
    const body = codec.encode(content);
    const decoded = codec.decode(body);
    if (!isDeepStrictEqual(decoded, content)) expect(decoded).toEqual(content);
    expect(isDeepStrictEqual(decoded, content)).toBe(true);
  }

  describe('a block round-trips', () => {
    test.each<[string, BlockContent]>([
      ['when it is empty', block()],
      ['with trades alone', block(trade({}), trade({ tradeId: 9, side: 'sell' }))],
      ['with a diff that changes nothing', block(diff({}))],
      [
        'with phantom deletes and updates that change nothing',
        block(diff({ bids: [100, 5, 99, 0] }), diff({ bids: [100, 5, 98, 0], asks: [101, 0] })),
      ],
      [
        'with levels in no order and the same level several times in one diff',
        block(diff({ bids: [100, 5, 103, 6, 101, 1, 103, 0, 103, 9, 103, 9, 103, 0, 103, 0] })),
      ],
      [
        'with a level that is deleted and another that takes its place in one diff',
        block(diff({ asks: [100, 5, 101, 6] }), diff({ asks: [100, 0, 102, 5, 100, 7, 101, 0] })),
      ],
      [
        'with sizes off the lot grid, and updates of those',
        block(
          diff({ bids: [100, 500_000, 99, 200_000, 98, 300_000, 97, 100_000, 96, 123_457] }),
          diff({ bids: [96, 123_458, 97, 100_001] }),
          diff({ bids: [96, 100_000, 97, 0, 96, 200_000] }),
        ),
      ],
      [
        'with prices and sizes beyond 2^53',
        block(
          diff({ bids: [2n ** 80n, 5, 100, 2n ** 120n + 1n], asks: [2n ** 53n, 2n ** 53n] }),
          diff({ bids: [2n ** 80n, 0, 100, 2n ** 121n] }),
          trade({ price: 2n ** 70n, size: 2n ** 71n, side: 'sell' }),
        ),
      ],
      [
        'with a book as wide as integers go',
        block(
          diff({ bids: [Number.MAX_SAFE_INTEGER, 1, 1, 1, 0, 3] }),
          diff({ bids: [2 ** 49, 1, 2 ** 49 - 1, 2, 5, 1, 0, 0] }),
        ),
      ],
      [
        'with overlapping sequences and times that go back',
        block(
          diff({ firstSequence: 50, lastSequence: 60, exchangeTimeUs: 9e15 }),
          diff({ firstSequence: 40, lastSequence: 55, exchangeTimeUs: -5, receiveTimeUs: -9e15 }),
          trade({ tradeId: Number.MAX_SAFE_INTEGER, eventTimeUs: 1 }),
          trade({ tradeId: -Number.MAX_SAFE_INTEGER, exchangeTimeUs: 0 }),
        ),
      ],
      [
        'with numbered and unnumbered trades',
        block(trade({ sequence: 5 }), trade({}), trade({ sequence: 6 }), trade({ sequence: 0 })),
      ],
      [
        'with trades before, between and after diffs',
        block(...Array.from({ length: 40 }, (_, i) => (i % 13 === 12 ? diff({}) : trade({})))),
      ],
      ['with a price of zero on both sides', block(diff({ bids: [0, 4], asks: [0, 4, 1, 2] }))],
    ])('%s', (_, content) => expectSame(content));

    test(`with any legal events (SEED=${random.seed})`, () => {
      for (let round = 0; round < 400; round++) expectSame(randomBlock(random));
    });

    test(`encodes to the same bytes every time (SEED=${random.seed})`, () => {
      for (let round = 0; round < 20; round++) {
        const content = randomBlock(random);
        expect(codec.encode(content)).toEqual(codec.encode(structuredClone(content)));
      }
    });
  });

  describe('a damaged block', () => {
    const content = block(
      ...Array.from({ length: 30 }, (_, i) =>
        i % 3 === 2
          ? trade({ tradeId: i, size: i * 7 })
          : diff({
              firstSequence: i,
              bids: [100 - i, i, 90, i + 1],
              asks: [200 + i, 3, 300, i % 2],
            }),
      ),
    );
    const body = codec.encode(content);

    test('is detected, whichever single bit is flipped', () => {
      for (const { place, bytes } of flippedBits(body)) {
        expect(() => codec.decode(bytes), place).toThrow(RecordCorruptError);
      }
    });

    test('is detected, wherever it is truncated or extended', () => {
      for (let length = 0; length < body.length; length++) {
        expect(() => codec.decode(body.subarray(0, length))).toThrow(RecordCorruptError);
      }
      expect(() => codec.decode(Uint8Array.of(...body, 0))).toThrow(RecordCorruptError);
      expect(() => codec.decode(Uint8Array.of(...body, ...body))).toThrow(RecordCorruptError);
    });

    test('with a valid checksum either decodes or is rejected, whichever bit is forged', () => {
      let refused = 0;
      for (const { bytes } of flippedBits(body)) {
        if (outcomeOf(() => codec.decode(withRightChecksum(bytes))) === 'corrupt') refused++;
      }
      expect(refused).toBeGreaterThan(body.length);
    });

    test(`with a valid checksum and many forged bytes is rejected or decodes (SEED=${random.seed})`, () => {
      for (let round = 0; round < 3000; round++) {
        const bytes = codec.encode(round % 100 === 0 ? randomBlock(random) : content).slice();
        for (let count = random.integer(1, 6); count > 0; count--) {
          bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
        }
        outcomeOf(() => codec.decode(withRightChecksum(bytes)));
      }
    });

    test('of another version is rejected', () => {
      const bytes = body.slice();
      bytes[0] = 3;
      expect(() => codec.decode(withRightChecksum(bytes))).toThrow(/version/);
    });

    test('decodes from a view into a larger buffer', () => {
      const larger = new Uint8Array(body.length + 20).fill(0xaa);
      larger.set(body, 7);
      expect(codec.decode(larger.subarray(7, 7 + body.length))).toEqual(content);
    });
  });

  describe('real Binance frames', needs(recordings), () => {
    const events = recordings.isMet ? binanceEvents() : [];

    function cut(us: number): BlockContent[] {
      const blocks: BlockContent[] = [];
      for (let from = 0; from < events.length;) {
        const start = (events[from] as MarketEvent).receiveTimeUs;
        let to = from;
        while (to < events.length && (events[to] as MarketEvent).receiveTimeUs - start < us) to++;
        blocks.push({
          scale: RECORDING_SCALE,
          previousSequence: 50_093_239_188,
          events: events.slice(from, to),
        });
        from = to;
      }
      return blocks;
    }

    test(`round-trip in blocks of 60 s, at most ${most} bytes per level change`, () => {
      let bytes = 0;
      let levelChanges = 0;
      for (const content of cut(60_000_000)) {
        expectSame(content);
        bytes += codec.encode(content).length;
        for (const event of content.events) {
          if (event.type === 'diff') levelChanges += (event.bids.length + event.asks.length) / 2;
        }
      }
      expect(levelChanges).toBe(298_111);
      expect(bytes / levelChanges).toBeLessThan(most);
    });

    test('round-trip in blocks of one second', () => {
      for (const content of cut(1_000_000)) expectSame(content);
    });

    test('of one second: any flipped bit is detected', () => {
      const body = codec.encode(cut(1_000_000)[10] as BlockContent);
      for (const { place, bytes } of flippedBits(body)) {
        expect(
          outcomeOf(() => codec.decode(bytes)),
          place,
        ).toBe('corrupt');
      }
    });

    test(`forged with a valid checksum are rejected or decode (SEED=${random.seed})`, () => {
      const body = codec.encode(cut(20_000_000)[3] as BlockContent);
      for (let round = 0; round < 300; round++) {
        const bytes = body.slice();
        for (let count = random.integer(1, 3); count > 0; count--) {
          bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
        }
        outcomeOf(() => codec.decode(withRightChecksum(bytes)));
      }
    });
  });
});

describe('what only version 2 holds', () => {
  test(`text ids, orders at levels, a scale of trades (SEED=${random.seed})`, () => {
    for (let round = 0; round < 300; round++) {
      const content = withNewFields(random, randomBlock(random));
      expect(isDeepStrictEqual(block2.decode(block2.encode(content)), content)).toBe(true);
    }
  });

  test('numbers of orders that do not belong to the levels are a bug', () => {
    const counted = { ...diff({ bids: [100, 5] }), bidOrders: [1, 2] };
    const content = block(counted);
    expect(() => block2.encode(content)).toThrow(InvariantError);
  });

  test('a record of too many levels is refused', () => {
    const bids = Array.from({ length: 10_000_002 }, () => 1);
    expect(() => block2.encode(block(diff({ bids })))).toThrow(LimitExceededError);
  });
});
