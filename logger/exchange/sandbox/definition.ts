/** The sandbox exchange with accounts (`npm run exchange`): single orders (L3). */

import { upperCaseAscii } from '../../market/security.ts';
import { restAddress, wsAddress } from '../../settings/addresses.ts';
import type { ExchangeDefinition } from '../definition.ts';
import { createSandbox } from './exchange.ts';

const WS_URL = wsAddress('SANDBOX_WS_URL', 'ws://127.0.0.1:6789', 'sandbox exchange’s streams');
const REST_URL = restAddress(
  'SANDBOX_REST_URL',
  'http://127.0.0.1:6789',
  'sandbox exchange’s REST API',
);

export const sandbox: ExchangeDefinition = {
  name: 'sandbox',
  settings: [WS_URL, REST_URL],
  tradeIds: 'consecutive',
  normalizeSymbol: upperCaseAscii,
  configure: (read) => {
    const addresses = { wsUrl: read(WS_URL), restUrl: read(REST_URL) };
    return (shared, deps) => createSandbox({ ...addresses, ...shared, ...deps });
  },
};
