import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { BlockCodec, BlockContent, ImageCodec } from '../../../logger/codec/codec.ts';
import { decodeBlock, decodeImage } from '../../../logger/codec/formats.ts';
import { orders1 } from '../../../logger/codec/v1/orders.ts';
import { ordersImage1 } from '../../../logger/codec/v1/orders-image.ts';
import { orders2 } from '../../../logger/codec/v2/orders.ts';
import { ordersImage2 } from '../../../logger/codec/v2/orders-image.ts';
import { InvariantError, RecordCorruptError } from '../../../logger/errors.ts';
import type { OrderImage, RestingOrder } from '../../../logger/market/events.ts';
import { COINBASE_SCALE, readCoinbaseFull } from '../../support/coinbase-recording.ts';
import { FULL_FILES } from '../../support/coinbase-session.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf, withRightChecksum } from './damage.ts';
import { anyId, randomOrderImage, randomOrders } from './random-orders.ts';
import { needs, recordings } from '../../support/requirements.ts';

const seed = testSeed();

interface Case {
  readonly codec: BlockCodec;
  readonly images: ImageCodec;
  /** Bytes per event of the recordings. */
  readonly most: number;
  readonly mostWithoutClients: number;
  /** Version 1 has a limit of 32 MiB of columns. */
  readonly orders: number;
}

const CASES: readonly Case[] = [
  { codec: orders1, images: ordersImage1, most: 14, mostWithoutClients: 10, orders: 1_000_000 },
  { codec: orders2, images: ordersImage2, most: 11.6, mostWithoutClients: 8.1, orders: 100_000 },
];

describe.each(CASES)('$codec.encoding', (one) => {
  const { codec, images, most, mostWithoutClients, orders } = one;

  function expectSame(content: BlockContent): Uint8Array {
    const body = codec.encode(content);
    const decoded = decodeBlock(codec.encoding, body);
    if (!isDeepStrictEqual(decoded, content)) expect(decoded).toEqual(content);
    expect(isDeepStrictEqual(decoded, content)).toBe(true);
    return body;
  }

  describe('a block of orders', () => {
    test(`round-trips, whatever it holds (seed ${seed})`, () => {
      const random = seededRandom(seed);
      for (let i = 0; i < 400; i++) expectSame(randomOrders(random));
    });

    test('the same content gives the same bytes', () => {
      const content = randomOrders(seededRandom(seed));
      expect(codec.encode(content)).toEqual(codec.encode(content));
    });

    test('the id of a live order is stored once', () => {
      const random = seededRandom(seed);
      const ids = Array.from({ length: 50 }, () => anyId(random, false));
      const times = { exchangeTimeUs: 1_000_000, receiveTimeUs: 1_000_100 };
      const step = { firstSequence: 2, lastSequence: 2, ...times, side: 'buy' } as const;
      const opened = ids.map((orderId) => ({
        ...step,
        type: 'open' as const,
        orderId,
        price: 100,
        remainingSize: 5,
      }));
      const gone = ids.map((orderId) => ({
        ...step,
        type: 'done' as const,
        orderId,
        reason: 'canceled',
        orderType: null,
        price: 100,
        remainingSize: 5,
      }));
      const scale = { priceExponent: 2, sizeExponent: 8 };
      const size = (events: BlockContent['events']): number =>
        expectSame({ scale, previousSequence: 1, events }).length;
      expect(size(opened) / ids.length).toBeGreaterThan(15);
      expect((size([...opened, ...gone]) - size(opened)) / ids.length).toBeLessThan(4);
    });

    test('it rejects what is not an order event', () => {
      const trade = {
        type: 'trade',
        tradeId: 1,
        sequence: null,
        exchangeTimeUs: 1,
        eventTimeUs: 1,
        receiveTimeUs: 1,
        price: 1,
        size: 1,
        side: 'buy',
      } as const;
      const content = {
        scale: { priceExponent: 0, sizeExponent: 0 },
        previousSequence: 0,
        events: [trade],
      };
      expect(() => codec.encode(content)).toThrow(InvariantError);
    });

    test(`damage is detected or rejected (seed ${seed})`, () => {
      const random = seededRandom(seed);
      let content = randomOrders(random);
      while (content.events.length < 10 || content.events.length > 25)
        content = randomOrders(random);
      const body = codec.encode(content);
      for (const { bytes } of flippedBits(body)) {
        expect(() => codec.decode(bytes)).toThrow(RecordCorruptError);
        // Forged with a right checksum it may say something else, but never anything but an answer.
        outcomeOf(() => codec.decode(withRightChecksum(bytes)));
      }
      for (let length = 0; length < body.length; length++) {
        expect(() => codec.decode(body.subarray(0, length))).toThrow(RecordCorruptError);
      }
    });
  });

  describe('an image of orders', () => {
    function expectSameImage(image: OrderImage): Uint8Array {
      const body = images.encode(image);
      expect(isDeepStrictEqual(decodeImage(images.encoding, body), image)).toBe(true);
      return body;
    }

    test(`round-trips in queue order (seed ${seed})`, () => {
      const random = seededRandom(seed);
      for (let i = 0; i < 200; i++) expectSameImage(randomOrderImage(random));
    });

    test('of very many orders round-trips', () => {
      const bids: RestingOrder[] = [];
      const random = seededRandom(seed);
      const word = (): string => random.integer(0, 0xffff_ffff).toString(16).padStart(8, '0');
      for (let i = 0; i < orders; i++) {
        const [a, b, c, d] = [word(), word(), word(), word()];
        const orderId = `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
        bids.push({ orderId, price: 5_000_000 - Math.floor(i / 3), size: random.integer(1, 1e9) });
      }
      const head = { sequence: 1, exchangeTimeUs: 1, receiveTimeUs: 2, scale: COINBASE_SCALE };
      const image: OrderImage = {
        level: 'L3',
        ...head,
        horizon: { bid: null, ask: null },
        bids,
        asks: [],
      };
      const body = images.encode(image);
      expect(body.length).toBeGreaterThan(16 * orders);
      const decoded = images.decode(body) as OrderImage;
      expect(decoded.bids.length).toBe(bids.length);
      expect(decoded.bids.every((order, i) => order.orderId === bids[i]?.orderId)).toBe(true);
      expect(decoded.bids.every((order, i) => order.size === bids[i]?.size)).toBe(true);
    }, 180_000);

    test('damaged, or with a repeated order, it is rejected', () => {
      const order = { orderId: '00000000-0000-4000-8000-000000000001', price: 5, size: 5 };
      const image = { ...randomOrderImage(seededRandom(seed)), bids: [order], asks: [] };
      const body = expectSameImage(image);
      for (const { bytes } of flippedBits(body)) {
        expect(() => images.decode(bytes)).toThrow(RecordCorruptError);
        outcomeOf(() => images.decode(withRightChecksum(bytes)));
      }
      const twice = images.encode({ ...image, bids: [order, order] });
      expect(() => images.decode(twice)).toThrow(RecordCorruptError);
      const empty = images.encode({ ...image, bids: [{ ...order, size: 0 }] });
      expect(() => images.decode(empty)).toThrow(RecordCorruptError);
    });
  });

  describe('the Coinbase recordings', needs(recordings), () => {
    test.each(FULL_FILES)(`%s round-trips in at most ${most} bytes per event`, (file) => {
      const { snapshot, events } = readCoinbaseFull(file);
      const content = { scale: COINBASE_SCALE, previousSequence: snapshot.sequence, events };
      expect(expectSame(content).length / events.length).toBeLessThan(most);
      const withoutClients = events.map((event) =>
        event.type === 'received' ? { ...event, clientOrderId: null } : event,
      );
      const bytes = expectSame({ ...content, events: withoutClients }).length;
      expect(bytes / events.length).toBeLessThan(mostWithoutClients);
      const head = { sequence: 1, exchangeTimeUs: 1, receiveTimeUs: 2, scale: COINBASE_SCALE };
      const sides = { level: 'L3', bids: snapshot.bids, asks: snapshot.asks } as const;
      const image: OrderImage = { ...head, horizon: { bid: null, ask: null }, ...sides };
      const body = images.encode(image);
      expect(images.decode(body)).toEqual(image);
      expect(body.length / (snapshot.bids.length + snapshot.asks.length)).toBeLessThan(18);
    });
  });
});
