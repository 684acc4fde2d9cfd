/** The simulated venues, each with the logger's adapter for it and one security. */

import { createBinance } from '../../logger/exchange/binance/exchange.ts';
import { createBitfinex } from '../../logger/exchange/bitfinex/exchange.ts';
import { createBitmex } from '../../logger/exchange/bitmex/exchange.ts';
import { createBybit } from '../../logger/exchange/bybit/exchange.ts';
import { createCoinbase } from '../../logger/exchange/coinbase/exchange.ts';
import type { CreateExchange } from '../../logger/exchange/definition.ts';
import { BINANCE } from '../../sandbox/venues/binance/venue.ts';
import { BITFINEX } from '../../sandbox/venues/bitfinex/venue.ts';
import { BITMEX } from '../../sandbox/venues/bitmex/venue.ts';
import { BYBIT } from '../../sandbox/venues/bybit/venue.ts';
import { SANDBOX_KEY } from '../../sandbox/venues/coinbase/key.ts';
import { COINBASE } from '../../sandbox/venues/coinbase/venue.ts';

export interface ExchangeCase {
  readonly security: string;
  readonly venue: { readonly name: string; readonly faults: (typeof BINANCE)['faults'] };
  readonly create: CreateExchange;
}

function addresses(venue: string): { readonly wsUrl: string; readonly restUrl: string } {
  return { wsUrl: `ws://${venue}`, restUrl: `http://${venue}` };
}

/** Sequenced and not, by price and by order, whole and windows. */
export const EXCHANGE_CASES: Readonly<Record<string, ExchangeCase>> = {
  binance: {
    security: 'binance:BTCUSDT',
    venue: BINANCE,
    create: (shared, deps) => createBinance({ ...addresses('binance'), ...shared, ...deps }),
  },
  'coinbase full': {
    security: 'coinbase:BTC-USD',
    venue: COINBASE,
    create: (shared, deps) =>
      createCoinbase({
        ...addresses('coinbase'),
        feed: 'full',
        credentials: SANDBOX_KEY,
        ...shared,
        ...deps,
      }),
  },
  'bitfinex p0': {
    security: 'bitfinex:tBTCUST',
    venue: BITFINEX,
    create: (shared, deps) =>
      createBitfinex({ ...addresses('bitfinex'), feed: 'p0', ...shared, ...deps }),
  },
  'bitfinex r0': {
    security: 'bitfinex:tBTCUST',
    venue: BITFINEX,
    create: (shared, deps) =>
      createBitfinex({ ...addresses('bitfinex'), feed: 'r0', ...shared, ...deps }),
  },
  bybit: {
    security: 'bybit:BTCUSDT',
    venue: BYBIT,
    create: (shared, deps) =>
      createBybit({ ...addresses('bybit'), feed: '50', ...shared, ...deps }),
  },
  bitmex: {
    security: 'bitmex:XBTUSD',
    venue: BITMEX,
    create: (shared, deps) => createBitmex({ ...addresses('bitmex'), ...shared, ...deps }),
  },
};
