/** What each of Coinbase's messages says, read exactly, and what is rejected. */

import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import {
  FULL_CHANNELS,
  LEVEL2_CHANNELS,
  coinbaseProtocol,
} from '../../../../logger/exchange/coinbase/protocol.ts';
import { timeOf } from '../../../../logger/exchange/coinbase/values.ts';
import type { EventMessage } from '../../../../logger/exchange/feed/protocol.ts';
import type { MarketEvent } from '../../../../logger/market/events.ts';
import * as frames from '../../../support/coinbase-frames.ts';
import { FrameReader } from '../../../support/read-frame.ts';

const SCALE = { priceExponent: 2, sizeExponent: 8 };
const DEPS = { signed: () => ({}), redact: (text: string) => text };
const full = new FrameReader(coinbaseProtocol(FULL_CHANNELS, DEPS), SCALE);
const level2 = new FrameReader(coinbaseProtocol(LEVEL2_CHANNELS, DEPS), SCALE);
const AT_7 = {
  firstSequence: 7,
  lastSequence: 7,
  exchangeTimeUs: frames.timeUs(7),
  receiveTimeUs: 5,
};

const scaledOf = (message: object): EventMessage => full.event(JSON.stringify(message));
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
    expect(level2.event(JSON.stringify(frames.match(7, 9))).event).toEqual({
      type: 'trade',
      tradeId: 9,
      sequence: 7,
      exchangeTimeUs: frames.timeUs(7),
      eventTimeUs: frames.timeUs(7),
      receiveTimeUs: 5,
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
    expect(eventOf(frames.activate())).toEqual({
      type: 'activate',
      exchangeTimeUs: 1_795_244_400_125_000,
      receiveTimeUs: 5,
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
      { kind: 'heartbeat', lastSequence: 7, lastTradeId: 9, exchangeTimeUs: frames.timeUs(7) },
    ],
    [
      'last_match',
      { ...frames.match(7, 9), type: 'last_match' },
      { kind: 'last-trade', tradeId: 9, receiveTimeUs: 5 },
    ],
    [
      'snapshot',
      frames.snapshot(),
      {
        kind: 'image',
        snapshot: { exchangeTimeUs: frames.timeUs(0), bids: [9_000_000, 150_000_000] },
      },
    ],
    [
      'l2update',
      frames.update(5, [
        ['buy', '1.00', '2'],
        ['sell', '3', '0.00'],
        ['buy', '0.9', '0'],
      ]),
      {
        kind: 'update',
        hasTime: true,
        event: { type: 'diff', bids: [100, 200_000_000, 90, 0], asks: [300, 0] },
      },
    ],
    ['subscriptions', { type: 'subscriptions', channels: [] }, { kind: 'reply', rejection: null }],
    ['a new type', { type: 'rfq_match' }, { kind: 'unknown', event: 'rfq_match' }],
    ['status', { type: 'status', products: [], currencies: [] }, { kind: 'unknown' }],
    ['an order on the public feed', frames.open(7), { kind: 'unknown', event: 'open' }],
  ])('%s', (_name, message, expected) => {
    expect(level2.read(JSON.stringify(message))).toMatchObject(expected);
  });

  test('a message without a time that makes sense says so', () => {
    const message = frames.update(5, [], { time: '0001-01-01T00:00:00.000000Z' });
    expect(level2.event(JSON.stringify(message)).hasTime).toBe(false);
  });

  test.each([
    ['collection', true],
    ['opening', true],
    ['complete', false],
  ])('an auction in state %s', (state, isCollecting) => {
    const message = { type: 'auction', product_id: frames.BTC, auction_state: state, sequence: 1 };
    expect(full.read(JSON.stringify(message))).toMatchObject({ kind: 'auction', isCollecting });
  });

  test.each([
    ['Failed to subscribe', 'level2, level3, and full channels now require authentication', true],
    ['Authentication Failed', undefined, true],
    ['Failed to subscribe', 'invalid signature', true],
    ['request timestamp expired', undefined, true],
    ['Failed to subscribe', 'NO-SUCH is not a valid product', false],
    ['Failed to subscribe', 'auctionfeed is not a valid channel', false],
  ])('the error “%s: %s” is about the login: %s', (message, reason, isLogin) => {
    const rejection = reason === undefined ? message : `${message}: ${reason}`;
    expect(full.read(JSON.stringify({ type: 'error', message, reason }))).toEqual({
      kind: 'reply',
      key: null,
      rejection,
      isLogin,
    });
  });
});

describe('routing', () => {
  const routeOf = (reader: FrameReader, message: object | string): unknown => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    return reader.session.route(Buffer.from(text));
  };

  test('takes product and kind from anywhere in the message', () => {
    const to = { to: 'symbol', symbol: frames.BTC };
    expect(routeOf(full, frames.open(7))).toEqual({ ...to, kind: 'open', carries: 'update' });
    expect(routeOf(full, frames.activate())).toMatchObject({ ...to, carries: 'side' });
    expect(routeOf(level2, frames.snapshot())).toMatchObject({ ...to, carries: 'image' });
    expect(routeOf(level2, frames.match(7, 9))).toMatchObject({ ...to, carries: 'side' });
    expect(routeOf(full, { nested: frames.open(7), ...frames.done(8) })).toMatchObject({
      ...to,
      kind: 'done',
    });
  });

  test('a frame that may have been of any book is distinguished from one that can not', () => {
    expect(routeOf(level2, '{"type":"l2update","changes":[]}')).toEqual({ to: 'unknown' });
    expect(routeOf(level2, '{"changes":[["buy","1')).toEqual({ to: 'unknown' });
    expect(routeOf(level2, '{"type":"heartbeat"}')).toEqual({ to: 'session' });
    expect(routeOf(level2, '{"type":"brand-new"}')).toEqual({ to: 'session' });
  });

  test('a frame that says something else than its bytes seemed to is rejected', () => {
    const text = JSON.stringify(frames.open(7));
    const doubled = `${text.slice(0, -1)},"product_id":"ETH-USD"}`;
    expect(() => full.read(doubled)).toThrow(
      expect.objectContaining({ context: { kind: 'product' } }),
    );
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

describe('malformed messages', () => {
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
    const isLevel2 = text.includes('l2update') || text.includes('snapshot');
    expect(() => (isLevel2 ? level2 : full).read(text)).toThrow(
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
