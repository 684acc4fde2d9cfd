import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { BlockContent } from '../../../logger/codec/codec.ts';
import { decodeBlock } from '../../../logger/codec/formats.ts';
import { ByteBuffer, ByteScanner } from '../../../logger/market/byte-buffer.ts';
import { FORM, SHAPES } from '../../../logger/codec/journal/event-fields.ts';
import { PartWriter } from '../../../logger/codec/journal/part-writer.ts';
import type { MarketEvent } from '../../../logger/market/events.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf } from './damage.ts';
import { randomOrders } from './random-orders.ts';
import { anyInteger, randomBlock, withCounts, withNewFields } from './random-records.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'codec');
const seed = testSeed();

function partOf({ scale, previousSequence, events }: BlockContent): Uint8Array {
  const writer = new PartWriter();
  writer.begin(scale, previousSequence);
  for (const event of events) writer.add(event);
  return writer.part(0);
}

const decode = (part: Uint8Array): BlockContent => decodeBlock('journal/1', part);

function expectSame(decoded: unknown, content: unknown): void {
  if (!isDeepStrictEqual(decoded, content)) expect(decoded).toEqual(content);
  expect(isDeepStrictEqual(decoded, content)).toBe(true);
}

/** An event of every type, each with every field that may be null once null and once not. */
function everyEvent(): MarketEvent[] {
  const uuid = 'd50ec984-77a8-460a-b958-66f114b0de9b';
  const head = (n: number) => ({
    firstSequence: n,
    lastSequence: n,
    exchangeTimeUs: 1_700_000_000_000_000 + n,
    receiveTimeUs: 1_700_000_000_020_000 + n,
  });
  const sides = [
    { type: 'trade', tradeId: 7, sequence: null, price: 100, size: 3, side: 'buy' },
    { type: 'trade', tradeId: 'T-8', sequence: 12, price: 101, size: 2 ** 52, side: 'sell' },
  ] as const;
  const times = { exchangeTimeUs: 5, eventTimeUs: 6, receiveTimeUs: 4 };
  return [
    { type: 'diff', ...head(11), firstSequence: 9, bids: [100, 5, 99, 0], asks: [] },
    { type: 'diff', ...head(12), bids: [], asks: [101, 1, 2 ** 53 - 1, 7] },
    { type: 'diff', ...head(13), bids: [10n ** 30n, -(10n ** 20n)], asks: [1, 2] },
    ...sides.map((side) => ({ ...side, ...times })),
    {
      type: 'received',
      ...head(14),
      orderId: uuid,
      side: 'buy',
      orderType: 'limit',
      price: 100,
      size: 5,
      funds: null,
      clientOrderId: 'no uuid, ü',
    },
    {
      type: 'received',
      ...head(15),
      orderId: uuid.toUpperCase(),
      side: 'sell',
      orderType: null,
      price: null,
      size: null,
      funds: '12.5',
      clientOrderId: null,
    },
    { type: 'open', ...head(16), orderId: uuid, side: 'buy', price: 100, remainingSize: 5 },
    {
      type: 'match',
      ...head(17),
      tradeId: 9,
      makerOrderId: uuid,
      takerOrderId: '',
      side: 'sell',
      price: 100,
      size: 2,
    },
    {
      type: 'change',
      ...head(18),
      orderId: uuid,
      side: 'buy',
      reason: null,
      price: null,
      oldPrice: 100,
      newPrice: 99,
      oldSize: null,
      newSize: 4,
      oldFunds: null,
      newFunds: '1',
    },
    {
      type: 'done',
      ...head(19),
      orderId: uuid,
      side: 'buy',
      reason: 'canceled',
      orderType: null,
      price: null,
      remainingSize: 0,
    },
    {
      type: 'activate',
      orderId: uuid,
      side: 'sell',
      stopType: 'loss',
      stopPrice: 90,
      size: null,
      funds: null,
      exchangeTimeUs: 1,
      receiveTimeUs: 2,
    },
  ];
}

const EVERY: BlockContent = {
  scale: { priceExponent: 2, sizeExponent: 5 },
  previousSequence: 8,
  events: everyEvent(),
};

describe('a journal part', () => {
  test(`is the same without the table of fields (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let round = 0; round < 60; round++) {
      const usual = random.chance(0.6) ? randomBlock(random) : randomOrders(random);
      const odd = withCounts(random, withNewFields(random, usual));
      const { scale, previousSequence, events } = [EVERY, usual, odd][round % 3]!;
      const [quick, plain] = [new PartWriter(), new PartWriter()];
      for (const writer of [quick, plain]) writer.begin(scale, previousSequence);
      for (const event of events) quick.add(event);
      for (const event of events) plain.addByTable(event);
      expect(Buffer.compare(quick.part(0), plain.part(0)), `round ${round}`).toBe(0);
      expect(quick.encodingOf(0)).toBe(plain.encodingOf(0));
    }
  });

  test(`holds any integer (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const integers = Array.from({ length: 5000 }, () => anyInteger(random));
    const buffer = new ByteBuffer(1);
    for (const integer of integers) buffer.integer(integer);
    const scanner = new ByteScanner(buffer.view(0, buffer.length));
    expectSame(
      integers.map(() => scanner.integer()),
      integers,
    );
    expect(scanner.isAtEnd).toBe(true);
  });

  test('holds every event', () => {
    expectSame(decode(partOf(EVERY)), EVERY);
  });

  test.each(SHAPES.slice(0, 2))('may say that any field of a $type is null', ({ type, fields }) => {
    for (const [index, missing] of fields.entries()) {
      const bytes = new ByteBuffer(64);
      for (const head of [2, 5, 8]) bytes.integer(head);
      bytes.byte(SHAPES.findIndex((shape) => shape.type === type));
      bytes.integer(1 << index);
      for (const { kind } of fields.filter((field) => field !== missing)) {
        if (kind === 'trade') bytes.byte(FORM.number);
        // A side is a byte of 0 or 1; of levels none follow.
        bytes.integer(0);
      }
      const [event] = decode(bytes.view(0, bytes.length)).events;
      const nulls = Object.entries(event ?? {}).filter(([, value]) => value === null);
      expect(nulls).toEqual([[missing.name, null]]);
    }
  });

  test(`round-trips, whatever it holds (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let i = 0; i < 400; i++) {
      const content = random.chance(0.5) ? randomBlock(random) : randomOrders(random);
      expectSame(decode(partOf(content)), content);
    }
  });

  test(`stays as it is while others are written behind it (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const contents = Array.from({ length: 30 }, () => randomOrders(random));
    const writer = new PartWriter();
    const parts = contents.map(({ scale, previousSequence, events }, i) => {
      writer.begin(scale, previousSequence);
      for (const event of events) writer.add(event);
      return writer.part(i);
    });
    expectSame(parts.map(decode), contents);
    expectSame(
      contents.map((_, i) => decode(writer.part(i))),
      contents,
    );
  });

  test(`is corrupt or shorter where it is cut off, and no damage crashes (seed ${seed})`, () => {
    const part = partOf(EVERY);
    for (let length = 0; length < part.length; length++) {
      const cut = part.subarray(0, length);
      if (outcomeOf(() => decode(cut)) === 'corrupt') continue;
      const { events } = decode(cut);
      expect(events).toEqual(EVERY.events.slice(0, events.length));
    }
    for (const { bytes } of flippedBits(part)) outcomeOf(() => decode(bytes));
  });

  test('is written as it was when the encoding was frozen', () => {
    const frozen = readFileSync(join(FOLDER, 'journal-1.bin'));
    expect(createHash('sha256').update(frozen).digest('hex').slice(0, 32)).toBe(
      '4ae428d399c6a26064f59ac20ed4946d',
    );
    expectSame(decode(frozen), EVERY);
    expect(Buffer.from(partOf(EVERY))).toEqual(frozen);
  });
});
