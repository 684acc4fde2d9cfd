import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KEY, cli, expectError } from './fixture.ts';
import { SECURITY, directory, manager, port } from './running.ts';

describe('wrong usage', () => {
  const lines: [string, RegExp][] = [
    ['', /command is missing/],
    ['', /see orderbook-manager --help/],
    ['nonsense', /Unknown command: nonsense \(see orderbook-manager --help\)/],
    ['nonsense X', /Unknown command: nonsense/],
    ['bok X', /Unknown command: bok \(did you mean book\?\)/],
    ['--port 1 bok X', /Unknown command: bok /],
    ['list --nonsense', /Unknown argument: nonsense \(see orderbook-manager list --help\)/],
    ['list extra', /Unknown argument: extra/],
    ['add', /add <security\.\.>/],
    ['remove', /remove <security\.\.>/],
    ['snapshot', /snapshot <security\.\.>/],
    ['reset', /reset <exchange>/],
    ['book', /book <security>/],
    ['coverage', /coverage <security>/],
    ['export', /export <security>/],
    ['add BTCUSDT', /exchange:symbol/],
    ['add binance:', /exchange:symbol/],
    ['add binance:../../etc', /exchange:symbol/],
    ['add kraken:XBTUSD', /Unknown exchange kraken/],
    [`add ${SECURITY} mtgox:BTCUSD`, /Unknown exchange mtgox/],
    ['reset mtgox', /Unknown exchange mtgox/],
    [`snapshot all ${SECURITY}`, /all cannot be combined/],
    ['watch binance', /exchange:symbol/],
    ['verify binance', /exchange:symbol/],
    [`book ${SECURITY} --at`, /--at needs a value/],
    [`book ${SECURITY} --at yesterday`, /--at: not a time/],
    [`book ${SECURITY} --at 2026-02-30T00:00:00Z`, /--at: not a time/],
    [`book ${SECURITY} --at 2026-11-20T07:00:00`, /--at: not a time/],
    [`book ${SECURITY} --at 1723161254206`, /--at: not a time/],
    [`book ${SECURITY} --at 1ms --at 2ms`, /--at is given more than once/],
    [`book ${SECURITY} --at 1ms --sequence 5`, /contradict/],
    [`book ${SECURITY} --sequence 1.5`, /--sequence/],
    [`book ${SECURITY} --sequence 9007199254740992`, /--sequence: .* below 2\^53/],
    [`book ${SECURITY} --sequence 99999999999999999999`, /--sequence: .* below 2\^53/],
    [`book ${SECURITY} --sequence -1`, /--sequence|Unknown/],
    [`book ${SECURITY} --depth 0`, /--depth/],
    [`book ${SECURITY} --depth many`, /--depth/],
    [`book ${SECURITY} --depth 1e3`, /--depth/],
    [`book ${SECURITY} --clock wall`, /--clock/],
    [`book ${SECURITY} --level 3`, /--level: "3" is not "2"$/m],
    [`book ${SECURITY} --archive somewhere --port 1`, /contradict/],
    [`book ${SECURITY} --archive mongodb://`, /MongoDB/],
    [`book ${SECURITY} --archive /nonexistent/archive`, /no archive in/],
    [`coverage ${SECURITY} --from 2000ms --to 1000ms`, /--from: is after --to/],
    [`coverage ${SECURITY} --from never`, /--from: not a time/],
    [`export ${SECURITY}`, /--type: is missing/],
    [`export ${SECURITY} --type bars`, /--type/],
    [`export ${SECURITY} --type candles`, /--timeframe: is missing/],
    [`watch ${SECURITY} --candles 2m`, /--candles: "2m" is not a timeframe/],
    ['watch --candles 1m', /--candles follows one security/],
    [`watch ${SECURITY} --candles 1m --ladder`, /--candles contradicts --ladder/],
    [`watch ${SECURITY} --snapshots 7s`, /--snapshots: has to divide a day/],
    [`watch ${SECURITY} --snapshots 1ms`, /--snapshots: has to be 10ms or longer/],
    [`watch ${SECURITY} --snapshots soon`, /--snapshots/],
    [`watch ${SECURITY} --snapshots 1s --depth 0`, /--depth/],
    ['watch --snapshots 1s', /--snapshots follows one security/],
    [`watch ${SECURITY} --snapshots 1s --candles 1m`, /--snapshots contradicts --candles/],
    [`watch ${SECURITY} --snapshots 1s --ladder`, /--snapshots contradicts --ladder/],
    [`watch ${SECURITY} --level 2`, /--level is for --snapshots/],
    [`watch ${SECURITY} --depth 5`, /--depth is for --ladder or --snapshots/],
    [`watch ${SECURITY} --features`, /--features is for --snapshots/],
    [`watch ${SECURITY} --snapshots 1s --features`, /--features needs --json/],
    [`export ${SECURITY} --type trades --features`, /--features: is for the type snapshots/],
    [
      `export ${SECURITY} --type snapshots --features --format tardis-csv`,
      /--features: tardis-csv/,
    ],
    [`candles ${SECURITY}`, /--timeframe: is missing; give 1m, /],
    [`candles ${SECURITY} --timeframe 1w`, /--timeframe/],
    [`export ${SECURITY} --type trades --format parquet`, /--format parquet needs --out/],
    [
      `export ${SECURITY} --type snapshots --depth 1001 --out x.npz`,
      /--depth: files with a column/,
    ],
    [`export ${SECURITY} --type trades --force`, /--force belongs to --out/],
    [`export ${SECURITY} --type snapshots --every 100`, /--every: not a length of time/],
    [`export ${SECURITY} --type snapshots --every often`, /--every: not a length of time/],
    [`export ${SECURITY} --type snapshots --every 0s`, /--every: has to be from 1us to 24h/],
    [`export ${SECURITY} --type snapshots --every 25h`, /--every: has to be from 1us to 24h/],
    [`export ${SECURITY} --type snapshots --depth 0`, /--depth/],
    [`export ${SECURITY} --type trades --every 1s`, /--every: is for the type snapshots/],
    [`export ${SECURITY} --type quotes --depth 5`, /--depth: is for the type snapshots/],
    [`export ${SECURITY} --type incremental --level 2`, /--level: is for the type snapshots/],
    [`export ${SECURITY} --type orders --format tardis-csv`, /no columns for orders/],
    [`export ${SECURITY} --type snapshots --format tardis-csv --depth 7`, /book_snapshot_25/],
    ['terminate', /give --yes/],
    ['completion tcsh', /bash, zsh, fish/],
    ['list --port 0', /--port/],
    ['list --port 65536', /--port/],
    ['list --port http', /--port/],
    ['list --port 1 --port 2', /more than once/],
    ['list --host bad_host!', /--host/],
    ['list --host 192.0.2.1', /in plaintext/],
    ['list --host example.org', /in plaintext/],
    ['list --timeout 0', /--timeout/],
    ['list --timeout soon', /--timeout/],
    ['list --timeout -1', /--timeout|Unknown/],
    ['list --authkey-file /nonexistent/key', /--authkey-file/],
    ['list --tls-cert /dev/null', /belong together/],
    ['list --tls-ca /nonexistent/ca.pem', /--tls-ca/],
    ['list --tls-ca package.json', /--tls-ca: not usable PEM/],
    ['list --tls-server-name logger.test', /--tls-server-name: there is no TLS without --tls-ca/],
    ['list --tls-server-name -x-', /--tls-server-name/],
    [
      'list --tls-cert package.json --tls-key package.json',
      /--tls-cert with --tls-key: not usable PEM/,
    ],
    ['list --context paris', /--context: .*contexts\.json does not exist/],
    [`book ${SECURITY} --archive somewhere --context paris`, /contradict/],
  ];
  test.each(lines)('%s', async (line, text) => {
    expectError(await manager(line), 2, text);
    expect(port.control.calls).toEqual([]);
    expect(port.log.lines).toEqual([]);
  });

  const environments: [Record<string, string>, RegExp][] = [
    [{ MANAGER_PORT: 'x' }, /MANAGER_PORT/],
    [{ LOGGER_SERVER_IP: 'not an address' }, /LOGGER_SERVER_IP/],
    [{ LOGGER_SERVER_IP: '198.51.100.7' }, /in plaintext/],
    [{ MANAGER_TLS_CA: '/nonexistent/ca.pem' }, /MANAGER_TLS_CA/],
    [{ MANAGER_TLS_CLIENT_CERT: '/nonexistent/my.pem' }, /MANAGER_TLS_CLIENT_CERT/],
    [{ MANAGER_AUTHKEY: '', MANAGER_AUTHKEY_FILE: '/nonexistent/key' }, /MANAGER_AUTHKEY_FILE/],
    [{ MANAGER_AUTHKEY: 'schl\u00fcssel' }, /printable ASCII/],
  ];
  test.each(environments)('%j', async (env, text) => {
    expectError(await manager('list', { env }), 2, text);
  });
});

test('an error that says what to do is not followed by a hint', async () => {
  for (const line of [`book ${SECURITY} --at yesterday`, 'book', 'list --port 0', 'bok']) {
    expect((await manager(line)).stderr).not.toContain('--help');
  }
});

test('--out into a missing directory fails before any call', async () => {
  const out = join(directory, 'none', 'trades.jsonl');
  const run = await cli(['export', SECURITY, '--type', 'trades', '--out', out], {
    port: port.port,
  });
  expectError(run, 1, /there is no directory .*none; create it first/);
  expect(run.stderr).not.toContain('ENOENT');
  expect(port.reader.queries).toEqual([]);
});

describe('the key', () => {
  test('comes from the file, before the environment', async () => {
    const file = join(directory, 'authkey');
    writeFileSync(file, `${KEY}\n`);
    const env = { MANAGER_AUTHKEY: 'another-key-altogether' };
    expect((await cli(['ping', '--authkey-file', file], { port: port.port, env })).code).toBe(0);
  });

  test("is the one in the logger's own key file, before the installed one", async () => {
    const file = join(directory, 'authkey');
    writeFileSync(file, `${KEY}\n`);
    const ping = (path: string) =>
      manager('ping', { env: { MANAGER_AUTHKEY: '', MANAGER_AUTHKEY_FILE: path } });
    expect((await ping(file)).code).toBe(0);
    expectError(await ping(`${file}.missing`), 2, /MANAGER_AUTHKEY_FILE: can't be read/);
  });

  test('is the installed one if no other is given', async () => {
    const systemKeyFile = join(directory, 'authkey');
    writeFileSync(systemKeyFile, `${KEY}\n`);
    const env = { MANAGER_AUTHKEY: '' };
    expect((await manager('ping', { env, systemKeyFile })).code).toBe(0);
    expectError(await manager('ping', { env }), 3, /rejected the key: none was given; give/);
  });

  test('of an empty file is wrong usage', async () => {
    const file = join(directory, 'authkey');
    writeFileSync(file, '\n');
    const run = await cli(['ping', '--authkey-file', file], { port: port.port });
    expectError(run, 2, /contains no key/);
  });
});
