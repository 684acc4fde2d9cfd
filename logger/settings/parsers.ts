/** The usual forms of settings; see `Parse` for what they throw. */

import { isIPv6 } from 'node:net';

import { InvalidArgumentError } from '../errors.ts';
import type { Parse, Setting } from './setting.ts';

/** The error for a value that is not allowed. @param allowed what is, as advice. */
export function notValid(allowed: string): InvalidArgumentError {
  return new InvalidArgumentError(`is not valid: ${allowed}`);
}

export function text(given: string): string {
  return given;
}

export function boolean(given: string): boolean {
  const word = given.toLowerCase();
  if (word !== 'true' && word !== 'false') throw notValid('use true or false');
  return word === 'true';
}

/** A name or an address to listen on; an IPv6 address may stand in brackets, as in a URL. */
export function host(given: string): string {
  const bare = /^\[(.*)\]$/.exec(given)?.[1] ?? given;
  if (bare !== given && !isIPv6(bare)) throw notValid('use a name or an address, like ::1');
  return bare;
}

/** One of the keys, in any case; yields its value. */
export function choice<T>(values: Readonly<Record<string, T>>): Parse<T> {
  const choices = new Map(Object.entries(values));
  return (given) => {
    const chosen = choices.get(given.toLowerCase());
    if (chosen === undefined) throw notValid(`use one of ${[...choices.keys()].join(', ')}`);
    return chosen;
  };
}

export function integer(min: number, max: number): Parse<number> {
  return (given) => {
    if (/^\d{1,15}$/.test(given) && isWithin(min, max, given)) return Number(given);
    throw notValid(`use a whole number from ${min} to ${max}`);
  };
}

export function decimal(min: number, max: number): Parse<number> {
  return (given) => {
    if (/^\d{1,15}(\.\d{1,6})?$/.test(given) && isWithin(min, max, given)) return Number(given);
    throw notValid(`use a number from ${min} to ${max}`);
  };
}

function isWithin(min: number, max: number, given: string): boolean {
  return Number(given) >= min && Number(given) <= max;
}

/** The base address of a WebSocket server, without a trailing slash. */
export const wsUrl: Parse<string> = baseUrl(['ws:', 'wss:']);
/** The base address of an HTTP server, without a trailing slash. */
export const httpUrl: Parse<string> = baseUrl(['http:', 'https:']);

/** The address of an HTTP proxy; without a scheme `http://` is meant. */
export const proxyUrl: Parse<string> = (given) => {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  if (URL.canParse(url)) {
    const { protocol, hostname, pathname, search, hash, href } = new URL(url);
    const isBare = ['', '/'].includes(pathname) && search === '' && hash === '';
    if ((protocol === 'http:' || protocol === 'https:') && hostname !== '' && isBare) return href;
  }
  throw notValid('use an address like http://host:port, with user:password@ in front if need be');
};

/** Words, separated by commas or white space. */
export function words(given: string): readonly string[] {
  return given.split(/[\s,]+/).filter((word) => word !== '');
}

function baseUrl(protocols: readonly [plain: string, secure: string]): Parse<string> {
  return (given) => {
    if (isBaseUrl(given, protocols)) return given.replace(/\/+$/, '');
    throw notValid(`use an address without a path, like ${protocols[1]}//host:port`);
  };
}

function isBaseUrl(given: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(given)) return false;
  const url = new URL(given);
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '';
  return protocols.includes(url.protocol) && isBare && url.username === '' && url.password === '';
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

/** A size such as `20GiB`, in bytes. @param minimum such as `64MiB`. */
export function sizeBytes(minimum: string): Parse<number> {
  const minBytes = bytesOf(minimum) ?? 0;
  return (given) => {
    const bytes = bytesOf(given);
    if (bytes !== null && bytes >= minBytes) return bytes;
    throw notValid(`use a size from ${minimum}, like 20GiB`);
  };
}

function bytesOf(given: string): number | null {
  const [, digits = '', unit = ''] = /^(\d{1,12})\s*([a-z]*)$/i.exec(given) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === '' || factor === undefined) return null;
  const bytes = Number(digits) * factor;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** The row of the variable that names a file with the value of `setting`, which has a `credential`. */
export function fileSetting({ env }: Setting<unknown>): Setting<string> {
  return {
    env: `${env}_FILE`,
    parse: text,
    meaning: 'file that holds it, instead of the variable',
  };
}
