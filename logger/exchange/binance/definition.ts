/** Binance spot. */

import { httpUrl, wsUrl } from '../../settings/parsers.ts';
import type { Setting } from '../../settings/setting.ts';
import type { ExchangeDefinition } from '../definition.ts';
import { createBinance } from './exchange.ts';

const WS_URL = {
  env: 'BINANCE_WS_URL',
  parse: wsUrl,
  default: 'wss://stream.binance.com:9443',
  meaning: 'base address of the Binance streams, without a path',
} as const satisfies Setting<unknown>;

const REST_URL = {
  env: 'BINANCE_REST_URL',
  parse: httpUrl,
  default: 'https://api.binance.com',
  meaning: 'base address of the Binance REST API, without a path',
} as const satisfies Setting<unknown>;

export const binance: ExchangeDefinition = {
  name: 'binance',
  settings: [WS_URL, REST_URL],
  tradeIds: 'consecutive',
  normalizeSymbol: (symbol) => symbol.toUpperCase(),
  configure: (read) => {
    const addresses = { wsUrl: read(WS_URL), restUrl: read(REST_URL) };
    return (shared, deps) => createBinance({ ...addresses, ...shared, ...deps });
  },
};
