/**
 * Environment → frozen `Config`. Every bad value is a `ConfigError` of one line that names the
 * variable, the value (never a secret) and what is allowed; nothing has been opened by then.
 */

import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError, describeError } from '../errors.ts';
import { parseSecurity } from '../market/security.ts';
import { goesToJournal } from '../service/journal.ts';
import type { LogFormat } from '../service/line-log.ts';
import type { LogLevel } from '../service/log.ts';
import { watchdogLimitMs } from '../service/work-signs.ts';
import { coinbaseSettings } from './coinbase.ts';
import type { CoinbaseSettings } from './coinbase.ts';
import { checkManagerBinding } from './manager-binding.ts';
import { LOG_LEVELS, NOT_YET, OPTIONS } from './options.ts';
import type { Option, OptionType } from './options.ts';
import { readSecret } from './secrets.ts';
import type { Environment } from './secrets.ts';

export interface Config {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly dataDirectory: string;
  /** `exchange:symbol` as given. */
  readonly securities: readonly string[];
  readonly updateFrequencyMs: 100 | 1000;
  readonly baseImageIntervalS: number;
  readonly staleAfterMs: number;
  readonly stallLimitS: number;
  readonly managerHost: string;
  readonly managerPort: number;
  readonly managerAuthkey: string;
  /** A warning about the manager port that every start repeats; undefined: all is well. */
  readonly managerWarning: string | undefined;
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
  for (const name of NOT_YET) {
    if (environment[name]) {
      throw new ConfigError(`${name} is set, but this version does not support it yet: unset it`);
    }
  }
  const text = (name: OptionName): string => readOption(environment, name) ?? '';
  const authkey = managerKey(environment);
  const managerHost = text('MANAGER_HOST');
  const managerWarning = await checkManagerBinding({
    host: managerHost,
    authkey,
    isDefaultKey: authkey === defaultOf('MANAGER_AUTHKEY'),
    isPlaintextAllowed: text('MANAGER_ALLOW_PLAINTEXT') === 'true',
  });
  return Object.freeze({
    logLevel: LOG_LEVELS[text('LOGLEVEL')] ?? 'info',
    logFormat: logFormat(text('LOG_FORMAT'), text('AS_SERVICE') === 'true', environment),
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
    managerAuthkey: authkey,
    managerWarning,
    binanceWsUrl: text('BINANCE_WS_URL').replace(/\/+$/, ''),
    binanceRestUrl: text('BINANCE_REST_URL').replace(/\/+$/, ''),
    coinbase: coinbaseSettings(environment, text('COINBASE_FEED')),
    coinbaseWsUrl: text('COINBASE_WS_URL').replace(/\/+$/, ''),
    coinbaseRestUrl: text('COINBASE_REST_URL').replace(/\/+$/, ''),
  });
}

/** Where `service-setup.sh` puts the manager's key. */
const INSTALLED_KEY_FILE = '/etc/finTechApp_logger/authkey';

/**
 * The settings as they are by now. systemd copies a credential when the service starts and never
 * again, so a key that came as one is read where the copy was made of.
 * @throws ConfigError
 */
export async function reloadConfig(
  given: Environment,
  directory = process.cwd(),
  installedKeyFile = INSTALLED_KEY_FILE,
): Promise<Config> {
  const environment = withEnvFile(given, directory);
  const isCredential =
    environment['CREDENTIALS_DIRECTORY'] &&
    !environment['MANAGER_AUTHKEY'] &&
    !environment['MANAGER_AUTHKEY_FILE'];
  return isCredential && isReadable(installedKeyFile)
    ? loadConfig({ ...given, MANAGER_AUTHKEY_FILE: installedKeyFile }, directory)
    : loadConfig(given, directory);
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    // Not installed in the usual place: the copy is what there is.
    return false;
  }
}

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
  try {
    for (const one of given.split(',')) if (one.trim() !== '') parseSecurity(one.trim());
    return { normal: given, allowed: '' };
  } catch (error) {
    return { normal: undefined, allowed: describeError(error) };
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

function managerKey(environment: Environment): string {
  return (
    readSecret(environment, 'MANAGER_AUTHKEY', 'authkey') ?? defaultOf('MANAGER_AUTHKEY') ?? ''
  );
}
