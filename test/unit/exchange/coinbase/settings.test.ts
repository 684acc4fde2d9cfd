/** Coinbase's key and feed: sources, what is rejected, and that no value ever appears in a message. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../../logger/config/load.ts';
import { settingReader } from '../../../../logger/config/read-setting.ts';
import type { Environment } from '../../../../logger/config/secrets.ts';
import { ConfigError } from '../../../../logger/errors.ts';
import { readCoinbaseSettings } from '../../../../logger/exchange/coinbase/settings.ts';
import type { CoinbaseSettings } from '../../../../logger/exchange/coinbase/settings.ts';
import { CREDENTIALS } from '../../../support/coinbase-frames.ts';

const directory = (): string => mkdtempSync(join(tmpdir(), 'orderbook-config-'));

const KEY = {
  COINBASE_API_KEY: CREDENTIALS.key,
  COINBASE_API_SECRET: CREDENTIALS.secret,
  COINBASE_API_PASSPHRASE: CREDENTIALS.passphrase,
};

const settingsOf = (environment: Environment): CoinbaseSettings =>
  readCoinbaseSettings(settingReader(environment));

async function rejection(environment: Record<string, string>): Promise<string> {
  const error: unknown = await loadConfig(environment).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
}

describe('the feed', () => {
  test.each([
    ['auto', {}, 'level2_batch'],
    ['auto', KEY, 'full'],
    ['full', KEY, 'full'],
    ['level2_batch', KEY, 'level2_batch'],
    ['level2_batch', {}, 'level2_batch'],
    ['', KEY, 'full'],
  ])('COINBASE_FEED=%s with %o is %s', (COINBASE_FEED, key, feed) => {
    const coinbase = settingsOf({ ...key, COINBASE_FEED });
    expect(coinbase.feed).toBe(feed);
    expect(coinbase.credentials).toEqual(key === KEY ? CREDENTIALS : null);
  });

  test('the documented addresses are the default', () => {
    expect(settingsOf({})).toMatchObject({
      wsUrl: 'wss://ws-feed.exchange.coinbase.com',
      restUrl: 'https://api.exchange.coinbase.com',
    });
  });

  test('full without a key is rejected', async () => {
    expect(await rejection({ COINBASE_FEED: 'full' })).toMatch(/^COINBASE_FEED .*COINBASE_API_KEY/);
  });

  test.each([
    ['COINBASE_FEED', 'level3'],
    ['COINBASE_WS_URL', 'https://feed.test'],
    ['COINBASE_REST_URL', 'https://rest.test/path'],
  ])('%s=%s is rejected in one line that names both', async (name, value) => {
    const message = await rejection({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name}[^\\n]*$`));
    expect(message).toContain(value);
  });
});

describe('the key', () => {
  test('each part may come from a file', () => {
    const cwd = directory();
    const environment: Record<string, string> = {};
    for (const [name, value] of Object.entries(KEY)) {
      environment[`${name}_FILE`] = join(cwd, name);
      writeFileSync(join(cwd, name), `${value}\n`);
    }
    expect(settingsOf(environment).credentials).toEqual(CREDENTIALS);
  });

  test('each part may come from systemd', () => {
    const cwd = directory();
    writeFileSync(join(cwd, 'coinbase-api-key'), CREDENTIALS.key);
    writeFileSync(join(cwd, 'coinbase-api-secret'), CREDENTIALS.secret);
    writeFileSync(join(cwd, 'coinbase-api-passphrase'), CREDENTIALS.passphrase);
    const coinbase = settingsOf({ CREDENTIALS_DIRECTORY: cwd });
    expect(coinbase).toMatchObject({ feed: 'full', fallback: null, credentials: CREDENTIALS });
  });

  test.each(Object.keys(KEY))('without %s the rest is rejected', async (name) => {
    const message = await rejection({ ...KEY, [name]: '' });
    expect(message).toMatch(new RegExp(`^${name} is missing`));
  });

  test.each([
    ['COINBASE_API_SECRET', 'not base64 at all!'],
    ['COINBASE_API_SECRET', 'c2hvcnQ='],
    ['COINBASE_API_KEY', 'organizations/1/apiKeys/2'],
    ['COINBASE_API_SECRET', '-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEE\\n-----END'],
    ['COINBASE_API_PASSPHRASE', 'pass\nphrase'],
    ['COINBASE_API_PASSPHRASE', 'fünf Wörter'],
  ])('%s=%o is rejected by name, never by value', async (name, value) => {
    const message = await rejection({ ...KEY, [name]: value });
    expect(message).toMatch(new RegExp(`^${name}[^\\n]*$`));
    for (const secret of [value, ...Object.values(KEY)]) expect(message).not.toContain(secret);
  });

  test('a key of the retail app is explained, also in a file of many lines', async () => {
    const file = join(directory(), 'pem');
    writeFileSync(file, '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n');
    const { COINBASE_API_SECRET: _none, ...rest } = KEY;
    const message = await rejection({ ...rest, COINBASE_API_SECRET_FILE: file });
    expect(message).toMatch(/^COINBASE_API_SECRET_FILE \(.*pem\) .*retail app/);
    expect(message).not.toContain('MHcCAQEE');
  });

  test.each([
    ['COINBASE_API_SECRET', 'not base64 at all!'],
    ['COINBASE_API_PASSPHRASE', 'fünf Wörter'],
  ])('a file of a bad %s is rejected by the variable that led to it', async (name, value) => {
    const file = join(directory(), 'part');
    writeFileSync(file, value);
    const message = await rejection({ ...KEY, [name]: '', [`${name}_FILE`]: file });
    expect(message).toMatch(new RegExp(`^${name}_FILE \\(${file}\\) is not valid`));
    expect(message).not.toContain(value);
  });

  test('a variable and its file together are rejected', async () => {
    const message = await rejection({ ...KEY, COINBASE_API_KEY_FILE: '/nowhere' });
    expect(message).toMatch(/^COINBASE_API_KEY and COINBASE_API_KEY_FILE/);
  });

  test('a file that is not there is rejected', async () => {
    const { COINBASE_API_KEY: _none, ...rest } = KEY;
    const message = await rejection({ ...rest, COINBASE_API_KEY_FILE: join(directory(), 'none') });
    expect(message).toMatch(/^COINBASE_API_KEY_FILE/);
  });
});
