/**
 * Turns the environment into a frozen `Config`. An invalid value is a `ConfigError` of one line that
 * names the variable, the value (never a secret) and what is allowed; nothing has been opened by then.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { mongoLocation } from '../archive/mongodb/location.ts';
import type { SnapshotSeries } from '../archive/snapshot-store.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { ConfigError, describeError } from '../errors.ts';
import type { CreateExchange } from '../exchange/definition.ts';
import { EXCHANGES } from '../exchange/exchanges.ts';
import type { LogLevel } from '../runtime/log.ts';
import { goesToJournal } from '../service/journal.ts';
import type { LogFormat } from '../service/line-log.ts';
import type { ProxySettings } from '../service/proxy.ts';
import { watchdogLimitMs } from '../service/watchdog.ts';
import type { ReadSetting } from '../settings/setting.ts';
import { managerAccessReader } from './manager-access.ts';
import type { ManagerAccess } from '../manager/gate/access.ts';
import { LOGGER_OPTIONS } from './options.ts';
import { settingReader } from './read-setting.ts';
import type { Environment } from './secrets.ts';
import { warnOfUnknown } from './unknown-variables.ts';

export interface Config {
  /** Logged at the start. */
  readonly warnings: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly dataDirectory: string;
  /** null: records stay in the data directory. */
  readonly mongodb: { readonly endpoint: string; readonly database: string | undefined } | null;
  readonly spoolMaxBytes: number;
  /** null: nothing is ever deleted. */
  readonly retentionDays: number | null;
  /** Of which candles are kept. */
  readonly candles: readonly Timeframe[];
  /** Which snapshots are kept as they happen. */
  readonly snapshots: readonly SnapshotSeries[];
  /** Security ids in the exchanges' own spelling. */
  readonly securities: readonly string[];
  /** By name. */
  readonly exchanges: ReadonlyMap<string, CreateExchange>;
  readonly updateFrequencyMs: 100 | 1000;
  readonly baseImageIntervalS: number;
  readonly staleAfterMs: number;
  readonly stallLimitS: number;
  readonly managerHost: string;
  readonly managerPort: number;
  readonly managerAccess: ManagerAccess;
  /** Reads keys and certificates again. @throws ConfigError */
  readonly readManagerAccess: () => ManagerAccess;
  readonly proxies: ProxySettings;
  /** null: no metrics. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
}

/** @throws ConfigError */
export async function loadConfig(given: Environment, directory = process.cwd()): Promise<Config> {
  const environment = withEnvFile(given, directory);
  const read = settingReader(environment);
  const own = LOGGER_OPTIONS;
  const managerHost = read(own.managerHost);
  const readManagerAccess = await managerAccessReader(environment, {
    host: managerHost,
    defaultKey: own.managerAuthKey.default,
    isPlaintextAllowed: read(own.isPlaintextAllowed),
  });
  return Object.freeze({
    warnings: warnOfUnknown(environment),
    logLevel: read(own.logLevel),
    logFormat: logFormat(read, environment),
    dataDirectory: read(own.dataDirectory) ?? (environment['STATE_DIRECTORY'] || 'data'),
    mongodb: mongodbSettings(read),
    spoolMaxBytes: read(own.spoolMaxBytes),
    retentionDays: read(own.retentionDays),
    candles: read(own.candles),
    snapshots: read(own.snapshots),
    securities: read(own.securities),
    exchanges: new Map(EXCHANGES.map((each) => [each.name, each.configure(read)])),
    updateFrequencyMs: read(own.updateFrequencyMs),
    baseImageIntervalS: read(own.baseImageIntervalS),
    staleAfterMs: read(own.staleAfterS) * 1000,
    stallLimitS: stallLimitS(read(own.stallLimitS), environment),
    managerHost,
    managerPort: read(own.managerPort),
    managerAccess: readManagerAccess(),
    readManagerAccess,
    proxies: {
      https: read(own.httpsProxy),
      http: read(own.httpProxy),
      except: read(own.noProxy),
    },
    metrics: metricsSettings(read),
  });
}

function mongodbSettings(read: ReadSetting): Config['mongodb'] {
  const endpoint = read(LOGGER_OPTIONS.mongodbEndpoint);
  const database = read(LOGGER_OPTIONS.mongodbDatabase) ?? undefined;
  if (endpoint === null) return null;
  try {
    mongoLocation(endpoint, database);
  } catch (error) {
    const { env } = LOGGER_OPTIONS[database === undefined ? 'mongodbEndpoint' : 'mongodbDatabase'];
    throw new ConfigError(`${env}: ${describeError(error)}`, { cause: error });
  }
  return { endpoint, database };
}

function metricsSettings(read: ReadSetting): Config['metrics'] {
  const port = read(LOGGER_OPTIONS.metricsPort);
  return port === null ? null : { host: read(LOGGER_OPTIONS.metricsHost), port };
}

/** `auto` chooses by whether standard error goes to the journal. */
function logFormat(read: ReadSetting, environment: Environment): LogFormat {
  const format = read(LOGGER_OPTIONS.logFormat);
  if (format !== 'auto') return format;
  return read(LOGGER_OPTIONS.asService) || goesToJournal(environment) ? 'journal' : 'text';
}

/** Below systemd's watchdog limit: only the process itself can log why it ends. */
function stallLimitS(limitS: number, environment: Environment): number {
  const watchdogMs = watchdogLimitMs(environment, process.pid);
  return watchdogMs === undefined ? limitS : Math.min(limitS, watchdogMs / 2000);
}

function withEnvFile(given: Environment, directory: string): Environment {
  if (!settingReader(given)(LOGGER_OPTIONS.useEnvFile)) return given;
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
  // Some editors write a byte order mark, which would become part of the first name.
  const merged: Record<string, string | undefined> = {
    ...parseEnv(content.replace(/^\uFEFF/, '')),
  };
  for (const [name, value] of Object.entries(given)) {
    // An empty variable counts as unset, so it does not hide the file's value.
    if (value) merged[name] = value;
  }
  return merged;
}
