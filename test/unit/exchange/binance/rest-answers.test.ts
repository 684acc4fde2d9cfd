/** Snapshots and exchange information, as answers of the REST API. */

import { describe, expect, test } from 'vitest';
import { hasSameSizes } from '../../../../logger/exchange/streaming-exchange.ts';
import { WireFormatError } from '../../../../logger/errors.ts';
import {
  instrumentPath,
  parseInstruments,
} from '../../../../logger/exchange/binance/instruments.ts';
import { parseSnapshot, snapshotPath } from '../../../../logger/exchange/binance/snapshot.ts';

const SCALE = { priceExponent: 2, sizeExponent: 2 };
const CONTEXT = { scale: SCALE, receiveTimeUs: 5, depth: 2 };
const BIDS = [
  ['10.00', '1.00'],
  ['9.50', '2.00'],
];
const ASKS = [['11.00', '3.00']];

describe('the snapshot', () => {
  test('a full side ends at a horizon, a shorter one is complete', () => {
    expect(parseSnapshot({ lastUpdateId: 7, bids: BIDS, asks: ASKS }, CONTEXT)).toEqual({
      level: 'L2',
      sequence: 7,
      exchangeTimeUs: null,
      receiveTimeUs: 5,
      scale: SCALE,
      bids: [1000, 100, 950, 200],
      asks: [1100, 300],
      depth: 2,
      horizon: { bid: 950, ask: null },
    });
  });

  test('an empty symbol: no levels, sequence -1, complete', () => {
    expect(parseSnapshot({ lastUpdateId: -1, bids: [], asks: [] }, CONTEXT)).toMatchObject({
      sequence: -1,
      horizon: { bid: null, ask: null },
    });
  });

  test('finer digits raise its scale', () => {
    const snapshot = parseSnapshot({ lastUpdateId: 7, bids: [], asks: [['1.001', '1']] }, CONTEXT);
    expect(snapshot.scale).toEqual({ priceExponent: 3, sizeExponent: 2 });
    expect(snapshot.asks).toEqual([1001, 100]);
  });

  test.each([
    ['crossed', { bids: [['11.00', '1']], asks: ASKS }],
    ['with bids in the wrong order', { bids: [...BIDS].reverse(), asks: ASKS }],
    ['with asks in the wrong order', { bids: [], asks: BIDS }],
    [
      'with a price twice',
      {
        bids: [
          ['10', '1'],
          ['10.00', '1'],
        ],
        asks: [],
      },
    ],
    ['with an empty level', { bids: [['10', '0.00']], asks: [] }],
    ['with a NaN', { bids: [['10', 'NaN']], asks: [] }],
    ['without asks', { bids: [] }],
    ['with a sequence of -2', { lastUpdateId: -2, bids: [], asks: [] }],
    ['with a fractional sequence', { lastUpdateId: 1.5, bids: [], asks: [] }],
  ])('%s is rejected', (_what, answer) => {
    const whole = { lastUpdateId: 7, ...answer };
    expect(() => parseSnapshot(whole, CONTEXT)).toThrow(WireFormatError);
  });

  test('the request names symbol and depth', () => {
    expect(snapshotPath('BTCUSDT', 5000)).toBe('/api/v3/depth?symbol=BTCUSDT&limit=5000');
    expect(snapshotPath('A&B=C', 5000)).toBe('/api/v3/depth?symbol=A%26B%3DC&limit=5000');
  });
});

describe('exchange information', () => {
  const row = (tickSize: string, stepSize: string) => ({
    symbol: 'ETHUSDT',
    status: 'BREAK',
    baseAsset: 'ETH',
    quoteAsset: 'USDT',
    filters: [
      { filterType: 'PRICE_FILTER', tickSize },
      { filterType: 'SOMETHING_NEW', limit: 7 },
      { filterType: 'LOT_SIZE', minQty: '0.00010000', stepSize },
      { filterType: 'NOTIONAL', minNotional: '5.00000000' },
    ],
  });

  test('steps are trimmed, the scale is 8 decimals unless a step needs more', () => {
    const found = parseInstruments({ symbols: [row('0.01000000', '1.00000000')] });
    expect(found.get('ETHUSDT')).toEqual({
      symbol: 'ETHUSDT',
      scale: { priceExponent: 8, sizeExponent: 8 },
      tickSize: '0.01',
      lotSize: '1',
      base: 'ETH',
      quote: 'USDT',
      minSize: '0.0001',
      minNotional: '5',
    });
    const finer = parseInstruments({ symbols: [row('0.0000000001', '100')] }).get('ETHUSDT');
    expect(finer).toMatchObject({ scale: { priceExponent: 10, sizeExponent: 8 }, lotSize: '100' });
  });

  test('a filter that is missing or switched off says nothing', () => {
    const bare = parseInstruments({ symbols: [{ symbol: 'X', filters: [] }] }).get('X');
    expect(bare).toMatchObject({ tickSize: null, lotSize: null, base: null, minSize: null });
    const older = { symbol: 'X', filters: [{ filterType: 'MIN_NOTIONAL', minNotional: '10.0' }] };
    expect(parseInstruments({ symbols: [older] }).get('X')).toMatchObject({ minNotional: '10' });
    const odd = { symbol: 'X', baseAsset: 5, filters: [{ filterType: 'NOTIONAL' }] };
    expect(parseInstruments({ symbols: [odd] }).get('X')).toMatchObject({ minNotional: null });
    const off = parseInstruments({ symbols: [row('0.00000000', '0.10')] }).get('ETHUSDT');
    expect(off).toMatchObject({ tickSize: null, lotSize: '0.1' });
  });

  test('a changed tick size is distinguished from one that is only printed otherwise', () => {
    const of = (tick: string) => {
      const found = parseInstruments({ symbols: [row(tick, '1')] }).get('ETHUSDT');
      if (!found) throw new Error('not found');
      return found;
    };
    expect(hasSameSizes(of('0.01'), of('0.01000000'))).toBe(true);
    expect(hasSameSizes(of('0.01'), of('0.10'))).toBe(false);
  });

  test.each([
    [null],
    [{}],
    [{ symbols: {} }],
    [{ symbols: [7] }],
    [{ symbols: [{ symbol: 'X' }] }],
    [{ symbols: [row('abc', '1')] }],
    [{ symbols: [{ symbol: 'X', filters: [{ filterType: 'LOT_SIZE', stepSize: 1 }] }] }],
  ])('%j is rejected', (answer) => {
    expect(() => parseInstruments(answer)).toThrow(WireFormatError);
  });

  test('one symbol is asked for by name, several in one list', () => {
    expect(instrumentPath(['BTCUSDT'])).toBe('/api/v3/exchangeInfo?symbol=BTCUSDT');
    expect(decodeURIComponent(instrumentPath(['A', 'B']))).toBe(
      '/api/v3/exchangeInfo?symbols=["A","B"]',
    );
  });
});
