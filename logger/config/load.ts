/**
 * Environment → frozen `Config`. Every bad value is a `ConfigError` of one line that names the
 * variable, the value (never a secret) and what is allowed; nothing has been opened by then.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError, InvalidArgumentError, describeError } from '../errors.ts';
import { parseSecurity } from '../market/security.ts';
import { goesToJournal } from '../service/journal.ts';
import type { LogFormat } from '../service/line-log.ts';
import type { LogLevel } from '../runtime/log.ts';
import { watchdogLimitMs } from '../service/work-signs.ts';
import { coinbaseSettings } from './coinbase.ts';
import type { CoinbaseSettings } from './coinbase.ts';
import { managerAccessReader } from './manager-access.ts';
import type { ManagerAccess } from './manager-access.ts';
import { LOG_LEVELS, OPTIONS } from './options.ts';
import type { Option, OptionType } from './options.ts';
import { readSecret } from './secrets.ts';
import type { Environment } from './secrets.ts';
import { warnOfUnknown } from './unknown-variables.ts';

export interface Config {
  /** What a start tells in the log; empty: all is well. */
  readonly warnings: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly dataDirectory: string;
  /** null: records stay in the data directory. */
  readonly mongodb: { readonly endpoint: string; readonly database: string | undefined } | null;
  readonly spoolMaxBytes: number;
  /** null: nothing is ever deleted. */
  readonly retentionDays: number | null;
  /** `exchange:symbol` as given. */
  readonly securities: readonly string[];
  readonly updateFrequencyMs: 100 | 1000;
  readonly baseImageIntervalS: number;
  readonly staleAfterMs: number;
  readonly stallLimitS: number;
  readonly managerHost: string;
  readonly managerPort: number;
  readonly managerAccess: ManagerAccess;
  /** The same from the files as they are then. @throws ConfigError */
  readonly readManagerAccess: () => ManagerAccess;
  /** null: no metrics. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  readonly binanceWsUrl: string;
  readonly binanceRestUrl: string;
  readonly coinbase: CoinbaseSettings;
  readonly coinbaseWsUrl: string;
  readonly coinbaseRestUrl: string;
}

type OptionName = (typeof OPTIONS)[number]['env'];

/** @throws ConfigError */
export async function loadConfig(given: Environment, directory = process.cwd()): Promise<Config> {
  const environment = withEnvFile(given, directory);
  const text = (name: OptionName): string => readOption(environment, name) ?? '';
  const managerHost = text('MANAGER_HOST');
  const readManagerAccess = await managerAccessReader(environment, {
    host: managerHost,
    defaultKey: defaultOf('MANAGER_AUTHKEY') ?? '',
    isPlaintextAllowed: text('MANAGER_ALLOW_PLAINTEXT') === 'true',
  });
  return Object.freeze({
    warnings: warnOfUnknown(environment),
    logLevel: LOG_LEVELS[text('LOGLEVEL')] ?? 'info',
    logFormat: logFormat(text('LOG_FORMAT'), text('AS_SERVICE') === 'true', environment),
    mongodb: mongodbSettings(environment, text('MONGODB_DATABASE')),
    spoolMaxBytes: bytesOf(text('SPOOL_LIMIT')) ?? 0,
    retentionDays: text('RETENTION_DAYS') === '' ? null : Number(text('RETENTION_DAYS')),
    dataDirectory: text('DATA_DIR') || environment['STATE_DIRECTORY'] || 'data',
    securities: text('SECURITIES')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
    updateFrequencyMs: text('ORDERBOOK_UPDATEFREQUENCY') === '100' ? 100 : 1000,
    baseImageIntervalS: Number(text('BASE_IMAGE_INTERVAL')),
    staleAfterMs: Number(text('STALE_AFTER')) * 1000,
    stallLimitS: stallLimitS(Number(text('STALL_LIMIT')), environment),
    managerHost,
    managerPort: Number(text('MANAGER_PORT')),
    managerAccess: readManagerAccess(),
    readManagerAccess,
    metrics: text('METRICS_PORT')
      ? { host: text('METRICS_HOST'), port: Number(text('METRICS_PORT')) }
      : null,
    binanceWsUrl: text('BINANCE_WS_URL').replace(/\/+$/, ''),
    binanceRestUrl: text('BINANCE_REST_URL').replace(/\/+$/, ''),
    coinbase: coinbaseSettings(environment, text('COINBASE_FEED')),
    coinbaseWsUrl: text('COINBASE_WS_URL').replace(/\/+$/, ''),
    coinbaseRestUrl: text('COINBASE_REST_URL').replace(/\/+$/, ''),
  });
}

function mongodbSettings(environment: Environment, database: string): Config['mongodb'] {
  const endpoint = readSecret(
    environment,
    'MONGODB_ENDPOINT',
    'mongodb-endpoint',
    (given, source) => {
      const { normal, allowed } = check({ kind: 'mongodb' }, given);
      if (normal === undefined) throw new ConfigError(`${source} is not valid: ${allowed}`);
    },
  );
  return endpoint ? { endpoint, database: database || undefined } : null;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

/** `20GiB` → bytes; undefined where that is no size. */
function bytesOf(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,12})\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === '' || factor === undefined) return undefined;
  const bytes = Number(digits) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The smallest spool that can hold an image of any book, and some blocks. */
const SPOOL_MIN_BYTES = 64 * 2 ** 20;

function withEnvFile(given: Environment, directory: string): Environment {
  if (readOption(given, 'USE_ENV_FILE') !== 'true') return given;
  const path = join(directory, 'vars.env');
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `USE_ENV_FILE is true, but vars.env can't be read: ${describeError(error)}`,
      { cause: error },
    );
  }
  const merged: Record<string, string | undefined> = { ...parseEnv(content) };
  for (const [name, value] of Object.entries(given)) {
    // An empty variable counts as unset, so it does not hide the file's value.
    if (value) merged[name] = value;
  }
  return merged;
}

function optionOf(name: OptionName): Option {
  return OPTIONS.find((option) => option.env === name) as Option;
}

function defaultOf(name: OptionName): string | undefined {
  return optionOf(name).default;
}

/** The checked text of a setting, lower case where case does not matter; its default if unset. */
function readOption(environment: Environment, name: OptionName): string | undefined {
  const option = optionOf(name);
  const given = environment[name]?.trim();
  if (!given) return option.default;
  const { normal, allowed } = check(option.type, given);
  if (normal === undefined) {
    const shown = option.isSecret ? '' : `: ${JSON.stringify(given.slice(0, 100))}`;
    throw new ConfigError(`${name}${shown} is not valid: ${allowed}`);
  }
  return normal;
}

function check(
  type: OptionType,
  given: string,
): { readonly normal: string | undefined; readonly allowed: string } {
  switch (type.kind) {
    case 'text':
      return { normal: given, allowed: 'any text' };
    case 'boolean': {
      const word = given.toLowerCase();
      return {
        normal: word === 'true' || word === 'false' ? word : undefined,
        allowed: 'use true or false',
      };
    }
    case 'choice': {
      const word = given.toLowerCase();
      return {
        normal: type.values.includes(word) ? word : undefined,
        allowed: `use one of ${type.values.join(', ')}`,
      };
    }
    case 'integer':
      return {
        normal: /^\d{1,15}$/.test(given) && isWithin(type, given) ? given : undefined,
        allowed: `use a whole number from ${type.min} to ${type.max}`,
      };
    case 'number':
      return {
        normal: /^\d{1,15}(\.\d{1,6})?$/.test(given) && isWithin(type, given) ? given : undefined,
        allowed: `use a number from ${type.min} to ${type.max}`,
      };
    case 'mongodb': {
      const isOne = /^mongodb(\+srv)?:\/\/\S+$/i.test(given) || /^[^\s/@,]+:\d{1,5}$/.test(given);
      return { normal: isOne ? given : undefined, allowed: 'use host:port or a mongodb:// URI' };
    }
    case 'bytes': {
      const isOne = (bytesOf(given) ?? 0) >= SPOOL_MIN_BYTES;
      return { normal: isOne ? given : undefined, allowed: 'use a size from 64MiB, like 20GiB' };
    }
    case 'securities':
      return checkSecurities(given);
    case 'url':
      return {
        normal: isBaseUrl(given, type.protocols) ? given : undefined,
        allowed: `use an address without a path, like ${type.protocols[1]}//host:port`,
      };
  }
}

function isWithin(range: { readonly min: number; readonly max: number }, given: string): boolean {
  return Number(given) >= range.min && Number(given) <= range.max;
}

function checkSecurities(given: string): ReturnType<typeof check> {
  const allowed = 'use exchange:symbol, for example binance:BTCUSDT,coinbase:BTC-USD';
  try {
    for (const one of given.split(',')) if (one.trim() !== '') parseSecurity(one.trim());
    return { normal: given, allowed };
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return { normal: undefined, allowed };
  }
}

function isBaseUrl(given: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(given)) return false;
  const url = new URL(given);
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '';
  return protocols.includes(url.protocol) && isBare && url.username === '' && url.password === '';
}

/** `auto` asks whether standard error goes to the journal. */
function logFormat(given: string, isService: boolean, environment: Environment): LogFormat {
  if (given === 'text' || given === 'json' || given === 'journal') return given;
  return isService || goesToJournal(environment) ? 'journal' : 'text';
}

/** A stalled process must end itself before systemd does: only it can say why. */
function stallLimitS(given: number, environment: Environment): number {
  const watchdogMs = watchdogLimitMs(environment, process.pid);
  return watchdogMs === undefined ? given : Math.min(given, watchdogMs / 2000);
}
