/** Coinbase Exchange: single orders (L3) with a key, price levels (L2) without one. */

import { upperCaseAscii } from '../../market/security.ts';
import type { ExchangeDefinition } from '../definition.ts';
import { createCoinbase } from './exchange.ts';
import { COINBASE_SETTINGS, readCoinbaseSettings } from './settings.ts';

export const coinbase: ExchangeDefinition = {
  name: 'coinbase',
  settings: COINBASE_SETTINGS,
  tradeIds: 'consecutive',
  normalizeSymbol: upperCaseAscii,
  configure: (read) => {
    const settings = readCoinbaseSettings(read);
    return (shared, deps) => createCoinbase({ ...settings, ...shared, ...deps });
  },
};
