/** What points a logger at a sandbox, as variables of its environment. */

import { SANDBOX_KEY } from './venues/coinbase/key.ts';
import type { Sandbox } from './sandbox.ts';

export function loggerSettings(sandbox: Sandbox): Readonly<Record<string, string>> {
  return {
    BINANCE_WS_URL: sandbox.wsUrl,
    BINANCE_REST_URL: sandbox.restUrl,
    COINBASE_WS_URL: sandbox.coinbaseWsUrl,
    COINBASE_REST_URL: sandbox.coinbaseRestUrl,
    COINBASE_API_KEY: SANDBOX_KEY.key,
    COINBASE_API_SECRET: SANDBOX_KEY.secret,
    COINBASE_API_PASSPHRASE: SANDBOX_KEY.passphrase,
  };
}
