/** Binance spot. */

import { upperCaseAscii } from '../../market/security.ts';
import { restAddress, wsAddress } from '../../settings/addresses.ts';
import type { ExchangeDefinition } from '../definition.ts';
import { createBinance } from './exchange.ts';

const WS_URL = wsAddress('BINANCE_WS_URL', 'wss://stream.binance.com:9443', 'Binance streams');
const REST_URL = restAddress('BINANCE_REST_URL', 'https://api.binance.com', 'Binance REST API');

export const binance: ExchangeDefinition = {
  name: 'binance',
  settings: [WS_URL, REST_URL],
  tradeIds: 'consecutive',
  normalizeSymbol: upperCaseAscii,
  configure: (read) => {
    const addresses = { wsUrl: read(WS_URL), restUrl: read(REST_URL) };
    return (shared, deps) => createBinance({ ...addresses, ...shared, ...deps });
  },
};
