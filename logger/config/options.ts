/**
 * The table of all settings: the logger's own here, those of the exchanges from their definitions.
 * Loading, validation, the README and its test read it; a setting that is not in it does not exist.
 */

import type { SnapshotSeries } from '../archive/snapshot-store.ts';
import { TIMEFRAMES } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { InvalidArgumentError } from '../errors.ts';
import { EXCHANGES, EXCHANGE_NAMES, findExchange } from '../exchange/exchanges.ts';
import { parseSecurity, securityOf } from '../market/security.ts';
import type { Security } from '../market/security.ts';
import { validLiveEvery } from '../queries/validate.ts';
import type { LogLevel } from '../runtime/log.ts';
import {
  boolean,
  choice,
  decimal,
  host,
  integer,
  notValid,
  proxyUrl,
  sizeBytes,
  text,
  words,
} from '../settings/parsers.ts';
import type { Setting } from '../settings/setting.ts';

/** All syslog level names; those that are not used here map to the nearest one that is. */
const LOG_LEVELS: Readonly<Record<string, LogLevel>> = {
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

function mongodbEndpoint(given: string): string {
  const isUri = /^mongodb(\+srv)?:\/\/\S+$/i.test(given);
  if (isUri || /^[^\s/@,]+:\d{1,5}$/.test(given)) return given;
  throw notValid('use host:port or a mongodb:// URI');
}

/** @returns ids in the exchanges' own spelling. */
/** In order of length. */
function timeframes(given: string): readonly Timeframe[] {
  const names = given
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.find((name) => !TIMEFRAMES.some((known) => known === name));
  if (unknown !== undefined) throw notValid(`use some of ${TIMEFRAMES.join(',')}`);
  const longer = names.find((name) => name === '7d' || name === '30d' || name === '1M');
  if (longer !== undefined && !names.includes('1d')) {
    throw notValid(`${longer} is continued from 1d after a restart, so name 1d, too`);
  }
  return TIMEFRAMES.filter((name) => names.includes(name));
}

function securities(given: string): readonly string[] {
  const listed = given.split(',').map((one) => one.trim());
  return listed.filter((one) => one !== '').map(canonicalId);
}

function canonicalId(given: string): string {
  const { exchange, symbol } = parsed(given);
  const definition = findExchange(exchange);
  if (definition) return securityOf(exchange, definition.normalizeSymbol(symbol)).id;
  const known = EXCHANGE_NAMES.join(', ');
  throw notValid(`unknown exchange ${JSON.stringify(exchange)} (known: ${known})`);
}

function parsed(given: string): Security {
  try {
    return parseSecurity(given);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw notValid('use exchange:symbol, for example binance:BTCUSDT,coinbase:BTC-USD');
  }
}

/** `security@every/depth`, each once. */
function snapshotSeries(given: string): readonly SnapshotSeries[] {
  const all = given.split(',').map((one) => one.trim());
  const listed = all.filter((one) => one !== '');
  const series = listed.map(oneSnapshotSeries);
  const keys = series.map(({ security, everyUs, depth }) => `${security} ${everyUs} ${depth}`);
  const twice = listed.find((_, i) => keys.indexOf(keys[i] as string) < i);
  if (twice !== undefined) throw notValid(`${twice} is there twice`);
  return series;
}

function oneSnapshotSeries(given: string): SnapshotSeries {
  const [, security, every, depth = String(DEFAULT_KEPT_DEPTH)] =
    /^([^@]+)@([^@/]+)(?:\/(\d{1,6}))?$/.exec(given) ?? [];
  if (security === undefined || every === undefined) {
    throw notValid('use security@interval/depth, for example coinbase:BTC-USD@200ms/25');
  }
  const prices = Number(depth);
  if (prices < 1 || prices > MAX_KEPT_DEPTH) {
    throw notValid(`the depth has to be from 1 to ${MAX_KEPT_DEPTH} prices a side`);
  }
  return { security: canonicalId(security), everyUs: keptEveryUs(every), depth: prices };
}

function keptEveryUs(given: string): number {
  try {
    return validLiveEvery(given, 'interval') ?? 0;
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw notValid(error.message);
    throw error;
  }
}

const DEFAULT_KEPT_DEPTH = 25;
const MAX_KEPT_DEPTH = 1000;

export const LOGGER_OPTIONS = {
  useEnvFile: {
    env: 'USE_ENV_FILE',
    parse: boolean,
    default: 'false',
    meaning: '`true`: also read `vars.env` in the working directory; real variables win',
  },
  logLevel: {
    env: 'LOGLEVEL',
    parse: choice(LOG_LEVELS),
    default: 'info',
    meaning: '`error`, `warning`, `notice`, `info` or `debug`, in any case',
  },
  logFormat: {
    env: 'LOG_FORMAT',
    parse: choice({ auto: 'auto', text: 'text', json: 'json', journal: 'journal' } as const),
    default: 'auto',
    meaning:
      '`text`, `json` or `journal`; `auto`: `journal` if the log goes to the journal, `text` otherwise',
  },
  asService: {
    env: 'AS_SERVICE',
    parse: boolean,
    default: 'false',
    meaning: '`true`: `LOG_FORMAT=auto` means `journal`, wherever the log goes',
  },
  mongodbEndpoint: {
    env: 'MONGODB_ENDPOINT',
    parse: mongodbEndpoint,
    isSecret: true,
    credential: 'mongodb-endpoint',
    meaning:
      '`host:port` or a `mongodb://` URI of the database to record into; empty: record into the embedded archive in `DATA_DIR`',
  },
  mongodbEndpointFile: {
    env: 'MONGODB_ENDPOINT_FILE',
    parse: text,
    shownDefault: '`$CREDENTIALS_DIRECTORY/mongodb-endpoint` under systemd, if it is there',
    meaning: 'file that holds the endpoint, instead of the variable: for a URI with a password',
  },
  mongodbDatabase: {
    env: 'MONGODB_DATABASE',
    parse: text,
    shownDefault: 'the path of the URI, else `orderbook&trades`',
    meaning: 'name of the database',
  },
  spoolMaxBytes: {
    env: 'SPOOL_LIMIT',
    parse: sizeBytes('64MiB'),
    default: '20GiB',
    meaning:
      'maximum disk space for records that wait for MongoDB (`512MiB`, `20GiB` …); beyond it the oldest are dropped, as a declared gap',
  },
  candles: {
    env: 'CANDLES',
    parse: timeframes,
    default: '',
    meaning:
      'comma-separated timeframes of which candles are kept for every security as they end (`1m,5m,15m,1h,4h,1d,7d,30d`); empty: none, they are made of the trades when asked for',
  },
  snapshots: {
    env: 'SNAPSHOTS',
    parse: snapshotSeries,
    default: '',
    meaning:
      'comma-separated `security@interval/depth` (`coinbase:BTC-USD@200ms/25`): snapshots that are kept as they happen, as numbers, in `snapshots` of the archive or of MongoDB; empty: none, exports make them of the records',
  },
  retentionDays: {
    env: 'RETENTION_DAYS',
    parse: decimal(0.01, 36_500),
    meaning: 'age in days beyond which records are deleted; empty: never',
  },
  dataDirectory: {
    env: 'DATA_DIR',
    parse: text,
    shownDefault: '`$STATE_DIRECTORY` under systemd, else `./data`',
    meaning:
      'directory of the embedded archive, or of the spool for MongoDB, and of all local state',
  },
  securities: {
    env: 'SECURITIES',
    parse: securities,
    default: '',
    meaning:
      'comma-separated `exchange:symbol` to record from the start, besides those added by the manager and not removed since',
  },
  updateFrequencyMs: {
    env: 'ORDERBOOK_UPDATEFREQUENCY',
    parse: choice({ 100: 100, 1000: 1000 } as const),
    default: '1000',
    meaning: 'pace of the Binance diff stream in milliseconds: `100` or `1000`',
  },
  baseImageIntervalS: {
    env: 'BASE_IMAGE_INTERVAL',
    parse: integer(1, 86_400),
    default: '1800',
    meaning: 'maximum seconds between base images of a security; busy ones get them more often',
  },
  staleAfterS: {
    env: 'STALE_AFTER',
    parse: decimal(1, 3600),
    default: '15',
    meaning: 'seconds without any data, pongs included, after which a connection counts as stale',
  },
  stallLimitS: {
    env: 'STALL_LIMIT',
    parse: decimal(1, 3600),
    default: '30',
    meaning:
      'seconds after which a process whose event loop has stalled kills itself; under a systemd watchdog at most half its period',
  },
  managerHost: {
    env: 'MANAGER_HOST',
    parse: host,
    default: '127.0.0.1',
    meaning: 'address of the manager port',
  },
  managerPort: {
    env: 'MANAGER_PORT',
    parse: integer(0, 65_535),
    default: '6634',
    meaning: 'manager port (gRPC); `0`: any free port, which is logged',
  },
  managerAuthKey: {
    env: 'MANAGER_AUTHKEY',
    parse: text,
    default: 'secret',
    isSecret: true,
    meaning:
      'shared key of the manager port; the default, or one under 16 characters, is rejected on any address but loopback',
  },
  managerAuthKeyFile: {
    env: 'MANAGER_AUTHKEY_FILE',
    parse: text,
    shownDefault: '`$CREDENTIALS_DIRECTORY/authkey` under systemd, if it is there',
    meaning:
      'file that holds the key, instead of the variable; the key in a second file with `.next` appended to its name is accepted too',
  },
  managerTlsCert: {
    env: 'MANAGER_TLS_CERT',
    parse: text,
    meaning: 'PEM file with the certificate of the manager port; enables TLS',
  },
  managerTlsKey: {
    env: 'MANAGER_TLS_KEY',
    parse: text,
    meaning: 'PEM file with the private key of that certificate',
  },
  managerTlsClientCa: {
    env: 'MANAGER_TLS_CLIENT_CA',
    parse: text,
    meaning:
      'PEM file with the CA of client certificates; clients without one are rejected (mutual TLS)',
  },
  isPlaintextAllowed: {
    env: 'MANAGER_ALLOW_PLAINTEXT',
    parse: boolean,
    default: 'false',
    meaning: '`true`: allows an address other than loopback without TLS',
  },
  httpsProxy: {
    env: 'HTTPS_PROXY',
    parse: proxyUrl,
    isAlsoLowerCase: true,
    isSecret: true,
    meaning:
      'proxy for the `wss://` and `https://` addresses of exchanges, `http://[user:password@]host:port`; this and the next two also in lower case',
  },
  httpProxy: {
    env: 'HTTP_PROXY',
    parse: proxyUrl,
    isAlsoLowerCase: true,
    isSecret: true,
    meaning: 'proxy for their `ws://` and `http://` addresses',
  },
  noProxy: {
    env: 'NO_PROXY',
    parse: words,
    isAlsoLowerCase: true,
    default: '',
    meaning:
      'comma-separated hosts (with their subdomains, `host:port` for one port, `*` for all) that are connected to without a proxy',
  },
  metricsHost: {
    env: 'METRICS_HOST',
    parse: host,
    default: '127.0.0.1',
    meaning: 'address of the metrics port; access needs no key',
  },
  metricsPort: {
    env: 'METRICS_PORT',
    parse: integer(0, 65_535),
    meaning:
      'port of the Prometheus metrics, at `/metrics`; empty: off; `0`: any free port, which is logged',
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export const OPTIONS: readonly Setting<unknown>[] = [
  ...Object.values(LOGGER_OPTIONS),
  ...EXCHANGES.flatMap(({ settings }) => settings),
];

const TABLE_START = '<!-- options: made by `npm run docs` -->';
const TABLE_END = '<!-- /options -->';

/** The README's table of settings. */
export function renderOptionTable(): string {
  const rows = OPTIONS.map((option) => {
    const shown = option.shownDefault ?? (option.default ? `\`${option.default}\`` : 'empty');
    return `| \`${option.env}\` | ${shown} | ${option.meaning} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Replaces the table between the two markers of a README; without markers nothing changes. */
export function withOptionTable(readme: string): string {
  const start = readme.indexOf(TABLE_START);
  const end = readme.indexOf(TABLE_END);
  if (start < 0 || end < start) return readme;
  const before = readme.slice(0, start + TABLE_START.length);
  return `${before}\n\n${renderOptionTable()}\n\n${readme.slice(end)}`;
}
