/** Coinbase's whole books: the level-3 answer, the level-2 frame, and what products say. */

import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { parseProduct, parseProducts } from '../../../../logger/exchange/coinbase/instruments.ts';
import { imageMessage, parseOrderBook } from '../../../../logger/exchange/coinbase/snapshot.ts';
import type { BookSnapshot } from '../../../../logger/market/events.ts';
import { orderBook, product, snapshot, timeUs } from '../../../support/coinbase-frames.ts';

const CONTEXT = { scale: { priceExponent: 2, sizeExponent: 8 }, receiveTimeUs: 5 };
const HORIZON = { bid: null, ask: null };

describe('the level-3 book', () => {
  test('orders keep their queue; the book is complete', () => {
    expect(parseOrderBook(orderBook(110), CONTEXT)).toEqual({
      isAuction: false,
      snapshot: {
        level: 'L3',
        sequence: 110,
        receiveTimeUs: 5,
        exchangeTimeUs: timeUs(110),
        scale: CONTEXT.scale,
        horizon: HORIZON,
        bids: [
          { orderId: 'bid-1', price: 9_000_000, size: 40_000_000 },
          { orderId: 'bid-2', price: 9_000_000, size: 10_000_000 },
          { orderId: 'bid-3', price: 8_999_000, size: 100_000_000 },
        ],
        asks: [{ orderId: 'ask-1', price: 9_001_000, size: 125_000_000 }],
      },
    });
  });

  test('a sequence printed as a fraction without one is an integer', () => {
    const text = JSON.stringify(orderBook(110)).replace('"sequence":110', '"sequence":110.0');
    expect(parseOrderBook(JSON.parse(text), CONTEXT).snapshot.sequence).toBe(110);
  });

  test('an empty book is a book', () => {
    const { snapshot: empty } = parseOrderBook(orderBook(1, { bids: [], asks: [] }), CONTEXT);
    expect([empty.bids, empty.asks]).toEqual([[], []]);
  });

  test('a finer order raises the scale of all', () => {
    const rows = [
      ['90000.001', '0.4', 'fine'],
      ['90000.00', '0.000000001', 'finer'],
    ];
    const { snapshot: fine } = parseOrderBook(orderBook(1, { bids: rows }), CONTEXT);
    expect(fine).toMatchObject({
      scale: { priceExponent: 3, sizeExponent: 9 },
      bids: [
        { price: 90_000_001, size: 400_000_000 },
        { price: 90_000_000, size: 1 },
      ],
    });
  });

  test('a time that is none leaves it open', () => {
    const { snapshot: timeless } = parseOrderBook(orderBook(1, { time: undefined }), CONTEXT);
    expect(timeless.exchangeTimeUs).toBeNull();
  });

  test('it may be crossed in an auction, and only there', () => {
    const crossed = { bids: [['90020.00', '1', 'high']] };
    const inAuction = orderBook(1, { ...crossed, auction_mode: true });
    expect(parseOrderBook(inAuction, CONTEXT).isAuction).toBe(true);
    expect(() => parseOrderBook(orderBook(1, crossed), CONTEXT)).toThrow(/crossed/);
  });

  test.each([
    ['no object', null],
    ['no sequence', orderBook(1, { sequence: undefined })],
    ['a sequence with a fraction', orderBook(1, { sequence: 1.5 })],
    ['a sequence as text', orderBook(1, { sequence: '1' })],
    ['no bids', orderBook(1, { bids: undefined })],
    ['a row of two', orderBook(1, { bids: [['1', '2']] })],
    ['the number of orders in place of the id', orderBook(1, { bids: [['1', '2', 3]] })],
    ['a row that is none', orderBook(1, { asks: ['1'] })],
    ['a touching spread', orderBook(1, { asks: [['90000.00', '1', 'low']] })],
    [
      'bids in the wrong order',
      orderBook(1, {
        bids: [
          ['1', '1', 'a'],
          ['2', '1', 'b'],
        ],
      }),
    ],
    [
      'asks in the wrong order',
      orderBook(1, {
        asks: [
          ['90020', '1', 'a'],
          ['90019', '1', 'b'],
        ],
      }),
    ],
    ['an order on both sides', orderBook(1, { asks: [['90010', '1', 'bid-1']] })],
    ['an empty order', orderBook(1, { asks: [['90010', '0.00', 'a']] })],
    ['a negative size', orderBook(1, { asks: [['90010', '-1', 'a']] })],
    ['a price that is no number', orderBook(1, { asks: [['NaN', '1', 'a']] })],
    ['an order without an id', orderBook(1, { asks: [['90010', '1', '']] })],
  ])('%s is rejected', (_name, answer) => {
    expect(() => parseOrderBook(answer, CONTEXT)).toThrow(WireFormatError);
  });
});

describe('the level-2 snapshot', () => {
  const read = (more: object): BookSnapshot => {
    const message = JSON.parse(JSON.stringify(snapshot({ ...more })));
    return imageMessage(message, CONTEXT).snapshot;
  };

  test('sizes by price, complete, without a sequence', () => {
    expect(read({})).toEqual({
      level: 'L2',
      sequence: 0,
      receiveTimeUs: 5,
      exchangeTimeUs: timeUs(0),
      scale: CONTEXT.scale,
      horizon: HORIZON,
      bids: [9_000_000, 150_000_000],
      asks: [9_001_000, 200_000_000],
    });
  });

  test.each([
    ['of the year 1', '0001-01-01T00:00:00.000000Z'],
    ['absent', undefined],
  ])('a time %s is none', (_name, time) => {
    expect(read({ time }).exchangeTimeUs).toBeNull();
  });

  test.each([
    ['crossed', { bids: [['90010.00', '1']] }],
    ['out of order', { asks: [['90020', '1'], ['90010', '1']] }], // prettier-ignore
    ['with a size that is no number', { asks: [['90020', 'NaN']] }],
    ['with a negative size', { asks: [['90020', '-0.1']] }],
    ['with an empty level', { asks: [['90020', '0.0']] }],
    ['with a price twice', { bids: [['1', '1'], ['1.0', '1']] }], // prettier-ignore
  ])('%s it is rejected', (_name, more) => {
    expect(() => read(more)).toThrow(WireFormatError);
  });
});

describe('products', () => {
  test('steps give the scale', () => {
    const money = { base_currency: 'ETH', quote_currency: 'USD', min_market_funds: '1.00' };
    const eth = { ...product('ETH-USD', '0.01000000', '0.00000001'), ...money };
    expect(parseProduct(eth)).toEqual({
      symbol: 'ETH-USD',
      scale: { priceExponent: 2, sizeExponent: 8 },
      tickSize: '0.01',
      lotSize: '0.00000001',
      base: 'ETH',
      quote: 'USD',
      minSize: null,
      minNotional: '1',
    });
    expect(parseProduct(product('SHIB-USD', '1', '10')).scale).toEqual({
      priceExponent: 0,
      sizeExponent: 0,
    });
  });

  test('of all products only those are read that are wanted', () => {
    const answer = [product('BTC-USD'), { id: 'ODD-USD' }, product('ETH-USD')];
    expect([...parseProducts(answer, new Map([['ETH-USD', 1]])).keys()]).toEqual(['ETH-USD']);
    expect(() => parseProducts(answer, new Map([['ODD-USD', 1]]))).toThrow(WireFormatError);
    expect(() => parseProducts({ message: 'NotFound' }, new Map())).toThrow(WireFormatError);
  });
});
