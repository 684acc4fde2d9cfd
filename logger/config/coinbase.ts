/** Coinbase's key and feed: what belongs together, and what the exchange would refuse anyhow. */

import { ConfigError } from '../errors.ts';
import { readSecret } from './secrets.ts';
import type { Environment } from './secrets.ts';

export interface CoinbaseSettings {
  readonly feed: 'full' | 'level2_batch';
  /** Why it is not `full`, and whether somebody wants it so; null: it is. */
  readonly fallback: { readonly reason: string; readonly isChosen: boolean } | null;
  /** null: there is no key. */
  readonly credentials: {
    readonly key: string;
    readonly secret: string;
    readonly passphrase: string;
  } | null;
}

const BASE64 = /^[A-Za-z0-9+/]{16,}={0,2}$/;
/** The keys of the retail app. */
const CDP_KEY = /^organizations\/|BEGIN [A-Z ]*PRIVATE KEY/;

/**
 * @param feed `COINBASE_FEED`, checked.
 * @throws ConfigError for a part of a key, a key of another kind, and `full` without one.
 */
export function coinbaseSettings(environment: Environment, feed: string): CoinbaseSettings {
  const part = (name: string, credential: string): string | undefined =>
    readSecret(environment, name, credential, (text, source) => {
      checkPart(source, text);
      if (name === 'COINBASE_API_SECRET') checkBase64(source, text);
    });
  const key = part('COINBASE_API_KEY', 'coinbase-api-key');
  const secret = part('COINBASE_API_SECRET', 'coinbase-api-secret');
  const passphrase = part('COINBASE_API_PASSPHRASE', 'coinbase-api-passphrase');
  const missing = Object.entries({
    COINBASE_API_KEY: key,
    COINBASE_API_SECRET: secret,
    COINBASE_API_PASSPHRASE: passphrase,
  }).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length === 3) {
    if (feed !== 'full')
      return { feed: 'level2_batch', fallback: fallbackOf(feed), credentials: null };
    throw new ConfigError(
      'COINBASE_FEED is "full", which needs COINBASE_API_KEY, COINBASE_API_SECRET and COINBASE_API_PASSPHRASE',
    );
  }
  if (key === undefined || secret === undefined || passphrase === undefined) {
    throw new ConfigError(
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing: a Coinbase key has three parts`,
    );
  }
  return {
    feed: feed === 'level2_batch' ? 'level2_batch' : 'full',
    fallback: feed === 'level2_batch' ? fallbackOf(feed) : null,
    credentials: { key, secret, passphrase },
  };
}

function fallbackOf(feed: string): CoinbaseSettings['fallback'] {
  return feed === 'level2_batch'
    ? { reason: 'COINBASE_FEED is level2_batch', isChosen: true }
    : {
        reason: 'COINBASE_API_KEY, COINBASE_API_SECRET and COINBASE_API_PASSPHRASE are not set',
        isChosen: false,
      };
}

function checkBase64(source: string, secret: string): void {
  if (BASE64.test(secret)) return;
  throw new ConfigError(`${source} is not valid: use the base64 text that came with the key`);
}

/** @throws ConfigError for a key of another kind, and for what no header can carry. */
function checkPart(source: string, secret: string): void {
  if (CDP_KEY.test(secret)) {
    throw new ConfigError(
      `${source} is of a key of the retail app (CDP): Coinbase Exchange has its own keys, with a passphrase`,
    );
  }
  if (!/^[\x20-\x7e]*$/.test(secret)) {
    throw new ConfigError(`${source} is not valid: use one line of plain characters`);
  }
}
