/** The list of venues, and which venue a symbol or a fault belongs to. */

import { describe, expect, test } from 'vitest';
import { FAULT_TYPES } from '../../../sandbox/faults/faults.ts';
import { SimulatedExchange } from '../../../sandbox/simulated-exchange.ts';
import { VENUES } from '../../../sandbox/venues/venues.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { sandboxOf, smallMarkets } from './sandboxes.ts';

function exchangeOf(): SimulatedExchange {
  return new SimulatedExchange({ clock: new ManualClock(), symbols: smallMarkets() });
}

test('venues have distinct names in lower case', () => {
  const names = VENUES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+$/);
});

describe.each(VENUES)('$name', (definition) => {
  const venue = exchangeOf().venue(definition.name);

  test('lists every market under its own symbols, each with a book', () => {
    expect(venue.symbols).toHaveLength(2);
    for (const symbol of venue.symbols) {
      expect(venue.lists(symbol)).toBe(true);
      const book = venue.book(symbol);
      expect(book.bids.length).toBeGreaterThan(10);
      expect(book.asks.length).toBeGreaterThan(10);
      expect(venue.sequence(symbol)).toBe(book.sequence);
      expect(venue.streams(symbol).length).toBeGreaterThan(0);
    }
  });

  test('rejects unknown symbols', () => {
    expect(venue.lists('NOPE')).toBe(false);
    for (const ask of [
      () => venue.sequence('NOPE'),
      () => venue.book('NOPE'),
      () => venue.bookAtSequence('NOPE', 1),
      () => venue.streams('NOPE'),
      () => venue.changeTickSize('NOPE', '1'),
    ]) {
      expect(ask).toThrow(/^symbol: "NOPE" is not listed \(available: /);
    }
  });

  test('supports faults of the table only', () => {
    expect(FAULT_TYPES).toEqual(expect.arrayContaining([...definition.faults]));
    expect(definition.faults).toContain('recover');
  });
});

describe('a security', () => {
  test('names its venue; a symbol alone belongs to the first venue that lists it', () => {
    const exchange = exchangeOf();
    expect(exchange.book('BTCUSDT')).toEqual(exchange.book('binance:BTCUSDT'));
    expect(exchange.book('BTC-USD')).toEqual(exchange.book('coinbase:BTC-USD'));
  });

  test.each([
    [
      'kraken:BTCUSDT',
      'exchange: "kraken" is not one of binance, coinbase, bitmex, bybit, bitfinex',
    ],
    ['coinbase:BTCUSDT', 'symbol: "BTCUSDT" is not listed'],
    ['NOPEUSDT', 'symbol: "NOPEUSDT" is not listed'],
  ])('%s is rejected', (security, message) => {
    expect(() => exchangeOf().book(security)).toThrow(message);
    expect(() => exchangeOf().bookAtSequence(security, 1)).toThrow(message);
  });
});

describe('a fault', () => {
  test.each([
    [{ type: 'close', code: 1012, exchange: 'kraken' }, 'exchange: "kraken"'],
    [{ type: 'refuse-logins', count: 1, exchange: 'binance' }, 'binance does not support'],
    [{ type: 'tick-size', symbol: 'NOPE', tickSize: '1' }, 'symbol: "NOPE" is not listed'],
    [
      { type: 'tick-size', symbol: 'BTCUSDT', tickSize: '1', exchange: 'coinbase' },
      'symbol: "BTCUSDT" is not listed',
    ],
  ] as const)('%j is rejected', (fault, message) => {
    expect(() => exchangeOf().inject(fault)).toThrow(message);
  });

  test('without an exchange goes to all venues that support it', () => {
    const exchange = exchangeOf();
    exchange.inject({ type: 'stale-snapshots', count: 1 });
    exchange.inject({ type: 'refuse-logins', count: 1 });
    const [binance, coinbase] = ['binance', 'coinbase'].map(
      (name) => exchange.venue(name).injector,
    );
    expect(binance?.snapshot().content).toBe('stale');
    expect(coinbase?.snapshot().content).toBe('stale');
    expect(binance?.rejectedLogins.take()).toBeNull();
    expect(coinbase?.rejectedLogins.take()).toBe(true);
  });
});

test('the settings of a logger are the addresses and credentials of every venue', async () => {
  const { loggerSettings, venues } = await sandboxOf();
  const { binance, coinbase, bitmex, bybit, bitfinex } = venues;
  expect(Object.entries(loggerSettings)).toEqual([
    ['BINANCE_WS_URL', binance.wsUrl],
    ['BINANCE_REST_URL', binance.restUrl],
    ['COINBASE_WS_URL', coinbase.wsUrl],
    ['COINBASE_REST_URL', coinbase.restUrl],
    ['COINBASE_API_KEY', expect.any(String)],
    ['COINBASE_API_SECRET', expect.any(String)],
    ['COINBASE_API_PASSPHRASE', expect.any(String)],
    ['BITMEX_WS_URL', bitmex.wsUrl],
    ['BITMEX_REST_URL', bitmex.restUrl],
    ['BYBIT_WS_URL', bybit.wsUrl],
    ['BYBIT_REST_URL', bybit.restUrl],
    ['BITFINEX_WS_URL', bitfinex.wsUrl],
    ['BITFINEX_REST_URL', bitfinex.restUrl],
  ]);
});
