/**
 * Which logger is meant, and with which key: from options, a context, the environment and the
 * installed key file.
 * Nothing is sent here; a key that could not be sent safely is refused here.
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { createSecureContext } from 'node:tls';
import { describeError } from '../logger/errors.ts';
import { type Arguments, text } from './arguments.ts';
import { type ConnectionSetting, type Context, readContext } from './contexts.ts';
import { usageError } from './exit-codes.ts';
import type { Io } from './io.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly authkey: string;
  /** What to do if the logger refuses the key, as the end of a line, where more than usual is known. */
  readonly keyAdvice?: string;
  /** undefined: in the clear, which is allowed on loopback alone. */
  readonly tls: Tls | undefined;
}

export interface Tls {
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  /** Whom the certificate has to be for; undefined: the host. */
  readonly serverName: string | undefined;
}

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 6634;
const DEFAULT_AUTHKEY = 'secret';
export const GIVE_KEY = 'give the right one with --authkey-file or MANAGER_AUTHKEY';
/** Who may read the installed key, as service-setup.sh makes it. */
const SERVICE_GROUP = 'fintech';

/** Addresses that never leave this machine. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  if (isIPv6(host)) return host === '::1' || host === '0:0:0:0:0:0:0:1';
  return host.toLowerCase() === 'localhost';
}

/** Where a setting comes from when it is no option. */
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
  /** What to name in a message. */
  readonly source: string;
}

/**
 * The settings of a connection: an option, else the context's, else the environment's. A context
 * stands for the whole environment: half of each would be a logger that nobody meant.
 */
class Settings {
  readonly #args: Arguments;
  readonly #env: Io['env'];
  readonly #name: string | undefined;
  readonly #context: Context | undefined;

  /** @throws the usage error for a context that there is not. */
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
  if (key === '') throw usageError(`${setting?.source}: the file holds no key`);
  return key;
}

interface InstalledKey {
  readonly key: string | undefined;
  /** It is there, or may be, and this user may not look. */
  readonly isClosed: boolean;
}

function installedKey({ systemKeyFile }: Io): InstalledKey {
  try {
    return { key: readFileSync(systemKeyFile, 'utf8').trim() || undefined, isClosed: false };
  } catch (error) {
    // Not installed here, or not for this user: then it is not the key that was meant.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { key: undefined, isClosed: code === 'EACCES' || code === 'EPERM' };
  }
}

function closedKeyFile({ systemKeyFile }: Io): string {
  return `this user may not read ${systemKeyFile}: join its group (${SERVICE_GROUP}, unless it was changed) and log in again, or give a key with --authkey-file or MANAGER_AUTHKEY`;
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
      installed?.isClosed
        ? `No key for ${host}: none was given, and ${closedKeyFile(io)}`
        : `No key for ${host}: give --authkey-file, or set MANAGER_AUTHKEY`,
    );
  }
  const authkey = key ?? DEFAULT_AUTHKEY;
  if (!/^[!-~]([ -~]*[!-~])?$/.test(authkey)) {
    throw usageError('The manager key holds characters other than printable ASCII; make a new one');
  }
  if (key !== undefined) return { authkey };
  const closed = installed?.isClosed ? `, and ${closedKeyFile(io)}` : `; ${GIVE_KEY}`;
  return { authkey, keyAdvice: `none was given${closed}` };
}

function readTls(settings: Settings): Tls | undefined {
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
  return { ca, cert, key, serverName };
}

/** @throws the usage error, before grpc-js makes of it what it likes. */
function checkUsable(names: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    throw usageError(`${names}: not PEM that can be used: ${describeError(error)}`);
  }
}

/** @throws the usage error (exit 2) that names what is wrong. */
export function readEndpoint(args: Arguments, io: Io): Endpoint {
  const settings = new Settings(args, io.env);
  const host = readHost(settings.get('host') ?? { value: DEFAULT_HOST, source: '' });
  const port = readPort(settings);
  const tls = readTls(settings);
  if (tls === undefined && !isLoopback(host)) {
    throw usageError(
      `The key would go to ${host} in the clear: give --tls-ca, or tunnel the port to 127.0.0.1`,
    );
  }
  return { host, port, ...readKey(settings, io, host), tls };
}
