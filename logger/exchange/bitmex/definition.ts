/** BitMEX: contracts and spot pairs, price levels (L2). */

import { upperCaseAscii } from '../../market/security.ts';
import { restAddress, wsAddress } from '../../settings/addresses.ts';
import type { ExchangeDefinition } from '../definition.ts';
import { createBitmex } from './exchange.ts';

const WS_URL = wsAddress('BITMEX_WS_URL', 'wss://ws.bitmex.com', 'BitMEX streams');
const REST_URL = restAddress('BITMEX_REST_URL', 'https://www.bitmex.com', 'BitMEX REST API');

export const bitmex: ExchangeDefinition = {
  name: 'bitmex',
  settings: [WS_URL, REST_URL],
  tradeIds: 'opaque',
  normalizeSymbol: upperCaseAscii,
  configure: (read) => {
    const addresses = { wsUrl: read(WS_URL), restUrl: read(REST_URL) };
    return (shared, deps) => createBitmex({ ...addresses, ...shared, ...deps });
  },
};
