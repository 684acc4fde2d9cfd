/**
 * Named loggers: a JSON file with the connection options of each logger under a name. Paths in it are
 * relative to the file. It contains no keys, only paths of key files.
 */

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describeError } from '../logger/errors.ts';
import { usageError } from './exit-codes.ts';
import type { Io } from './io.ts';

const FILES = ['authkey-file', 'tls-ca', 'tls-cert', 'tls-key'] as const;
const PLAIN = ['host', 'port', 'tls-server-name'] as const;
const NAMES: readonly string[] = [...PLAIN, ...FILES];
/** Some editors write it at the beginning of a file. */
const BYTE_ORDER_MARK = /^\uFEFF/;

export type ConnectionSetting = (typeof FILES)[number] | (typeof PLAIN)[number];

/** Settings by the names of their options, with absolute paths. */
export type Context = Readonly<Partial<Record<ConnectionSetting, string>>>;

/**
 * https://specifications.freedesktop.org/basedir-spec: an empty variable counts as unset.
 * @throws the usage error for a user without a home directory, such as a container's.
 */
export function contextsFile(env: Io['env']): string {
  const folder = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homeOfUser(), '.config');
  return join(folder, 'orderbook-manager', 'contexts.json');
}

function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    // No entry in the list of users, and no HOME.
    throw usageError(
      '--context: this user has no home directory; set XDG_CONFIG_HOME to the folder with orderbook-manager/contexts.json',
    );
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws the usage error for a file that can't be read or contains something else. */
function readAll(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = isMissing
      ? 'does not exist; docs/manager-port.md shows one'
      : describeError(error);
    throw usageError(`--context: ${path} ${reason}`);
  }
  let contexts: unknown;
  try {
    contexts = JSON.parse(text.replace(BYTE_ORDER_MARK, ''));
  } catch {
    // Not the parser's message: it quotes the file.
    throw usageError(`--context: ${path} is not JSON`);
  }
  if (!isObject(contexts)) throw usageError(`--context: ${path} is not an object of contexts`);
  return contexts;
}

/** @throws the usage error that names what is wrong. */
export function readContext(name: string, env: Io['env']): Context {
  const path = contextsFile(env);
  const contexts = readAll(path);
  const given = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (given === undefined) {
    const known = Object.keys(contexts).join(', ') || 'none';
    throw usageError(`--context: no ${name.slice(0, 40)} in ${path}; it defines: ${known}`);
  }
  if (!isObject(given)) throw usageError(`--context: ${name} in ${path} is not an object`);
  return Object.fromEntries(
    Object.entries(given).map(([setting, value]) => {
      const place = `--context: ${setting} of ${name} in ${path}`;
      if (!NAMES.includes(setting)) {
        throw usageError(`${place} is unknown; use one of ${NAMES.join(', ')}`);
      }
      if (typeof value !== 'string' && typeof value !== 'number') {
        throw usageError(`${place} is not text`);
      }
      const isFile = FILES.some((file) => file === setting);
      return [setting, isFile ? resolve(dirname(path), String(value)) : String(value)];
    }),
  );
}

/** For completion, as the next one: empty if anything is wrong. */
export function contextNames(env: Io['env']): readonly string[] {
  try {
    return Object.keys(readAll(contextsFile(env)));
  } catch {
    // Commands report this; completion stays silent.
    return [];
  }
}

export function contextHosts(env: Io['env']): readonly string[] {
  try {
    return Object.values(readAll(contextsFile(env))).flatMap((context) =>
      isObject(context) && typeof context['host'] === 'string' ? [context['host']] : [],
    );
  } catch {
    return [];
  }
}
