/**
 * Which logger is meant, and with which key: from options, environment and the installed key file.
 * Nothing is sent here; a key that could not be sent safely is refused here.
 */

import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { describeError } from '../logger/errors.ts';
import { type Arguments, text } from './arguments.ts';
import { usageError } from './exit-codes.ts';
import type { Io } from './io.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly authkey: string;
  /** undefined: in the clear, which is allowed on loopback alone. */
  readonly tls: TlsFiles | undefined;
}

export interface TlsFiles {
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
}

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 6634;
const DEFAULT_AUTHKEY = 'secret';

/** Addresses that never leave this machine. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  if (isIPv6(host)) return host === '::1' || host === '0:0:0:0:0:0:0:1';
  return host.toLowerCase() === 'localhost';
}

/** An option, else an environment variable (an empty one counts as unset). */
function setting(
  args: Arguments,
  name: string,
  io: Io,
  variable: string,
): [string, string] | undefined {
  const option = text(args, name);
  if (option !== undefined) return [option, `--${name}`];
  const value = io.env[variable];
  return value === undefined || value === '' ? undefined : [value, variable];
}

function readHost(args: Arguments, io: Io): string {
  const [given, source] = setting(args, 'host', io, 'LOGGER_SERVER_IP') ?? [DEFAULT_HOST, ''];
  const host = /^\[.*\]$/.test(given) ? given.slice(1, -1) : given;
  const isName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/.test(host);
  if (!isName && !isIPv6(host)) {
    throw usageError(
      `${source}: ${JSON.stringify(given.slice(0, 80))} is not a host name or address`,
    );
  }
  return host;
}

function readPort(args: Arguments, io: Io): number {
  const given = setting(args, 'port', io, 'MANAGER_PORT');
  if (given === undefined) return DEFAULT_PORT;
  const [value, source] = given;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) {
    throw usageError(
      `${source}: ${JSON.stringify(value.slice(0, 40))} is not a port from 1 to 65535`,
    );
  }
  return port;
}

function readOptionFile(args: Arguments, name: string): Buffer | null {
  const path = text(args, name);
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch (error) {
    throw usageError(`--${name}: can't be read: ${describeError(error)}`);
  }
}

/** The variable by which the logger is told of a key file: in a container both have it. */
function loggerKeyFile(io: Io): string | undefined {
  const path = io.env['MANAGER_AUTHKEY_FILE'];
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    throw usageError(`MANAGER_AUTHKEY_FILE: can't be read: ${describeError(error)}`);
  }
}

function installedKey(io: Io): string | undefined {
  try {
    return readFileSync(io.systemKeyFile, 'utf8').trim() || undefined;
  } catch {
    // Not installed here, or not for this user: then it is not the key that was meant.
    return undefined;
  }
}

function readKey(args: Arguments, io: Io, host: string): string {
  const file = readOptionFile(args, 'authkey-file')?.toString('utf8').trim();
  if (file === '') throw usageError('--authkey-file: the file holds no key');
  const given =
    file ?? (io.env['MANAGER_AUTHKEY'] || undefined) ?? loggerKeyFile(io) ?? installedKey(io);
  if (given === undefined && !isLoopback(host)) {
    throw usageError(`No key for ${host}: give --authkey-file, or set MANAGER_AUTHKEY`);
  }
  const key = given ?? DEFAULT_AUTHKEY;
  if (!/^[!-~]([ -~]*[!-~])?$/.test(key)) {
    throw usageError('The manager key holds characters other than printable ASCII; make a new one');
  }
  return key;
}

function readTls(args: Arguments): TlsFiles | undefined {
  const ca = readOptionFile(args, 'tls-ca');
  const cert = readOptionFile(args, 'tls-cert');
  const key = readOptionFile(args, 'tls-key');
  if ((cert === null) !== (key === null)) {
    throw usageError('--tls-cert and --tls-key belong together; give both');
  }
  return ca === null && cert === null ? undefined : { ca, cert, key };
}

/** @throws the usage error (exit 2) that names what is wrong. */
export function readEndpoint(args: Arguments, io: Io): Endpoint {
  const host = readHost(args, io);
  const port = readPort(args, io);
  const tls = readTls(args);
  if (tls === undefined && !isLoopback(host)) {
    throw usageError(
      `The key would go to ${host} in the clear: give --tls-ca, or tunnel the port to 127.0.0.1`,
    );
  }
  return { host, port, authkey: readKey(args, io, host), tls };
}
