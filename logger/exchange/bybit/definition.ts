/** Bybit spot (v5). */

import { upperCaseAscii } from '../../market/security.ts';
import { restAddress, wsAddress } from '../../settings/addresses.ts';
import { choice } from '../../settings/parsers.ts';
import type { Setting } from '../../settings/setting.ts';
import type { ExchangeDefinition } from '../definition.ts';
import { createBybit } from './exchange.ts';

const FEED = {
  env: 'BYBIT_FEED',
  parse: choice({ full: 'full', '1000': '1000', '200': '200', '50': '50' } as const),
  default: 'full',
  meaning:
    '`full`: the whole book every 200 ms; `1000`, `200` (100 ms) or `50` (20 ms): a window of so many levels a side',
} as const satisfies Setting<unknown>;
const WS_URL = wsAddress('BYBIT_WS_URL', 'wss://stream.bybit.com', 'Bybit streams');
const REST_URL = restAddress('BYBIT_REST_URL', 'https://api.bybit.com', 'Bybit REST API');

export const bybit: ExchangeDefinition = {
  name: 'bybit',
  settings: [FEED, WS_URL, REST_URL],
  tradeIds: 'opaque',
  normalizeSymbol: upperCaseAscii,
  configure: (read) => {
    const own = { wsUrl: read(WS_URL), restUrl: read(REST_URL), feed: read(FEED) };
    return (shared, deps) => createBybit({ ...own, ...shared, ...deps });
  },
};
