import { describe, expect, test } from 'vitest';
import type { InstrumentFacts } from '../../../logger/market/instrument.ts';
import { pairOf, parsePair, parsePairExceptions } from '../../../pipe/market/pairs.ts';
import { findVenues } from '../../../pipe/market/venues.ts';

const facts = (
  base: string,
  quote: string,
  more: Partial<InstrumentFacts> = {},
): InstrumentFacts => ({
  base,
  quote,
  tickSize: null,
  lotSize: null,
  minSize: null,
  minNotional: null,
  contract: null,
  ...more,
});

const INVERSE = {
  kind: 'inverse',
  multiplier: '-100000000',
  underlyingPerPosition: null,
  underlying: 'XBT',
  quoteCurrency: 'USD',
  settlementCurrency: 'XBt',
} as const;

describe('a pair', () => {
  test.each([
    ['binance:BTCUSDT', 'BTC', 'USDT', 'BTCUSDT'],
    ['bitfinex:tBTCUST', 'BTC', 'UST', 'BTCUSDT'],
    ['bitfinex:tBTCUDC', 'BTC', 'UDC', 'BTCUSDC'],
    ['bitmex:XBT_USDT', 'XBT', 'USDT', 'BTCUSDT'],
    ['coinbase:BTC-USD', 'BTC', 'USD', 'BTCUSD'],
    ['coinbase:BTC-USDC', 'BTC', 'USDC', 'BTCUSDC'],
    // Another coin, of which Binance once had a market.
    ['binance:USTUSDT', 'UST', 'USDT', 'USTUSDT'],
  ])('%s is made of its currencies in the common spelling', (security, base, quote, pair) => {
    expect(pairOf(security, facts(base, quote))?.pair).toBe(pair);
  });

  test('a contract whose sizes are no amount of the base matches none', () => {
    expect(pairOf('bitmex:XBTUSD', facts('XBT', 'USD', { contract: INVERSE }))).toBeNull();
  });

  test('a user writes it in the usual ways', () => {
    for (const text of ['btcusdt', 'BTC-USDT', 'BTC/USDT', 'btc_usdt']) {
      expect(parsePair(text)).toBe('BTCUSDT');
    }
    expect(() => parsePair('B')).toThrow(/pairs: "B" is not a pair like BTCUSDT/);
  });
});

describe('a pairs file', () => {
  const exceptions = parsePairExceptions(
    '{"BTC-USDT": {"bitfinex": "tBTCF0:USTF0", "Binance": null}}',
  );

  test('names another symbol, or none', () => {
    expect(pairOf('bitfinex:tBTCF0:USTF0', facts('BTCF0', 'USTF0'), exceptions)?.pair).toBe(
      'BTCUSDT',
    );
    expect(pairOf('bitfinex:tBTCUST', facts('BTC', 'UST'), exceptions)).toBeNull();
    expect(pairOf('binance:BTCUSDT', facts('BTC', 'USDT'), exceptions)).toBeNull();
    expect(pairOf('bybit:BTCUSDT', facts('BTC', 'USDT'), exceptions)?.pair).toBe('BTCUSDT');
  });

  test.each([
    ['no', /it is not JSON/],
    ['[]', /it: not an object/],
    ['{"BTCUSDT": 1}', /BTCUSDT: not an object/],
    ['{"BTCUSDT": {"bybit": 1}}', /BTCUSDT.bybit: a symbol is text/],
  ])('%s is an error that names the place', (text, message) => {
    expect(() => parsePairExceptions(text)).toThrow(message);
  });
});

describe('venues', () => {
  const BOTH = [
    { security: 'sandbox:BTC-USDT', facts: facts('BTC', 'USDT') },
    { security: 'binance:BTCUSDT', facts: facts('BTC', 'USDT') },
  ];
  const sources = [
    { name: 'a', instruments: BOTH },
    { name: 'b', instruments: BOTH.slice(0, 1) },
  ];
  const find = (exchanges: Parameters<typeof findVenues>[0]['exchanges']) =>
    findVenues({ pairs: ['BTCUSDT'], exchanges, exceptions: {} }, sources);
  const names = (found: ReturnType<typeof findVenues>): string[] =>
    found.venues.map(({ name }) => name);

  test('without a choice, all; with their source where several have the exchange', () => {
    expect(names(find(null))).toEqual(['sandbox@a', 'binance', 'sandbox@b']);
  });

  test('in the order of the choice', () => {
    const exchanges = [
      { exchange: 'sandbox', source: 'b' },
      { exchange: 'binance', source: null },
    ];
    const found = find(exchanges);
    expect(names(found)).toEqual(['sandbox@b', 'binance']);
    expect(found.venues.map(({ source }) => source)).toEqual(['b', 'a']);
  });

  test('one that fits several is an error; one that is not there is missing', () => {
    expect(() => find([{ exchange: 'sandbox', source: null }])).toThrow(/say sandbox@a, sandbox@b/);
    expect(find([{ exchange: 'bybit', source: null }]).missing).toEqual(['BTCUSDT on bybit']);
  });

  test('two symbols of an exchange for one pair need the pairs file', () => {
    const twice = [BOTH[1]!, { security: 'binance:BTCUSDT2', facts: facts('BTC', 'USDT') }];
    expect(() =>
      findVenues(
        { pairs: ['BTCUSDT'], exchanges: [{ exchange: 'binance', source: null }], exceptions: {} },
        [{ name: 'a', instruments: twice }],
      ),
    ).toThrow(/both BTCUSDT: name one in --pairs-file/);
  });
});
