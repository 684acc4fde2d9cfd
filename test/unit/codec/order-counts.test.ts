/** Records with the number of orders at each level. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { BlockContent, OrderCounts } from '../../../logger/codec/codec.ts';
import {
  decodeBlock,
  decodeImage,
  journalWriter,
  newestBlock,
  newestImage,
  storedBlock,
  storedImage,
} from '../../../logger/codec/formats.ts';
import { block2 } from '../../../logger/codec/v2/block.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';
import type {
  Diff,
  LevelImage,
  LevelSides,
  Levels,
  MarketEvent,
} from '../../../logger/market/events.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf } from './damage.ts';
import { countedImage, randomBlock, withCounts } from './random-records.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');
const seed = testSeed();
const ROUNDS = 80;

function expectSame(decoded: unknown, content: unknown): void {
  if (!isDeepStrictEqual(decoded, content)) expect(decoded).toEqual(content);
  expect(isDeepStrictEqual(decoded, content)).toBe(true);
}

interface Part {
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

function journaled(...contents: readonly BlockContent[]): Part[] {
  const writer = journalWriter();
  for (const { scale, previousSequence, events } of contents) {
    writer.begin(scale, previousSequence);
    for (const event of events) writer.add(event);
  }
  return contents.map((_, i) => ({ encoding: writer.encodingOf(i), bytes: writer.part(i) }));
}

const HEAD = { firstSequence: 4, lastSequence: 4, exchangeTimeUs: 5, receiveTimeUs: 6 };
const SCALE = { priceExponent: 2, sizeExponent: 3 };

function blockOf(...events: MarketEvent[]): BlockContent {
  return { scale: SCALE, previousSequence: 3, events };
}

function diff(sides: Omit<LevelSides, 'level'>): Diff {
  return { type: 'diff', ...HEAD, ...sides };
}

const COUNTED = diff({ bids: [100, 5, 99, 0], asks: [], counts: { bids: [7, 0], asks: [] } });
const UNCOUNTED = diff({ bids: [100, 5], asks: [101, 2] });

describe('numbers of orders', () => {
  test(`come back from blocks (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let i = 0; i < ROUNDS; i++) {
      const content = withCounts(random, randomBlock(random));
      for (const codec of [newestBlock('L2'), storedBlock('L2', content)]) {
        expectSame(decodeBlock(codec.encoding, codec.encode(content)), content);
      }
    }
  });

  test(`come back from images (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let i = 0; i < ROUNDS; i++) {
      const image = countedImage(random);
      for (const codec of [newestImage('L2'), storedImage(image)]) {
        expectSame(decodeImage(codec.encoding, codec.encode(image)), image);
      }
    }
  });

  test(`come back from journal parts (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let i = 0; i < ROUNDS; i++) {
      const contents = Array.from({ length: 3 }, () => {
        const content = randomBlock(random);
        return random.chance(0.7) ? withCounts(random, content) : content;
      });
      const parts = journaled(...contents);
      expectSame(
        parts.map(({ encoding, bytes }) => decodeBlock(encoding, bytes)),
        contents,
      );
    }
  });

  test('choose an encoding that has a place for them, however many levels there are', () => {
    const levels: Levels = Array.from({ length: 10_000 }, (_, i) => [i + 1, 1]).flat();
    const counts = { bids: levels.filter((_, i) => i % 2 === 1) as number[], asks: [] };
    const [plain, counted] = [
      diff({ bids: levels, asks: [] }),
      diff({ bids: levels, asks: [], counts }),
    ];
    expect(storedBlock('L2', blockOf(plain)).encoding).toBe('block/1');
    expect(storedBlock('L2', blockOf(plain, counted)).encoding).toBe('block/2');
    const image = { level: 'L2', bids: levels, asks: [] } as const;
    expect(storedImage(image).encoding).toBe('image/1');
    expect(storedImage({ ...image, counts }).encoding).toBe('image/2');
    const encodings = journaled(blockOf(plain), blockOf(plain, counted), blockOf(plain)).map(
      ({ encoding }) => encoding,
    );
    expect(encodings).toEqual(['journal/1', 'journal/2', 'journal/1']);
  });

  test('of an empty book are not the same as none', () => {
    const image: LevelImage = {
      level: 'L2',
      sequence: 1,
      exchangeTimeUs: 1,
      receiveTimeUs: 1,
      scale: SCALE,
      horizon: { bid: null, ask: null },
      bids: [],
      asks: [],
    };
    const counts = { bids: [], asks: [] };
    for (const one of [image, { ...image, counts }]) {
      const codec = newestImage('L2');
      expectSame(decodeImage(codec.encoding, codec.encode(one)), one);
    }
  });

  test('that a record tells of one side alone are not read', () => {
    const withLists = (lists: OrderCounts, sides: Omit<LevelSides, 'level'>): Diff =>
      Object.assign(diff(sides), lists);
    const both = { bids: [100, 5], asks: [101, 6] };
    const body = block2.encode(
      blockOf(
        withLists({ bidOrders: [2] }, both),
        withLists({ askOrders: [3] }, both),
        withLists({ bidOrders: [2] }, { bids: [100, 5], asks: [] }),
        withLists({ bidOrders: [2], askOrders: [3] }, both),
      ),
    );
    expect(decodeBlock('block/2', body).events).toEqual([
      diff(both),
      diff(both),
      diff({ bids: [100, 5], asks: [], counts: { bids: [2], asks: [] } }),
      diff({ ...both, counts: { bids: [2], asks: [3] } }),
    ]);
  });

  test('more or fewer than levels are a bug of the caller, before anything is written', () => {
    const wrong = diff({ bids: [100, 5], asks: [], counts: { bids: [], asks: [] } });
    expect(() => journaled(blockOf(wrong))).toThrow('a number of orders for each level');
    const odd = diff({ bids: [100, 5], asks: [], counts: { bids: [1.5], asks: [] } });
    expect(() => journaled(blockOf(odd))).toThrow('is no integer');
  });

  test('have no place in a journal part of the first encoding', () => {
    const [part] = journaled(blockOf(UNCOUNTED, COUNTED)) as [Part];
    expect(() => decodeBlock('journal/1', part.bytes)).toThrow(RecordCorruptError);
  });

  test('in a journal part that is cut off or damaged are corrupt or shorter', () => {
    const content = blockOf(COUNTED, UNCOUNTED, COUNTED);
    const [{ bytes, encoding }] = journaled(content) as [Part];
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      if (outcomeOf(() => decodeBlock(encoding, cut)) === 'corrupt') continue;
      const { events } = decodeBlock(encoding, cut);
      expect(events).toEqual(content.events.slice(0, events.length));
    }
    for (const flipped of flippedBits(bytes)) outcomeOf(() => decodeBlock(encoding, flipped.bytes));
  });

  test('in frozen records are read as they were told, and written as they were', () => {
    const lines = (name: string): unknown[] =>
      readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => withCountsOf(JSON.parse(line) as object));
    const bytes = (name: string): Buffer => readFileSync(join(FOLDER, `${name}.bin`));

    const [head, ...events] = lines('block-2-counts');
    const content = { ...(head as object), events } as unknown as BlockContent;
    expect(events.length).toBe(160);
    expectSame(decodeBlock('block/2', bytes('block-2-counts')), content);
    expect(Buffer.from(storedBlock('L2', content).encode(content))).toEqual(
      bytes('block-2-counts'),
    );

    const [image] = lines('image-2-counts') as [LevelImage];
    expect(image.counts?.bids.length).toBe(image.bids.length / 2);
    expectSame(decodeImage('image/2', bytes('image-2-counts')), image);
    expect(Buffer.from(storedImage(image).encode(image))).toEqual(bytes('image-2-counts'));
  });

  test('a journal part is written as it was when the encoding was frozen', () => {
    const frozen = readFileSync(join(FOLDER, 'journal-2.bin'));
    const hash = createHash('sha256').update(frozen).digest('hex').slice(0, 32);
    expect(hash).toBe('77a81831ebf0464706946a19887f4e1e');
    const content = blockOf(
      COUNTED,
      UNCOUNTED,
      diff({ bids: [2n ** 70n, 1], asks: [102, 3], counts: { bids: [1], asks: [2 ** 40] } }),
    );
    expectSame(decodeBlock('journal/2', frozen), content);
    const [part] = journaled(content) as [Part];
    expect([part.encoding, Buffer.from(part.bytes)]).toEqual(['journal/2', frozen]);
  });
});

/** The fixtures have the two lists that records have. */
function withCountsOf({ bidOrders, askOrders, ...fields }: OrderCounts & object): object {
  if (bidOrders === undefined || askOrders === undefined) return fields;
  return { ...fields, counts: { bids: bidOrders, asks: askOrders } };
}
