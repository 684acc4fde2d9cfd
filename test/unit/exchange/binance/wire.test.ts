import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { diffOf, tradeOf } from '../../../../logger/exchange/binance/events.ts';
import { parseFrame } from '../../../../logger/exchange/binance/wire.ts';
import type { DepthFrame, TradeFrame } from '../../../../logger/exchange/binance/wire.ts';

const SCALE = { priceExponent: 8, sizeExponent: 8 };
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
    const frame = parseFrame(depthText()) as DepthFrame;
    expect(diffOf(frame, SCALE, 5).event).toEqual({
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
    expect(parseFrame(JSON.stringify({ ...DEPTH, zz: [1] }))).toMatchObject({ kind: 'depth' });
  });

  test('a trade: the side is the taker’s, milliseconds become microseconds', () => {
    const frame = parseFrame(tradeText()) as TradeFrame;
    expect(tradeOf(frame, SCALE, 5).event).toEqual({
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
    expect(parseFrame(tradeText({ m: false }))).toMatchObject({ takerSide: 'buy' });
  });

  test('finer digits raise the scale, they are never rounded', () => {
    const frame = parseFrame(tradeText({ p: '0.0000000001', q: '0.123456789' })) as TradeFrame;
    const { scale, event } = tradeOf(frame, SCALE, 5);
    expect(scale).toEqual({ priceExponent: 10, sizeExponent: 9 });
    expect([event.price, event.size]).toEqual([1, 123456789]);
  });

  test.each([
    ['{"result":null,"id":7}', { kind: 'reply', id: 7, refusal: null }],
    ['{"id":7,"result":null}', { kind: 'reply', id: 7, refusal: null }],
    [
      '{"code":2,"msg":"Invalid request"}',
      { kind: 'reply', id: null, refusal: 'Invalid request (code 2)' },
    ],
    [
      '{"error":{"code":2,"msg":"Invalid\\nrequest"},"id":7}',
      { kind: 'reply', id: 7, refusal: 'Invalid request (code 2)' },
    ],
    ['{"code":0,"id":3}', { kind: 'reply', id: 3, refusal: 'no reason given (code 0)' }],
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
    expect(parseFrame(text)).toEqual(expected);
  });
});

describe('what is no frame', () => {
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
    [tradeText({ m: 1 }), 'shape'],
    [tradeText({ p: 3100.1 }), 'shape'],
    [tradeText({ t: true }), 'integer'],
  ])('%s is a %s error', (text, kind) => {
    expect(kindOf(() => parseFrame(text))).toBe(kind);
  });

  test.each(['NaN', '-1', '1e5', '1'.repeat(400), '', '.5', '1.', 'Infinity', '1,5'])(
    'a price of %j is refused when it is read',
    (price) => {
      const depth = parseFrame(depthText({ b: [[price, '1']] })) as DepthFrame;
      expect(kindOf(() => diffOf(depth, SCALE, 0))).toBe('decimal');
      const trade = parseFrame(tradeText({ p: price })) as TradeFrame;
      expect(kindOf(() => tradeOf(trade, SCALE, 0))).toBe('decimal');
    },
  );

  test('errors show no more of the exchange’s text than a line holds', () => {
    const frame = parseFrame(JSON.stringify({ code: 1, msg: `a\r\n${'x'.repeat(5000)}` }));
    expect(frame).toMatchObject({ kind: 'reply' });
    const { refusal } = frame as { refusal: string };
    expect(refusal.length).toBeLessThan(150);
    expect(refusal).not.toMatch(/[\r\n]/);
  });
});
