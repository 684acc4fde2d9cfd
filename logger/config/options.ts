/**
 * The one table of settings. Loading, validation, the README's table and its test all read it; a
 * setting that is not here does not exist.
 */

import type { LogLevel } from '../runtime/log.ts';

export type OptionType =
  | { readonly kind: 'text' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'securities' }
  | { readonly kind: 'url'; readonly protocols: readonly string[] }
  | { readonly kind: 'mongodb' }
  | { readonly kind: 'bytes' };

export interface Option {
  readonly env: string;
  readonly type: OptionType;
  /** As text, as it would stand in the environment; undefined: unset. */
  readonly default?: string;
  /** Its value is never shown. */
  readonly isSecret?: boolean;
  /** What the README says of the default where the plain value would mislead. */
  readonly shownDefault?: string;
  readonly meaning: string;
}

/** Unix level names; those we do not use themselves mean the next one that we do. */
export const LOG_LEVELS: Readonly<Record<string, LogLevel>> = {
  emerg: 'error',
  alert: 'error',
  crit: 'error',
  critical: 'error',
  err: 'error',
  error: 'error',
  warn: 'warning',
  warning: 'warning',
  notice: 'notice',
  info: 'info',
  debug: 'debug',
};

export const OPTIONS = [
  {
    env: 'USE_ENV_FILE',
    type: { kind: 'boolean' },
    default: 'false',
    meaning: '`true`: also read `vars.env` in the working directory; real variables win',
  },
  {
    env: 'LOGLEVEL',
    type: { kind: 'choice', values: Object.keys(LOG_LEVELS) },
    default: 'info',
    meaning: '`error`, `warning`, `notice`, `info` or `debug`, in any case',
  },
  {
    env: 'LOG_FORMAT',
    type: { kind: 'choice', values: ['auto', 'text', 'json', 'journal'] },
    default: 'auto',
    meaning:
      '`text`, `json` or `journal`; `auto`: journal levels where the log goes to the journal, text otherwise',
  },
  {
    env: 'AS_SERVICE',
    type: { kind: 'boolean' },
    default: 'false',
    meaning: '`true`: the log has journal levels, whatever it goes to',
  },
  {
    env: 'MONGODB_ENDPOINT',
    type: { kind: 'mongodb' },
    isSecret: true,
    meaning:
      '`host:port` or a `mongodb://` URI: records go there; empty: they stay in the embedded archive in `DATA_DIR`',
  },
  {
    env: 'MONGODB_ENDPOINT_FILE',
    type: { kind: 'text' },
    shownDefault: '`$CREDENTIALS_DIRECTORY/mongodb-endpoint` under systemd, if it is there',
    meaning: 'a file that holds it, instead of the variable, for a URI with a password',
  },
  {
    env: 'MONGODB_DATABASE',
    type: { kind: 'text' },
    shownDefault: 'the path of the URI, else `orderbook&trades`',
    meaning: 'name of the database',
  },
  {
    env: 'SPOOL_LIMIT',
    type: { kind: 'bytes' },
    default: '20GiB',
    meaning:
      'how much may wait on disk for MongoDB (`512MiB`, `20GiB` …); beyond it the oldest is dropped, as a declared gap',
  },
  {
    env: 'RETENTION_DAYS',
    type: { kind: 'number', min: 0.01, max: 36_500 },
    meaning: 'records older than that are deleted; empty: nothing is',
  },
  {
    env: 'DATA_DIR',
    type: { kind: 'text' },
    shownDefault: '`$STATE_DIRECTORY` under systemd, else `./data`',
    meaning: 'where the embedded archive, or the spool of MongoDB, and all local state live',
  },
  {
    env: 'SECURITIES',
    type: { kind: 'securities' },
    default: '',
    meaning:
      'comma-separated `exchange:symbol` to record from the start, beside those that were added by the manager and not removed since',
  },
  {
    env: 'ORDERBOOK_UPDATEFREQUENCY',
    type: { kind: 'choice', values: ['100', '1000'] },
    default: '1000',
    meaning: 'pace of the Binance diff stream in milliseconds: `100` or `1000`',
  },
  {
    env: 'BASE_IMAGE_INTERVAL',
    type: { kind: 'integer', min: 1, max: 86_400 },
    default: '1800',
    meaning: 'most seconds between full base images of a security; busy ones get more',
  },
  {
    env: 'STALE_AFTER',
    type: { kind: 'number', min: 1, max: 3600 },
    default: '15',
    meaning: 'seconds without a byte, pongs included, after which a connection counts as dead',
  },
  {
    env: 'STALL_LIMIT',
    type: { kind: 'number', min: 1, max: 3600 },
    default: '30',
    meaning:
      'seconds after which a process whose event loop stands still ends itself; under a systemd watchdog at most half of its time',
  },
  {
    env: 'MANAGER_HOST',
    type: { kind: 'text' },
    default: '127.0.0.1',
    meaning: 'address of the manager port',
  },
  {
    env: 'MANAGER_PORT',
    type: { kind: 'integer', min: 0, max: 65_535 },
    default: '6634',
    meaning: 'manager port (gRPC); `0` takes a free one and logs it',
  },
  {
    env: 'MANAGER_AUTHKEY',
    type: { kind: 'text' },
    default: 'secret',
    isSecret: true,
    meaning:
      'shared key of the manager port; the default, or one under 16 characters, is refused on any address but loopback',
  },
  {
    env: 'MANAGER_AUTHKEY_FILE',
    type: { kind: 'text' },
    shownDefault: '`$CREDENTIALS_DIRECTORY/authkey` under systemd, if it is there',
    meaning:
      'a file that holds the key, instead of the variable; the key in a file of that name with `.next` behind it is accepted too',
  },
  {
    env: 'MANAGER_TLS_CERT',
    type: { kind: 'text' },
    meaning: 'a PEM file with the certificate of the manager port: TLS',
  },
  {
    env: 'MANAGER_TLS_KEY',
    type: { kind: 'text' },
    meaning: 'a PEM file with the key of that certificate',
  },
  {
    env: 'MANAGER_TLS_CLIENT_CA',
    type: { kind: 'text' },
    meaning:
      'a PEM file with the authority of the clients: only those with a certificate of it get in (mutual TLS)',
  },
  {
    env: 'MANAGER_ALLOW_PLAINTEXT',
    type: { kind: 'boolean' },
    default: 'false',
    meaning: '`true`: lets the manager port bind to another address than loopback without TLS',
  },
  {
    env: 'METRICS_HOST',
    type: { kind: 'text' },
    default: '127.0.0.1',
    meaning: 'address of the metrics port; it asks for no key',
  },
  {
    env: 'METRICS_PORT',
    type: { kind: 'integer', min: 0, max: 65_535 },
    meaning:
      'port of the Prometheus metrics, at `/metrics`; empty: off; `0` takes a free one and logs it',
  },
  {
    env: 'BINANCE_WS_URL',
    type: { kind: 'url', protocols: ['ws:', 'wss:'] },
    default: 'wss://stream.binance.com:9443',
    meaning: 'base address of the Binance streams, without a path',
  },
  {
    env: 'BINANCE_REST_URL',
    type: { kind: 'url', protocols: ['http:', 'https:'] },
    default: 'https://api.binance.com',
    meaning: 'base address of the Binance REST API, without a path',
  },
  {
    env: 'COINBASE_API_KEY',
    type: { kind: 'text' },
    isSecret: true,
    shownDefault: '`$CREDENTIALS_DIRECTORY/coinbase-api-key` under systemd, if it is there',
    meaning:
      'key of Coinbase Exchange, for the L3 `full` channel; without one the public L2 feed is recorded',
  },
  {
    env: 'COINBASE_API_KEY_FILE',
    type: { kind: 'text' },
    meaning: 'a file that holds it, instead of the variable',
  },
  {
    env: 'COINBASE_API_SECRET',
    type: { kind: 'text' },
    isSecret: true,
    shownDefault: '`$CREDENTIALS_DIRECTORY/coinbase-api-secret` under systemd, if it is there',
    meaning: 'the secret of that key, in base64',
  },
  {
    env: 'COINBASE_API_SECRET_FILE',
    type: { kind: 'text' },
    meaning: 'a file that holds it, instead of the variable',
  },
  {
    env: 'COINBASE_API_PASSPHRASE',
    type: { kind: 'text' },
    isSecret: true,
    shownDefault: '`$CREDENTIALS_DIRECTORY/coinbase-api-passphrase` under systemd, if it is there',
    meaning: 'the passphrase of that key',
  },
  {
    env: 'COINBASE_API_PASSPHRASE_FILE',
    type: { kind: 'text' },
    meaning: 'a file that holds it, instead of the variable',
  },
  {
    env: 'COINBASE_FEED',
    type: { kind: 'choice', values: ['auto', 'full', 'level2_batch'] },
    default: 'auto',
    meaning:
      '`full` (L3, needs a key) or `level2_batch` (L2, public); `auto`: `full` where there is a key',
  },
  {
    env: 'COINBASE_WS_URL',
    type: { kind: 'url', protocols: ['ws:', 'wss:'] },
    default: 'wss://ws-feed.exchange.coinbase.com',
    meaning: 'base address of the Coinbase feed, without a path',
  },
  {
    env: 'COINBASE_REST_URL',
    type: { kind: 'url', protocols: ['http:', 'https:'] },
    default: 'https://api.exchange.coinbase.com',
    meaning: 'base address of the Coinbase REST API, without a path',
  },
] as const satisfies readonly Option[];

const TABLE_START = '<!-- options: made by `npm run docs` -->';
const TABLE_END = '<!-- /options -->';

/** The README's table of settings. */
export function renderOptionTable(): string {
  const rows = OPTIONS.map((option: Option) => {
    const shown = option.shownDefault ?? (option.default ? `\`${option.default}\`` : 'empty');
    return `| \`${option.env}\` | ${shown} | ${option.meaning} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** A README with today's table between its two marks; unchanged where it has no marks. */
export function withOptionTable(readme: string): string {
  const start = readme.indexOf(TABLE_START);
  const end = readme.indexOf(TABLE_END);
  if (start < 0 || end < start) return readme;
  const before = readme.slice(0, start + TABLE_START.length);
  return `${before}\n\n${renderOptionTable()}\n\n${readme.slice(end)}`;
}
