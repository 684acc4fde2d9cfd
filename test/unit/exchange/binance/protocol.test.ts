import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { readDepth } from '../../../../logger/exchange/binance/events.ts';
import { binanceProtocol } from '../../../../logger/exchange/binance/protocol.ts';
import { scanDepth } from '../../../../logger/exchange/binance/scan.ts';
import type { SymbolRoute } from '../../../../logger/exchange/feed/protocol.ts';
import { FrameReader } from '../../../support/read-frame.ts';

const reader = new FrameReader(binanceProtocol('depth'), { priceExponent: 8, sizeExponent: 8 });
const DEPTH = {
  e: 'depthUpdate',
  E: 1790000000123456,
  s: 'ETHUSDT',
  U: 9001,
  u: 9004,
  b: [['3100.10000000', '2.50000000']],
  a: [['3100.20000000', '0.00000000']],
};
const TRADE = {
  e: 'trade',
  E: 1790000000130,
  s: 'ETHUSDT',
  t: 777001,
  p: '3100.10000000',
  q: '0.40000000',
  T: 1790000000129,
  m: true,
  M: true,
};

function depthText(changes: Record<string, unknown> = {}, stream = 'ethusdt@depth'): string {
  return JSON.stringify({ stream, data: { ...DEPTH, ...changes } });
}

function tradeText(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ stream: 'ethusdt@trade', data: { ...TRADE, ...changes } });
}

function kindOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(WireFormatError);
    return (error as WireFormatError).context['kind'];
  }
  return 'nothing was wrong';
}

describe('frames', () => {
  test('a diff in the envelope', () => {
    expect(reader.event(depthText()).event).toEqual({
      type: 'diff',
      firstSequence: 9001,
      lastSequence: 9004,
      exchangeTimeUs: 1790000000123456,
      receiveTimeUs: 5,
      bids: [310010000000, 250000000],
      asks: [310020000000, 0],
    });
  });

  test('a diff without the envelope, with unknown fields', () => {
    const { event } = reader.event(JSON.stringify({ ...DEPTH, zz: [1] }));
    expect(event).toMatchObject({ type: 'diff', lastSequence: 9004 });
  });

  test('a trade: the side is the taker’s, milliseconds become microseconds', () => {
    expect(reader.event(tradeText()).event).toEqual({
      type: 'trade',
      tradeId: 777001,
      sequence: null,
      exchangeTimeUs: 1790000000129000,
      eventTimeUs: 1790000000130000,
      receiveTimeUs: 5,
      price: 310010000000,
      size: 40000000,
      side: 'sell',
    });
    expect(reader.event(tradeText({ m: false })).event).toMatchObject({ side: 'buy' });
  });

  test('finer digits raise the scale, they are never rounded', () => {
    const { scale, event } = reader.event(tradeText({ p: '0.0000000001', q: '0.123456789' }));
    expect(scale).toEqual({ priceExponent: 10, sizeExponent: 9 });
    expect(event).toMatchObject({ price: 1, size: 123456789 });
  });

  test.each([
    ['{"result":null,"id":7}', { kind: 'reply', key: '7', rejection: null }],
    ['{"id":7,"result":null}', { kind: 'reply', key: '7', rejection: null }],
    [
      '{"code":2,"msg":"Invalid request"}',
      { kind: 'reply', key: null, rejection: 'Invalid request (code 2)' },
    ],
    [
      '{"error":{"code":2,"msg":"Invalid\\nrequest"},"id":7}',
      { kind: 'reply', key: '7', rejection: 'Invalid request (code 2)' },
    ],
    ['{"code":0,"id":3}', { kind: 'reply', key: '3', rejection: 'no reason given (code 0)' }],
    ['{"result":null,"id":null}', { kind: 'reply', key: '', rejection: null }],
    ['{"e":"serverShutdown","E":1790000000123456}', { kind: 'shutdown' }],
    ['{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}', { kind: 'shutdown' }],
    [
      '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1,"s":"X"}}',
      { kind: 'shutdown' },
    ],
    ['{"stream":"a@b","data":{"e":"aggTrade"}}', { kind: 'unknown', event: 'aggTrade' }],
    [
      '{"stream":"a@bookTicker","data":{"u":1,"s":"A"}}',
      { kind: 'unknown', event: 'a@bookTicker' },
    ],
  ])('%s', (text, expected) => {
    expect(reader.read(text)).toEqual(expected);
  });
});

describe('routing', () => {
  const routeOf = (text: string): unknown => reader.session.route(Buffer.from(text));

  test('takes the symbol and the kind from the name of the stream', () => {
    const depth = { to: 'symbol', symbol: 'ETHUSDT', kind: 'depth', carries: 'update' };
    expect(routeOf(depthText())).toEqual(depth);
    expect(routeOf(JSON.stringify(DEPTH))).toEqual(depth);
    expect(routeOf(tradeText())).toEqual({ ...depth, kind: 'trade', carries: 'side' });
  });

  test('reads no further than the name: a damaged frame still has its symbol', () => {
    expect(routeOf(depthText().slice(0, 40))).toMatchObject({ symbol: 'ETHUSDT' });
  });

  test.each([
    ['{"result":null,"id":7}', 'unknown'],
    ['garbage', 'unknown'],
    ['{"e":"serverShutdown","E":1}', 'session'],
    ['{"stream":"!serverShutdown","data":{"e":"serverShutdown"}}', 'session'],
    ['{"stream":"ethusdt@depth20@100ms","data":{}}', 'session'],
  ])('%s goes to the %s', (text, to) => {
    expect(routeOf(text)).toEqual({ to });
  });
});

describe('malformed frames', () => {
  test.each([
    ['', 'json'],
    ['garbage', 'json'],
    [depthText().slice(0, -10), 'json'],
    ['{"stream":"ethusdt@depth","data":{"e":"depthUpdate","E":NaN}}', 'json'],
    ['\u0000\u0001\ufffd', 'json'],
    ['[]', 'shape'],
    ['null', 'shape'],
    ['7', 'shape'],
    ['{"stream":7,"data":{}}', 'shape'],
    ['{"stream":"ethusdt@depth"}', 'shape'],
    ['{"stream":"ethusdt@depth","data":[]}', 'shape'],
    ['{"result":["a"],"id":1}', 'shape'],
    ['{"stream":"x","data":{"__proto__":{"e":"depthUpdate"},"e":"depthUpdate"}}', 'shape'],
    [depthText({ s: undefined }), 'shape'],
    [depthText({ s: 7 }), 'shape'],
    [depthText({ b: undefined }), 'shape'],
    [depthText({ a: {} }), 'shape'],
    [depthText({ U: undefined }), 'integer'],
    [depthText({ U: '9001' }), 'integer'],
    [depthText({ u: 9004.5 }), 'integer'],
    [depthText({ U: -1 }), 'integer'],
    [depthText({ u: 2 ** 53 }), 'integer'],
    [depthText({ E: null }), 'integer'],
    [depthText({ E: -5 }), 'integer'],
    [depthText({ E: 99_999_999_999_999 }), 'time'],
    [depthText({ U: 9005 }), 'sequence'],
    [depthText({}, 'btcusdt@depth'), 'stream'],
    [depthText({}, 'ethusdt'), 'stream'],
    [depthText({ e: 'trade' }), 'stream'],
    [tradeText({ e: 'depthUpdate' }), 'stream'],
    [tradeText({ m: 1 }), 'shape'],
    [tradeText({ p: 3100.1 }), 'shape'],
    [tradeText({ t: true }), 'integer'],
  ])('%s is a %s error', (text, kind) => {
    expect(kindOf(() => reader.read(text))).toBe(kind);
  });

  test.each(['NaN', '-1', '1e5', '1'.repeat(400), '', '.5', '1.', 'Infinity', '1,5'])(
    'a price of %j is rejected',
    (price) => {
      expect(kindOf(() => reader.read(depthText({ b: [[price, '1']] })))).toBe('decimal');
      expect(kindOf(() => reader.read(tradeText({ p: price })))).toBe('decimal');
    },
  );

  test('errors show no more of the exchange’s text than a line holds', () => {
    const frame = reader.read(JSON.stringify({ code: 1, msg: `a\r\n${'x'.repeat(5000)}` }));
    expect(frame).toMatchObject({ kind: 'reply' });
    const { rejection } = frame as { rejection: string };
    expect(rejection.length).toBeLessThan(150);
    expect(rejection).not.toMatch(/[\r\n]/);
  });
});

describe('a symbol beyond ASCII', () => {
  const symbol = '币安人生USDT';
  const protocol = binanceProtocol('depth').connect(() => undefined);
  const [request = ''] = protocol.subscribe(1, [symbol]).messages;
  const text = depthText({ s: symbol }, '币安人生usdt@depth');
  const escaped = text.replaceAll(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

  test('is subscribed in lower case, as UTF-8', () => {
    expect(JSON.parse(request).params).toEqual(['币安人生usdt@depth', '币安人生usdt@trade']);
  });

  test.each([
    ['as it is', text],
    ['with escapes', escaped],
  ])('is found in a frame that prints it %s', (_how, frame) => {
    const bytes = Buffer.from(frame);
    const route = protocol.route(bytes);
    expect(route).toMatchObject({ to: 'symbol', symbol, kind: 'depth' });
    const [message] = protocol.read(bytes, route as SymbolRoute, {
      scale: { priceExponent: 8, sizeExponent: 8 },
      receiveTimeUs: 5,
    });
    expect(message).toMatchObject({ kind: 'update', event: { lastSequence: 9004 } });
  });

  test('and its frames are read without parsing them', () => {
    const context = { scale: { priceExponent: 8, sizeExponent: 8 }, receiveTimeUs: 5 };
    const frame = Buffer.from(text.replace('1790000000123456', '1790000000123'));
    expect(scanDepth(frame, symbol, context)).toEqual(readDepth(frame, symbol, context));
    expect(scanDepth(frame, '币安人死USDT', context)).toBeUndefined();
  });
});
