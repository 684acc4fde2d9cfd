/** Coinbase's settings: which feed to record, and the key that it needs. */

import { ConfigError, InvalidArgumentError } from '../../errors.ts';
import { restAddress, wsAddress } from '../../settings/addresses.ts';
import { choice, fileSetting, notValid } from '../../settings/parsers.ts';
import type { ReadSetting, Setting } from '../../settings/setting.ts';
import type { CoinbaseOptions } from './exchange.ts';

export type CoinbaseSettings = Required<
  Pick<CoinbaseOptions, 'wsUrl' | 'restUrl' | 'feed' | 'fallback' | 'credentials'>
>;

/** Keys of the retail app (CDP), which people mistake for keys of the exchange. */
const CDP_KEY = /^organizations\/|BEGIN [A-Z ]*PRIVATE KEY/;
const BASE64 = /^[A-Za-z0-9+/]{16,}={0,2}$/;

function keyPart(given: string): string {
  if (CDP_KEY.test(given)) {
    throw new InvalidArgumentError(
      'belongs to a key of the retail app (CDP): Coinbase Exchange has its own keys, with a passphrase',
    );
  }
  if (!/^[\x20-\x7e]*$/.test(given)) throw notValid('use one line of plain characters');
  return given;
}

function base64KeyPart(given: string): string {
  keyPart(given);
  if (!BASE64.test(given)) throw notValid('use the base64 text that came with the key');
  return given;
}

const KEY = {
  env: 'COINBASE_API_KEY',
  parse: keyPart,
  isSecret: true,
  credential: 'coinbase-api-key',
  shownDefault: '`$CREDENTIALS_DIRECTORY/coinbase-api-key` under systemd, if it is there',
  meaning:
    'key of Coinbase Exchange, for the L3 `full` channel; without one the public L2 feed is recorded',
} as const satisfies Setting<unknown>;

const SECRET = {
  env: 'COINBASE_API_SECRET',
  parse: base64KeyPart,
  isSecret: true,
  credential: 'coinbase-api-secret',
  shownDefault: '`$CREDENTIALS_DIRECTORY/coinbase-api-secret` under systemd, if it is there',
  meaning: 'secret of that key, in base64',
} as const satisfies Setting<unknown>;

const PASSPHRASE = {
  env: 'COINBASE_API_PASSPHRASE',
  parse: keyPart,
  isSecret: true,
  credential: 'coinbase-api-passphrase',
  shownDefault: '`$CREDENTIALS_DIRECTORY/coinbase-api-passphrase` under systemd, if it is there',
  meaning: 'passphrase of that key',
} as const satisfies Setting<unknown>;

const FEED = {
  env: 'COINBASE_FEED',
  parse: choice({ auto: 'auto', full: 'full', level2_batch: 'level2_batch' } as const),
  default: 'auto',
  meaning:
    '`full` (L3, needs a key) or `level2_batch` (L2, public); `auto`: `full` if there is a key',
} as const satisfies Setting<unknown>;

const WS_URL = wsAddress('COINBASE_WS_URL', 'wss://ws-feed.exchange.coinbase.com', 'Coinbase feed');
const REST_URL = restAddress(
  'COINBASE_REST_URL',
  'https://api.exchange.coinbase.com',
  'Coinbase REST API',
);

export const COINBASE_SETTINGS: readonly Setting<unknown>[] = [
  KEY,
  fileSetting(KEY),
  SECRET,
  fileSetting(SECRET),
  PASSPHRASE,
  fileSetting(PASSPHRASE),
  FEED,
  WS_URL,
  REST_URL,
];

/** @throws ConfigError for an incomplete key, a key of another kind, and `full` without a key. */
export function readCoinbaseSettings(read: ReadSetting): CoinbaseSettings {
  const addresses = { wsUrl: read(WS_URL), restUrl: read(REST_URL) };
  const feed = read(FEED);
  const credentials = readCredentials(read);
  if (credentials === null && feed === 'full') {
    throw new ConfigError(
      'COINBASE_FEED is "full", which needs COINBASE_API_KEY, COINBASE_API_SECRET and COINBASE_API_PASSPHRASE',
    );
  }
  if (credentials !== null && feed !== 'level2_batch') {
    return { ...addresses, feed: 'full', fallback: null, credentials };
  }
  const fallback =
    feed === 'level2_batch'
      ? { reason: 'COINBASE_FEED is level2_batch', isChosen: true }
      : {
          reason: 'COINBASE_API_KEY, COINBASE_API_SECRET and COINBASE_API_PASSPHRASE are not set',
          isChosen: false,
        };
  return { ...addresses, feed: 'level2_batch', fallback, credentials };
}

function readCredentials(read: ReadSetting): CoinbaseSettings['credentials'] {
  const [key, secret, passphrase] = [read(KEY), read(SECRET), read(PASSPHRASE)];
  if (key !== null && secret !== null && passphrase !== null) return { key, secret, passphrase };
  const parts = [
    { env: KEY.env, value: key },
    { env: SECRET.env, value: secret },
    { env: PASSPHRASE.env, value: passphrase },
  ];
  const missing = parts.flatMap(({ env, value }) => (value === null ? [env] : []));
  if (missing.length === parts.length) return null;
  throw new ConfigError(
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing: a Coinbase key has three parts`,
  );
}
