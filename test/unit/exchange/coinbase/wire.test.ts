/** What each of Coinbase's messages says, read exactly, and what is refused. */

import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { orderEventOf, tradeOf } from '../../../../logger/exchange/coinbase/events.ts';
import { parseFrame, timeOf } from '../../../../logger/exchange/coinbase/wire.ts';
import type { OrderFrame } from '../../../../logger/exchange/coinbase/wire.ts';
import type { MarketEvent } from '../../../../logger/market/events.ts';
import type { Scaled } from '../../../../logger/exchange/subscription.ts';
import * as frames from '../../../support/coinbase-frames.ts';

const SCALE = { priceExponent: 2, sizeExponent: 8 };
const TIMES = { exchangeTimeUs: 1, receiveTimeUs: 2 };
const AT_7 = { firstSequence: 7, lastSequence: 7, ...TIMES };

function orderFrame(message: object): OrderFrame {
  const frame = parseFrame(JSON.stringify(message));
  if (frame.kind !== 'order') throw new Error(`${frame.kind} is no message about an order`);
  return frame;
}

const scaledOf = (message: object): Scaled<MarketEvent> =>
  orderEventOf(orderFrame(message), SCALE, TIMES);
const eventOf = (message: object): MarketEvent => scaledOf(message).event;

describe('messages about orders', () => {
  test('received: a limit order', () => {
    expect(eventOf(frames.received(7, { client_oid: 'mine' }))).toEqual({
      type: 'received',
      ...AT_7,
      side: 'buy',
      orderId: 'order-7',
      orderType: 'limit',
      price: 9_000_000,
      size: 50_000_000,
      funds: null,
      clientOrderId: 'mine',
    });
  });

  test.each([
    ['absent', { order_type: 'market', funds: '250.00', price: undefined, size: undefined }],
    ['null', { order_type: 'market', funds: '250.00', price: null, size: null }],
    ['empty', { order_type: 'market', funds: '250.00', price: '', size: '' }],
  ])('received: a market order, its price and size %s', (_name, more) => {
    expect(eventOf(frames.received(7, more))).toMatchObject({
      orderType: 'market',
      price: null,
      size: null,
      funds: '250',
      clientOrderId: null,
    });
  });

  test('open: what rests is the remaining size', () => {
    expect(eventOf(frames.open(7, { side: 'sell', remaining_size: '0.3' }))).toEqual({
      type: 'open',
      ...AT_7,
      side: 'sell',
      orderId: 'order-7',
      price: 9_000_000,
      remainingSize: 30_000_000,
    });
  });

  test('match: the side stays the maker’s', () => {
    expect(eventOf(frames.match(7, 9))).toEqual({
      type: 'match',
      ...AT_7,
      side: 'sell',
      tradeId: 9,
      makerOrderId: 'maker',
      takerOrderId: 'taker',
      price: 9_000_000,
      size: 20_000_000,
    });
  });

  test('match as a trade: the side is the taker’s', () => {
    const { event } = tradeOf(orderFrame(frames.match(7, 9)), SCALE, TIMES);
    expect(event).toEqual({
      type: 'trade',
      tradeId: 9,
      sequence: 7,
      exchangeTimeUs: 1,
      eventTimeUs: 1,
      receiveTimeUs: 2,
      price: 9_000_000,
      size: 20_000_000,
      side: 'buy',
    });
  });

  test('change: a size that shrinks at its price', () => {
    expect(eventOf(frames.change(7))).toEqual({
      type: 'change',
      ...AT_7,
      side: 'buy',
      orderId: 'order',
      reason: 'STP',
      price: 9_000_000,
      oldPrice: null,
      newPrice: null,
      oldSize: 30_000_000,
      newSize: 10_000_000,
      oldFunds: null,
      newFunds: null,
    });
  });

  test('change: an order that moves has two prices', () => {
    const moved = frames.change(7, {
      reason: 'modify_order',
      price: undefined,
      old_price: '90000.00',
      new_price: '89990.00',
    });
    expect(eventOf(moved)).toMatchObject({
      reason: 'modify_order',
      price: null,
      oldPrice: 9_000_000,
      newPrice: 8_999_000,
    });
  });

  test('change: of a market order it may be funds, without price or size', () => {
    const changed = frames.change(7, {
      reason: undefined,
      price: null,
      old_size: undefined,
      new_size: undefined,
      old_funds: '12.0',
      new_funds: '10.50',
    });
    expect(eventOf(changed)).toMatchObject({
      reason: null,
      price: null,
      oldSize: null,
      newSize: null,
      oldFunds: '12',
      newFunds: '10.5',
    });
  });

  test('done: a market order has neither price nor remaining size', () => {
    const filled = frames.done(7, {
      reason: 'filled',
      price: undefined,
      remaining_size: undefined,
    });
    expect(eventOf(filled)).toEqual({
      type: 'done',
      ...AT_7,
      side: 'buy',
      orderId: 'order',
      reason: 'filled',
      orderType: null,
      price: null,
      remainingSize: null,
    });
  });

  test('activate: no sequence, and its time in seconds', () => {
    const frame = orderFrame(frames.activate());
    expect([frame.sequence, frame.timeUs]).toEqual([null, 1_795_244_400_125_000]);
    expect(orderEventOf(frame, SCALE, TIMES).event).toEqual({
      type: 'activate',
      ...TIMES,
      side: 'buy',
      orderId: 'stop',
      stopType: 'entry',
      stopPrice: 8000,
      size: 200_000_000,
      funds: '50',
    });
  });

  test('a finer price or size raises the scale, and nothing is rounded', () => {
    const finer = scaledOf(frames.open(7, { price: '0.00012345', remaining_size: '0.000000001' }));
    expect(finer.scale).toEqual({ priceExponent: 8, sizeExponent: 9 });
    expect(finer.event).toMatchObject({ price: 12_345, remainingSize: 1 });
  });

  test('a size beyond 2^53 units is exact', () => {
    expect(eventOf(frames.open(7, { remaining_size: '900000000.00000001' }))).toMatchObject({
      remainingSize: 90_000_000_000_000_001n,
    });
  });
});

describe('other messages', () => {
  test.each([
    [
      'heartbeat',
      frames.heartbeat(7, 9),
      { kind: 'heartbeat', sequence: 7, lastTradeId: 9, timeUs: frames.timeUs(7) },
    ],
    [
      'last_match',
      { ...frames.match(7, 9), type: 'last_match' },
      { kind: 'last-match', tradeId: 9 },
    ],
    ['snapshot', frames.snapshot(), { kind: 'levels', timeUs: frames.timeUs(0) }],
    [
      'l2update',
      frames.update(5, [
        ['buy', '1.00', '2'],
        ['sell', '3', '0.00'],
        ['buy', '0.9', '0'],
      ]),
      {
        kind: 'changes',
        bids: [
          ['1.00', '2'],
          ['0.9', '0'],
        ],
        asks: [['3', '0.00']],
      },
    ],
    ['subscriptions', { type: 'subscriptions', channels: [] }, { kind: 'reply', refusal: null }],
    ['a new type', { type: 'rfq_match' }, { kind: 'unknown', event: 'rfq_match' }],
    ['status', { type: 'status', products: [], currencies: [] }, { kind: 'unknown' }],
  ])('%s', (_name, message, expected) => {
    expect(parseFrame(JSON.stringify(message))).toMatchObject(expected);
  });

  test.each([
    ['collection', true],
    ['opening', true],
    ['complete', false],
  ])('an auction in state %s', (state, isCollecting) => {
    const message = { type: 'auction', product_id: frames.BTC, auction_state: state, sequence: 1 };
    expect(parseFrame(JSON.stringify(message))).toMatchObject({ kind: 'auction', isCollecting });
  });

  test.each([
    ['Failed to subscribe', 'level2, level3, and full channels now require authentication', true],
    ['Authentication Failed', undefined, true],
    ['Failed to subscribe', 'invalid signature', true],
    ['request timestamp expired', undefined, true],
    ['Failed to subscribe', 'NO-SUCH is not a valid product', false],
    ['Failed to subscribe', 'auctionfeed is not a valid channel', false],
  ])('the error “%s: %s” is of the login: third', (message, reason, isOfLogin) => {
    const refusal = reason === undefined ? message : `${message}: ${reason}`;
    expect(parseFrame(JSON.stringify({ type: 'error', message, reason }))).toEqual({
      kind: 'reply',
      id: 'current',
      refusal,
      isOfLogin,
    });
  });
});

describe('times', () => {
  test.each([
    ['2026-11-20T07:00:00.000001Z', 1_795_158_000_000_001],
    ['2026-11-20T07:00:01Z', 1_795_158_001_000_000],
    ['2026-11-20T07:00:00.5Z', 1_795_158_000_500_000],
    ['1795158000.000001', 1_795_158_000_000_001],
    ['1795158000', 1_795_158_000_000_000],
    ['0001-01-01T00:00:00.000000Z', null],
    ['1970-01-01T00:00:00Z', null],
    ['', null],
    ['yesterday', null],
    [undefined, null],
    [null, null],
    [1_795_158_000, null],
  ])('%s', (text, expected) => {
    expect(timeOf(text)).toBe(expected);
  });
});

describe('what is refused', () => {
  test.each([
    ['no JSON', '{"type":"open"', 'json'],
    ['a list', '[]', 'shape'],
    ['no type', '{}', 'shape'],
    ['a product that is none', frames.open(7, { product_id: '../etc' }), 'product'],
    ['no product', frames.open(7, { product_id: undefined }), 'shape'],
    ['a sequence as text', frames.open(7, { sequence: '7' }), 'integer'],
    ['a sequence beyond 2^53', frames.open(7, { sequence: 2 ** 53 }), 'integer'],
    ['a negative sequence', frames.open(7, { sequence: -1 }), 'integer'],
    ['a broken sequence', frames.open(7, { sequence: 7.5 }), 'integer'],
    ['a side that is none', frames.open(7, { side: 'both' }), 'shape'],
    ['changes that are no list', frames.update(1, {}), 'shape'],
    ['a change that is no list', frames.update(1, ['buy']), 'shape'],
    ['a change without a side', frames.update(1, [['1', '2']]), 'shape'],
    ['a snapshot without asks', frames.snapshot({ asks: undefined }), 'shape'],
    ['a heartbeat without a trade id', frames.heartbeat(7, 9, { last_trade_id: null }), 'integer'],
  ])('%s', (_name, message, kind) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    expect(() => parseFrame(text)).toThrow(
      expect.objectContaining({ name: 'WireFormatError', context: { kind } }),
    );
  });

  test.each([
    ['a negative size', frames.open(7, { remaining_size: '-1' })],
    ['NaN', frames.open(7, { price: 'NaN' })],
    ['an exponent', frames.open(7, { price: '1e5' })],
    ['400 digits', frames.open(7, { price: '9'.repeat(400) })],
    ['a price as a number', frames.open(7, { price: 90_000 })],
    ['an open without a price', frames.open(7, { price: undefined })],
    ['an open without a size', frames.open(7, { remaining_size: null })],
    ['a match without a size', frames.match(7, 9, { size: undefined })],
    ['a match without a trade id', frames.match(7, 9, { trade_id: undefined })],
    ['an order filled against itself', frames.match(7, 9, { taker_order_id: 'maker' })],
    ['an order without an id', frames.done(7, { order_id: '' })],
    ['an id without an end', frames.done(7, { order_id: 'x'.repeat(200) })],
    ['half a character in an id', frames.done(7, { order_id: '\ud800' })],
    ['funds that are no number', frames.received(7, { funds: 'much' })],
    ['funds that are an object', frames.received(7, { funds: {} })],
  ])('%s', (_name, message) => {
    expect(() => eventOf(message)).toThrow(WireFormatError);
  });
});
