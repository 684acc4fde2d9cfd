import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../logger/config/load.ts';
import { settingReader } from '../../../logger/config/read-setting.ts';
import { ConfigError } from '../../../logger/errors.ts';
import { EXCHANGE_NAMES } from '../../../logger/exchange/exchanges.ts';
import { readCoinbaseSettings } from '../../../logger/exchange/coinbase/settings.ts';

const directory = (): string => mkdtempSync(join(tmpdir(), 'orderbook-config-'));
const longKey = 'k'.repeat(32);

describe('settings', () => {
  test('a bad security is reported with the variable alone', async () => {
    await expect(loadConfig({ SECURITIES: 'binance:BTCUSDT,BTC' })).rejects.toThrow(
      /^SECURITIES: "binance:BTCUSDT,BTC" is not valid: use exchange:symbol, for example [^ ]+$/,
    );
  });

  test('an unknown exchange is rejected with the known ones', async () => {
    await expect(loadConfig({ SECURITIES: 'binance:BTCUSDT,kraken:XBTUSD' })).rejects.toThrow(
      `unknown exchange "kraken" (known: ${EXCHANGE_NAMES.join(', ')})`,
    );
  });

  test('securities are spelled as their exchange spells them', async () => {
    const { securities } = await loadConfig({ SECURITIES: 'Binance:btcusdt, coinbase:btc-usd,' });
    expect(securities).toEqual(['binance:BTCUSDT', 'coinbase:BTC-USD']);
  });

  test('snapshots to keep are securities, an interval that divides a day, and a depth', async () => {
    const given = 'coinbase:btc-usd@200ms/25, binance:BTCUSDT@1s,binance:BTCUSDT@1s/10';
    expect((await loadConfig({ SNAPSHOTS: given })).snapshots).toEqual([
      { security: 'coinbase:BTC-USD', everyUs: 200_000, depth: 25 },
      { security: 'binance:BTCUSDT', everyUs: 1_000_000, depth: 25 },
      { security: 'binance:BTCUSDT', everyUs: 1_000_000, depth: 10 },
    ]);
    expect((await loadConfig({})).snapshots).toEqual([]);
  });

  test('every exchange of the list can be created', async () => {
    expect([...(await loadConfig({})).exchanges.keys()]).toEqual(EXCHANGE_NAMES);
  });

  test('a bad address in a file is reported with the variable that led to it', async () => {
    const file = join(directory(), 'endpoint');
    writeFileSync(file, 'nowhere');
    await expect(loadConfig({ MONGODB_ENDPOINT_FILE: file })).rejects.toThrow(
      `MONGODB_ENDPOINT_FILE (${file}) is not valid: use host:port or a mongodb:// URI`,
    );
  });

  test('an empty environment gives the documented defaults', async () => {
    expect(await loadConfig({})).toMatchObject({
      logLevel: 'info',
      logFormat: 'text',
      dataDirectory: 'data',
      securities: [],
      updateFrequencyMs: 1000,
      baseImageIntervalS: 1800,
      staleAfterMs: 15_000,
      stallLimitS: 30,
      managerHost: '127.0.0.1',
      managerPort: 6634,
      managerAccess: { keys: ['secret'], tls: null },
      metrics: null,
    });
  });

  test('an empty variable counts as unset', async () => {
    const config = await loadConfig({ LOGLEVEL: '', MANAGER_PORT: ' ', MANAGER_AUTHKEY: '' });
    expect(config).toMatchObject({
      logLevel: 'info',
      managerPort: 6634,
      managerAccess: { keys: ['secret'], tls: null },
    });
  });

  test('METRICS_PORT alone switches the metrics on, for this machine', async () => {
    const on = await loadConfig({ METRICS_PORT: '9464' });
    expect(on.metrics).toEqual({ host: '127.0.0.1', port: 9464 });
    const open = await loadConfig({ METRICS_PORT: '0', METRICS_HOST: '0.0.0.0' });
    expect(open.metrics).toEqual({ host: '0.0.0.0', port: 0 });
    expect((await loadConfig({ METRICS_HOST: '0.0.0.0' })).metrics).toBeNull();
  });

  test('Unix level names are known in any case', async () => {
    expect((await loadConfig({ LOGLEVEL: 'WARN' })).logLevel).toBe('warning');
    expect((await loadConfig({ LOGLEVEL: 'Crit' })).logLevel).toBe('error');
  });

  test.each([
    ['LOGLEVEL', 'loud'],
    ['USE_ENV_FILE', 'yes'],
    ['AS_SERVICE', '1'],
    ['LOG_FORMAT', 'xml'],
    ['ORDERBOOK_UPDATEFREQUENCY', '250'],
    ['BASE_IMAGE_INTERVAL', '0'],
    ['BASE_IMAGE_INTERVAL', '10m'],
    ['BASE_IMAGE_INTERVAL', '1e3'],
    ['STALE_AFTER', '-1'],
    ['STALE_AFTER', 'NaN'],
    ['STALL_LIMIT', '0.5'],
    ['MANAGER_PORT', '65536'],
    ['MANAGER_PORT', '-1'],
    ['MANAGER_PORT', '6634.0'],
    ['MANAGER_HOST', 'no such host'],
    ['METRICS_PORT', 'off'],
    ['METRICS_PORT', '65536'],
    ['SECURITIES', 'BTCUSDT'],
    ['SECURITIES', 'binance:BTCUSDT,binance:../etc'],
    ['SNAPSHOTS', 'binance:BTCUSDT'],
    ['SNAPSHOTS', 'binance:BTCUSDT@7s/10'],
    ['SNAPSHOTS', 'binance:BTCUSDT@1ms/10'],
    ['SNAPSHOTS', 'binance:BTCUSDT@soon/10'],
    ['SNAPSHOTS', 'binance:BTCUSDT@1s/0'],
    ['SNAPSHOTS', 'binance:BTCUSDT@1s/1001'],
    ['SNAPSHOTS', 'kraken:XBTUSD@1s/10'],
    ['SNAPSHOTS', 'binance:BTCUSDT@1s/10,binance:btcusdt@1000ms/10'],
    ['BINANCE_WS_URL', 'https://example.org'],
    ['BINANCE_WS_URL', 'not a url'],
    ['BINANCE_REST_URL', 'http://127.0.0.1:1/api'],
    ['BINANCE_REST_URL', 'http://user:pass@127.0.0.1:1'],
    ['MANAGER_ALLOW_PLAINTEXT', 'maybe'],
  ])('%s=%s is rejected in one line that names both', async (name, value) => {
    const rejected = loadConfig({ [name]: value });
    await expect(rejected).rejects.toThrow(ConfigError);
    await expect(rejected).rejects.toThrow(new RegExp(`^${name}[^\\n]*$`));
    await expect(rejected).rejects.toThrow(value.slice(0, 20));
  });

  test.each([
    ['localhost:27017', undefined],
    ['mongodb://one,two:27018/books?replicaSet=rs0', undefined],
    ['mongodb+srv://user:pass@cluster.example', 'other'],
  ])('MongoDB at %s', async (endpoint, database) => {
    const config = await loadConfig({ MONGODB_ENDPOINT: endpoint, MONGODB_DATABASE: database });
    expect(config.mongodb).toEqual({ endpoint, database });
  });

  test.each([
    ['mongodb://localhost/a.b', '', /^MONGODB_ENDPOINT: the database name "a\.b" contains "\."/],
    ['mongodb://user:hush@host/a%2Fb', '', /^MONGODB_ENDPOINT: the database name "a\/b" contains/],
    ['localhost:27017', 'a b', /^MONGODB_DATABASE: the database name "a b" contains " "/],
  ])('a database of %s %s can’t be created', async (endpoint, database, reason) => {
    const settings = { MONGODB_ENDPOINT: endpoint, MONGODB_DATABASE: database };
    await expect(loadConfig(settings)).rejects.toThrow(ConfigError);
    await expect(loadConfig(settings)).rejects.toThrow(reason);
    await expect(loadConfig(settings)).rejects.not.toThrow('hush');
  });

  test.each(['localhost', 'http://user:hush@host/', 'host:27017/db', 'mongodb://'])(
    'MONGODB_ENDPOINT can’t be %s, and no value is shown',
    async (endpoint) => {
      const rejected = loadConfig({ MONGODB_ENDPOINT: endpoint });
      await expect(rejected).rejects.toThrow(/^MONGODB_ENDPOINT is not valid: use host:port/);
      await expect(rejected).rejects.not.toThrow(/hush/);
    },
  );

  test.each([
    ['64MiB', 64 * 2 ** 20],
    ['20GiB', 20 * 2 ** 30],
    ['1 tb', 1e12],
    ['100000000', 100_000_000],
  ])('a spool of %s', async (given, bytes) => {
    expect((await loadConfig({ SPOOL_LIMIT: given })).spoolMaxBytes).toBe(bytes);
  });

  test.each(['1MiB', 'much', '-5GiB', '20 GiBs'])('no spool of %s', async (given) => {
    await expect(loadConfig({ SPOOL_LIMIT: given })).rejects.toThrow(/^SPOOL_LIMIT/);
  });

  test('vars.env is read when asked for, and real variables win', async () => {
    const cwd = directory();
    writeFileSync(join(cwd, 'vars.env'), 'LOGLEVEL=debug\n# remark\nMANAGER_PORT="7000"\n');
    const environment = { USE_ENV_FILE: 'true', MANAGER_PORT: '7001' };
    expect(await loadConfig(environment, cwd)).toMatchObject({
      logLevel: 'debug',
      managerPort: 7001,
    });
    await expect(loadConfig({ USE_ENV_FILE: 'true' }, directory())).rejects.toThrow(/vars\.env/);
  });

  test('vars.env may begin with a byte order mark, and lines may end as in Windows', async () => {
    const cwd = directory();
    writeFileSync(join(cwd, 'vars.env'), '\uFEFFMANAGER_PORT=7000\r\nMETRICS_PORT=7001\r\n');
    expect(await loadConfig({ USE_ENV_FILE: 'true' }, cwd)).toMatchObject({
      managerPort: 7000,
      metrics: { port: 7001 },
      warnings: [],
    });
  });

  test.each(['MANAGER_HOST', 'METRICS_HOST'])(
    '%s may be in brackets, as in a URL',
    async (name) => {
      const hosts = async (given: string): Promise<unknown[]> => {
        const config = await loadConfig({ METRICS_PORT: '1', [name]: given });
        return [config.managerHost, config.metrics?.host];
      };
      expect(await hosts('[::1]')).toEqual(await hosts('::1'));
      await expect(hosts('[127.0.0.1]')).rejects.toThrow(new RegExp(`^${name}: .*like ::1`));
      await expect(hosts('[localhost]')).rejects.toThrow(ConfigError);
    },
  );

  test('the key comes from a file, and never shows in an error', async () => {
    const cwd = directory();
    const file = join(cwd, 'key');
    writeFileSync(file, `${longKey}\n`);
    expect((await loadConfig({ MANAGER_AUTHKEY_FILE: file })).managerAccess.keys).toEqual([
      longKey,
    ]);
    const both = loadConfig({ MANAGER_AUTHKEY_FILE: file, MANAGER_AUTHKEY: 'hidden-key' });
    await expect(both).rejects.toThrow(ConfigError);
    await expect(both).rejects.not.toThrow(/hidden-key/);
    await expect(loadConfig({ MANAGER_AUTHKEY_FILE: join(cwd, 'none') })).rejects.toThrow(
      /^MANAGER_AUTHKEY_FILE/,
    );
    writeFileSync(join(cwd, 'authkey'), 'from-systemd-credentials');
    expect((await loadConfig({ CREDENTIALS_DIRECTORY: cwd })).managerAccess.keys).toEqual([
      'from-systemd-credentials',
    ]);
    expect((await loadConfig({ CREDENTIALS_DIRECTORY: directory() })).managerAccess.keys).toEqual([
      'secret',
    ]);
  });

  test.each(['0.0.0.0', '::', '[::]', '::ffff:0.0.0.0', '192.0.2.7'])(
    'on %s the key must be long, and plaintext allowed',
    async (MANAGER_HOST) => {
      const start = (more: Record<string, string>): Promise<unknown> =>
        loadConfig({ MANAGER_HOST, ...more });
      await expect(start({})).rejects.toThrow(/MANAGER_AUTHKEY/);
      await expect(start({ MANAGER_AUTHKEY: 'fifteen-letters' })).rejects.toThrow(/16 characters/);
      await expect(start({ MANAGER_AUTHKEY: longKey })).rejects.toThrow(/MANAGER_ALLOW_PLAINTEXT/);
      await expect(
        start({ MANAGER_AUTHKEY: longKey, MANAGER_ALLOW_PLAINTEXT: 'true' }),
      ).resolves.toMatchObject({
        managerAccess: { warnings: [expect.stringContaining('without TLS')] },
      });
    },
  );

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is loopback', async (host) => {
    const config = await loadConfig({ MANAGER_HOST: host, MANAGER_AUTHKEY: 'short' });
    expect(config.managerAccess.warnings).toEqual([]);
  });
});

describe('under systemd', () => {
  test('a stalled process ends itself before the watchdog would, and never later than asked', async () => {
    expect((await loadConfig({ WATCHDOG_USEC: '20000000' })).stallLimitS).toBe(10);
    expect((await loadConfig({ WATCHDOG_USEC: '90000000' })).stallLimitS).toBe(30);
    expect((await loadConfig({ WATCHDOG_USEC: '20000000', STALL_LIMIT: '2' })).stallLimitS).toBe(2);
  });

  test('a blank credential is none', async () => {
    const credentials = directory();
    for (const part of ['key', 'secret', 'passphrase']) {
      writeFileSync(join(credentials, `coinbase-api-${part}`), '\n');
    }
    const read = settingReader({ CREDENTIALS_DIRECTORY: credentials });
    expect(readCoinbaseSettings(read).credentials).toBe(null);
  });
});
