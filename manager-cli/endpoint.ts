/**
 * The address, key and TLS files of the logger, from options, a context, the environment and the installed
 * key file. Fails for a key that would be sent in plaintext over a network.
 *
 * The environment may be the logger's own, as in its container. Unless another logger is named, its
 * settings then say where it listens and which certificate it has, so that nothing has to be given twice.
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { createSecureContext } from 'node:tls';
import { describeError } from '../logger/errors.ts';
import { text } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { readContext } from './contexts.ts';
import type { ConnectionSetting, Context } from './contexts.ts';
import { usageError } from './exit-codes.ts';
import type { Io } from './io.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly authkey: string;
  /** Advice for when the logger rejects the key: the end of the error line. Absent: the usual one. */
  readonly keyAdvice?: string;
  /** undefined: plaintext, which is only allowed on loopback. */
  readonly tls: Tls | undefined;
}

export interface Tls {
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  /** The name that the certificate has to carry; undefined: the host. */
  readonly serverName: string | undefined;
  /** `ca` is the logger's own certificate: no other is accepted, and its names do not matter. */
  readonly isPinned: boolean;
}

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 6634;
const DEFAULT_AUTHKEY = 'secret';
export const GIVE_KEY = 'give the right one with --authkey-file or MANAGER_AUTHKEY';
/** The group that may read the installed key, as service-setup.sh creates it. */
const SERVICE_GROUP = 'fintech';

/** Addresses that never leave this machine. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  if (isIPv6(host)) return host === '::1' || host === '0:0:0:0:0:0:0:1';
  return host.toLowerCase() === 'localhost';
}

/** The environment variable of each setting. */
const VARIABLES: Readonly<Record<ConnectionSetting, string>> = {
  host: 'LOGGER_SERVER_IP',
  port: 'MANAGER_PORT',
  'authkey-file': 'MANAGER_AUTHKEY_FILE',
  'tls-ca': 'MANAGER_TLS_CA',
  'tls-cert': 'MANAGER_TLS_CLIENT_CERT',
  'tls-key': 'MANAGER_TLS_CLIENT_KEY',
  'tls-server-name': 'MANAGER_TLS_SERVER_NAME',
};

interface Setting {
  readonly value: string;
  /** The name for error messages. */
  readonly source: string;
}

/**
 * The settings of a connection: an option's value, else the context's, else the environment's. With a
 * context the environment is ignored: a mix of both could address a logger that was not meant.
 */
class Settings {
  readonly #args: Arguments;
  readonly #env: Io['env'];
  readonly #name: string | undefined;
  readonly #context: Context | undefined;

  /** @throws the usage error for an unknown context. */
  constructor(args: Arguments, env: Io['env']) {
    this.#args = args;
    this.#env = env;
    this.#name = text(args, 'context');
    this.#context = this.#name === undefined ? undefined : readContext(this.#name, env);
  }

  option(name: ConnectionSetting): Setting | undefined {
    const value = text(this.#args, name);
    return value === undefined ? undefined : { value, source: `--${name}` };
  }

  context(name: ConnectionSetting): Setting | undefined {
    const value = this.#context?.[name];
    return value === undefined ? undefined : { value, source: `${name} of context ${this.#name}` };
  }

  /** An empty variable counts as unset. */
  variable(name: ConnectionSetting): Setting | undefined {
    const value = this.#env[VARIABLES[name]];
    return this.#context || !value ? undefined : { value, source: VARIABLES[name] };
  }

  get(name: ConnectionSetting): Setting | undefined {
    return this.option(name) ?? this.context(name) ?? this.variable(name);
  }

  /** A setting of the logger itself, unless another logger is named. */
  own(variable: OwnVariable): Setting | undefined {
    const value = this.#env[variable];
    if (!value || this.#context || this.get('host')) return undefined;
    return { value, source: variable };
  }
}

type OwnVariable =
  | 'MANAGER_HOST'
  | 'MANAGER_ALLOW_PLAINTEXT'
  | 'MANAGER_TLS_CERT'
  | 'MANAGER_TLS_KEY'
  | 'MANAGER_TLS_CLIENT_CA';

/** Where a logger that listens on all addresses is reached from its own machine. */
const REACHED_AT: Readonly<Record<string, string>> = {
  '0.0.0.0': DEFAULT_HOST,
  '::': '::1',
  '[::]': '::1',
};

function ownHost(settings: Settings): Setting | undefined {
  const host = settings.own('MANAGER_HOST');
  return host && { ...host, value: REACHED_AT[host.value] ?? host.value };
}

function readHost({ value, source }: Setting): string {
  const host = /^\[.*\]$/.test(value) ? value.slice(1, -1) : value;
  const isName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/.test(host);
  if (!isName && !isIPv6(host)) {
    throw usageError(
      `${source}: ${JSON.stringify(value.slice(0, 80))} is not a host name or address`,
    );
  }
  return host;
}

function readPort(settings: Settings): number {
  const given = settings.get('port');
  if (given === undefined) return DEFAULT_PORT;
  const { value, source } = given;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) {
    throw usageError(
      `${source}: ${JSON.stringify(value.slice(0, 40))} is not a port from 1 to 65535`,
    );
  }
  return port;
}

function readFile(setting: Setting | undefined): Buffer | null {
  if (setting === undefined) return null;
  try {
    return readFileSync(setting.value);
  } catch (error) {
    throw usageError(`${setting.source}: can't be read: ${describeError(error)}`);
  }
}

function readKeyFile(setting: Setting | undefined): string | undefined {
  const key = readFile(setting)?.toString('utf8').trim();
  if (key === '') throw usageError(`${setting?.source}: the file contains no key`);
  return key;
}

interface InstalledKey {
  readonly key: string | undefined;
  /** The file exists, or may exist, but this user may not read it. */
  readonly isForbidden: boolean;
}

function installedKey({ systemKeyFile }: Io): InstalledKey {
  try {
    return { key: readFileSync(systemKeyFile, 'utf8').trim() || undefined, isForbidden: false };
  } catch (error) {
    // Not installed here, or not for this user: it was not the key that was meant.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { key: undefined, isForbidden: code === 'EACCES' || code === 'EPERM' };
  }
}

function forbiddenKeyFile({ systemKeyFile }: Io): string {
  return `this user may not read ${systemKeyFile}: join its group (${SERVICE_GROUP} by default) and log in again, or give a key with --authkey-file or MANAGER_AUTHKEY`;
}

function readKey(
  settings: Settings,
  io: Io,
  host: string,
): Pick<Endpoint, 'authkey' | 'keyAdvice'> {
  const given =
    readKeyFile(settings.option('authkey-file') ?? settings.context('authkey-file')) ??
    (io.env['MANAGER_AUTHKEY'] || undefined) ??
    readKeyFile(settings.variable('authkey-file'));
  const installed = given === undefined ? installedKey(io) : undefined;
  const key = given ?? installed?.key;
  if (key === undefined && !isLoopback(host)) {
    throw usageError(
      installed?.isForbidden
        ? `No key for ${host}: none was given, and ${forbiddenKeyFile(io)}`
        : `No key for ${host}: give --authkey-file, or set MANAGER_AUTHKEY`,
    );
  }
  const authkey = key ?? DEFAULT_AUTHKEY;
  if (!/^[!-~]([ -~]*[!-~])?$/.test(authkey)) {
    throw usageError(
      'The manager key contains characters other than printable ASCII; create a new one',
    );
  }
  if (key !== undefined) return { authkey };
  const advice = installed?.isForbidden ? `, and ${forbiddenKeyFile(io)}` : `; ${GIVE_KEY}`;
  return { authkey, keyAdvice: `none was given${advice}` };
}

/** The logger's own certificate; shown to it, too, if it asks for one and none is given. */
function ownTls(settings: Settings): Tls | undefined {
  const ca = readFile(settings.own('MANAGER_TLS_CERT'));
  if (ca === null || settings.get('tls-ca')) return undefined;
  checkUsable('MANAGER_TLS_CERT', () => new X509Certificate(ca));
  const isAsked = settings.own('MANAGER_TLS_CLIENT_CA') && !settings.get('tls-cert');
  const cert = isAsked ? ca : readFile(settings.get('tls-cert'));
  const key = readFile(isAsked ? settings.own('MANAGER_TLS_KEY') : settings.get('tls-key'));
  checkUsable('the client certificate', () => cert && key && createSecureContext({ cert, key }));
  return { ca, cert, key, serverName: undefined, isPinned: true };
}

function readTls(settings: Settings): Tls | undefined {
  const own = ownTls(settings);
  if (own) return own;
  const ca = readFile(settings.get('tls-ca'));
  const cert = readFile(settings.get('tls-cert'));
  const key = readFile(settings.get('tls-key'));
  if ((cert === null) !== (key === null)) {
    throw usageError('--tls-cert and --tls-key belong together; give both');
  }
  const name = settings.get('tls-server-name');
  const serverName = name && readHost(name);
  if (ca === null && cert === null) {
    if (name) throw usageError(`${name.source}: there is no TLS without --tls-ca; give both`);
    return undefined;
  }
  checkUsable('--tls-ca', () => ca && new X509Certificate(ca));
  checkUsable('--tls-cert with --tls-key', () => cert && key && createSecureContext({ cert, key }));
  return { ca, cert, key, serverName, isPinned: false };
}

/** @throws the usage error for files that grpc-js would only fail on later. */
function checkUsable(names: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    throw usageError(`${names}: not usable PEM: ${describeError(error)}`);
  }
}

/** @throws the usage error (exit 2) that names what is wrong. */
export function readEndpoint(args: Arguments, io: Io): Endpoint {
  const settings = new Settings(args, io.env);
  const host = readHost(
    settings.get('host') ?? ownHost(settings) ?? { value: DEFAULT_HOST, source: '' },
  );
  const port = readPort(settings);
  const tls = readTls(settings);
  const isAllowed = settings.own('MANAGER_ALLOW_PLAINTEXT')?.value === 'true';
  if (tls === undefined && !isLoopback(host) && !isAllowed) {
    throw usageError(
      `The key would be sent to ${host} in plaintext: give --tls-ca, or tunnel the port to 127.0.0.1`,
    );
  }
  return { host, port, ...readKey(settings, io, host), tls };
}
