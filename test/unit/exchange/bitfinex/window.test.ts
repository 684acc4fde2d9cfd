import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { scaledRow } from '../../../../logger/exchange/bitfinex/events.ts';
import { Matches } from '../../../../logger/exchange/bitfinex/matches.ts';
import { orderRow, priceRow } from '../../../../logger/exchange/bitfinex/rows.ts';
import { Window } from '../../../../logger/exchange/bitfinex/window.ts';
import { parseExactJson } from '../../../../logger/exchange/wire/exact-json.ts';

const SCALE = { priceExponent: 2, sizeExponent: 8 };

function windowOf(kind: 'p0' | 'r0', rows: string): Window {
  const window = new Window(SCALE, 500);
  for (const value of parseExactJson(rows) as unknown[]) {
    window.set(scaledRow((kind === 'p0' ? priceRow : orderRow)(value), SCALE).row);
  }
  return window;
}

const change = (window: Window, kind: 'p0' | 'r0', text: string): void => {
  const { row } = scaledRow((kind === 'p0' ? priceRow : orderRow)(parseExactJson(text)), SCALE);
  if (row.size === 0) window.remove(row);
  else window.set(row);
};
const signed = (text: string): number => crc32(text) | 0;

describe('the checksum', () => {
  // The texts are those of the documentation's rules; both values were computed elsewhere.
  test('of P0 is of prices and amounts', () => {
    const window = windowOf('p0', '[[5900,1,2],[6000,1,1],[6200,1,-4],[6100,1,-3]]');
    expect(window.checksum()).toBe(1_756_193_398);
  });

  test('of R0 is of order ids and amounts; orders of a price by id', () => {
    const window = windowOf(
      'r0',
      '[[34006738527,6000,0.25],[34006738530,6100,-0.5],[34006738520,5900,1],[34006738531,6100,-2]]',
    );
    expect(window.checksum()).toBe(-1_726_014_321);
    const tied = windowOf('r0', '[[99,10,1],[100,10,2],[9,10,3]]');
    expect(tied.checksum()).toBe(signed('9:3:99:1:100:2'));
  });

  test('is of the texts that were sent, of 25 rows a side at most', () => {
    const window = windowOf('p0', '[[10.10,1,1e0],[9.9,1,1.50],[11,2,-1.1e-7]]');
    expect(window.checksum()).toBe(signed('10.10:1e0:11:-1.1e-7:9.9:1.50'));
    for (let price = 12; price < 60; price++) change(window, 'p0', `[${price},1,-1]`);
    const asks = ['11:-1.1e-7', ...Array.from({ length: 24 }, (_, i) => `${12 + i}:-1`)];
    const texts = ['10.10:1e0', asks[0], '9.9:1.50', ...asks.slice(1)];
    expect(window.checksum()).toBe(signed(texts.join(':')));
  });

  test('of nothing is 0', () => {
    expect(windowOf('p0', '[]').checksum()).toBe(0);
  });
});

describe('rows', () => {
  test('a price or an order comes once; what is not there can be removed', () => {
    const prices = windowOf('p0', '[[10,1,1],[10.0,2,5]]');
    expect(prices.checksum()).toBe(signed('10.0:5'));
    change(prices, 'p0', '[10.00,0,1]');
    change(prices, 'p0', '[10.00,0,1]');
    expect(prices.length).toBe(0);
    const orders = windowOf('r0', '[[1,10,1],[2,11,1]]');
    change(orders, 'r0', '[1,12,1]');
    expect(orders.checksum()).toBe(signed('1:1:2:1'));
    change(orders, 'r0', '[1,0,1]');
    change(orders, 'r0', '[7,0,1]');
    expect(orders.checksum()).toBe(signed('2:1'));
  });

  test('at a finer scale they are the same', () => {
    const window = windowOf('r0', '[[1,10.5,1],[2,11,1]]');
    window.refine({ priceExponent: 5, sizeExponent: 10 });
    expect(window.order('1')).toMatchObject({ price: 1_050_000, size: 10_000_000_000 });
    window.remove({ orderId: '1', side: 'bid', price: 0 });
    expect(window.checksum()).toBe(signed('2:1'));
  });

  test('a side does not grow beyond its limit', () => {
    const window = new Window(SCALE, 3);
    const add = (price: number): void =>
      window.set(scaledRow(priceRow(parseExactJson(`[${price},1,1]`)), SCALE).row);
    for (const price of [1, 2, 3]) add(price);
    expect(() => add(4)).toThrow(WireFormatError);
  });
});

test('what does not match is traced to the last match that reached as far', () => {
  const matches = new Matches();
  /** Reaches down to `bid` and up to `ask`, which are far from each other; null: to the end. */
  const reach = (bid: number | null, ask: number | null) => {
    const row = (side: 'bid' | 'ask', price: number) => {
      return { side, price, size: 1, orderId: '', printed: ['', ''] } as const;
    };
    return {
      bid: bid === null ? null : row('bid', bid),
      ask: ask === null ? null : row('ask', ask),
    };
  };
  const match = (sequence: number, bid: number | null, ask: number | null): void =>
    matches.add({ sequence, receiveTimeUs: sequence, reach: reach(bid, ask) });
  const last = (bid: number | null, ask: number | null): number | undefined =>
    matches.lastCovering(reach(bid, ask))?.sequence;
  expect(last(90, 110)).toBeUndefined();
  match(1, 80, 120);
  match(2, 90, 110);
  match(3, 91, 111);
  expect([last(91, 111), last(91, 109), last(90, 110), last(85, 110), last(79, 110)]).toEqual([
    3,
    3,
    2,
    1,
    undefined,
  ]);
  expect([last(null, 110), last(90, null)]).toEqual([undefined, undefined]);
  // Takes the place of all before it.
  match(4, null, null);
  expect([last(null, null), last(80, 120)]).toEqual([4, 4]);
  matches.clear();
  expect(last(91, 111)).toBeUndefined();
});
