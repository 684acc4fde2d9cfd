/** Bitfinex v2. */

import { upperCaseAscii } from '../../market/security.ts';
import { restAddress, wsAddress } from '../../settings/addresses.ts';
import { choice } from '../../settings/parsers.ts';
import type { Setting } from '../../settings/setting.ts';
import type { ExchangeDefinition } from '../definition.ts';
import { createBitfinex } from './exchange.ts';

const FEED = {
  env: 'BITFINEX_FEED',
  parse: choice({ p0: 'p0', r0: 'r0' } as const),
  default: 'p0',
  meaning:
    '`p0`: the best 250 prices a side, with the number of orders at each; `r0`: the best 250 single orders a side',
} as const satisfies Setting<unknown>;
const WS_URL = wsAddress('BITFINEX_WS_URL', 'wss://api-pub.bitfinex.com', 'Bitfinex streams');
const REST_URL = restAddress(
  'BITFINEX_REST_URL',
  'https://api-pub.bitfinex.com',
  'Bitfinex REST API',
);

export const bitfinex: ExchangeDefinition = {
  name: 'bitfinex',
  settings: [FEED, WS_URL, REST_URL],
  tradeIds: 'opaque',
  normalizeSymbol: (symbol) => {
    const upper = upperCaseAscii(symbol);
    // `t` for trading pairs.
    return upper.startsWith('T') ? `t${upper.slice(1)}` : upper;
  },
  configure: (read) => {
    const own = { wsUrl: read(WS_URL), restUrl: read(REST_URL), feed: read(FEED) };
    return (shared, deps) => createBitfinex({ ...own, ...shared, ...deps });
  },
};
