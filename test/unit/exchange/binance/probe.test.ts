/** Cheap questions about where books are, and how their answers are read. */

import { expect, test } from 'vitest';
import { parseTickers, parseTop } from '../../../../logger/exchange/binance/probe.ts';
import { parseTop as parseLevel1 } from '../../../../logger/exchange/coinbase/snapshot.ts';
import { WireFormatError } from '../../../../logger/errors.ts';

const SCALE = { priceExponent: 2, sizeExponent: 3 };

function ticker(symbol: string, bidQty = '3.00000000'): unknown {
  const prices = { bidPrice: '10.01000000', askPrice: '10.10000000', askQty: '7.00000000' };
  return { symbol, bidQty, ...prices };
}

test('best prices of the symbols that were asked about, out of all', () => {
  const probes = parseTickers([ticker('ETHBTC'), ticker('BTCUSDT'), ticker('LTCBTC')], {
    symbols: ['BTCUSDT', 'GONEUSDT'],
    scaleOf: () => SCALE,
    receiveTimeUs: 5,
  });
  expect([...probes]).toEqual([
    [
      'BTCUSDT',
      { sequence: null, receiveTimeUs: 5, scale: SCALE, bid: [1001, 3000], ask: [1010, 7000] },
    ],
  ]);
});

test('a side without size is empty', () => {
  const symbols = ['BTCUSDT'];
  const context = { symbols, scaleOf: () => SCALE, receiveTimeUs: 5 };
  const probes = parseTickers([ticker('BTCUSDT', '0.00000000')], context);
  expect(probes.get('BTCUSDT')).toMatchObject({ bid: null, ask: [1010, 7000] });
});

test('a shallow book has its sequence; finer prices make the scale finer', () => {
  const answer = { lastUpdateId: 42, bids: [['10.001', '3']], asks: [] };
  expect(parseTop(answer, { scale: SCALE, receiveTimeUs: 5 })).toEqual({
    sequence: 42,
    receiveTimeUs: 5,
    scale: { priceExponent: 3, sizeExponent: 3 },
    bid: [10_001, 3000],
    ask: null,
  });
});

test('level 1 of Coinbase has sizes and counts of orders', () => {
  const answer = { sequence: 42, bids: [['10.01', '3', 2]], asks: [['10.10', '7', 1]] };
  expect(parseLevel1(answer, { scale: SCALE, receiveTimeUs: 5 })).toMatchObject({
    sequence: 42,
    bid: [1001, 3000],
    ask: [1010, 7000],
  });
});

test.each([{}, [{}], [[]], [{ symbol: 'BTCUSDT', bidPrice: '1' }], null])(
  '%j is malformed',
  (answer) => {
    const context = { symbols: ['BTCUSDT'], scaleOf: () => SCALE, receiveTimeUs: 5 };
    expect(() => parseTickers(answer, context)).toThrow(WireFormatError);
    expect(() => parseTop(answer, { scale: SCALE, receiveTimeUs: 5 })).toThrow(WireFormatError);
  },
);
