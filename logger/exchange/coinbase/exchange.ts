/**
 * Coinbase Exchange behind the `Exchange` port, as one of two feeds that the archive distinguishes: with
 * a key `full`, single orders in the exchange's sequence; without one the public `level2_batch`.
 */

import type { Exchange } from '../exchange.ts';
import type { CoinbaseOptions as SharedOptions } from './base-exchange.ts';
import { CoinbaseFull } from './full-exchange.ts';
import { CoinbaseLevel2 } from './level2-exchange.ts';

export interface CoinbaseOptions extends SharedOptions {
  readonly feed: 'full' | 'level2_batch';
}

export function createCoinbase(options: CoinbaseOptions): Exchange {
  return options.feed === 'full' ? new CoinbaseFull(options) : new CoinbaseLevel2(options);
}
