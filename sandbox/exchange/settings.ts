/** The settings of the exchange and its trader, as they come from the environment. Pure. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import type { Credentials } from './wire/requests.ts';

export const DEFAULT_PORT = 6789;
export const DEFAULT_DIRECTORY = 'exchange-data';
export const DEFAULT_USERS = 'username1:password1,username2:password2';
/** A side. */
export const DEFAULT_HOT_ORDERS = 20_000;

/** Twice as many may be in memory, a side, and in one message: 170 bytes each, which a client has to read. */
const MAX_HOT_ORDERS = 45_000;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ExchangeSettings {
  readonly port: number;
  readonly directory: string;
  /** `host:port` or a URI; null: the directory. */
  readonly mongodb: string | null;
  readonly users: readonly Credentials[];
  readonly hotOrders: number;
}

/** @throws InvalidArgumentError naming the variable. */
export function exchangeSettings(env: Environment): ExchangeSettings {
  return {
    port: integerOf(env, 'EXCHANGE_PORT', { fallback: DEFAULT_PORT, min: 0, max: 65_535 }),
    directory: env['EXCHANGE_DATA_DIR'] || DEFAULT_DIRECTORY,
    mongodb: env['MONGODB_ENDPOINT'] || null,
    users: usersOf(env['EXCHANGE_USERS'] || DEFAULT_USERS),
    hotOrders: integerOf(env, 'EXCHANGE_HOT_ORDERS', {
      fallback: DEFAULT_HOT_ORDERS,
      min: 1,
      max: MAX_HOT_ORDERS,
    }),
  };
}

/** `name:password`, separated by commas. */
export function usersOf(text: string): Credentials[] {
  const users = text.split(',').map((pair) => {
    const [, username = '', password = ''] = /^\s*([\w.-]{1,64}):(.{1,256})$/.exec(pair) ?? [];
    if (username === '') {
      throw new InvalidArgumentError('EXCHANGE_USERS is not name:password,name:password');
    }
    return { username, password };
  });
  const names = new Set(users.map(({ username }) => username));
  if (names.size !== users.length || names.has('admin')) {
    throw new InvalidArgumentError('EXCHANGE_USERS names somebody twice, or admin');
  }
  return users;
}

function integerOf(
  env: Environment,
  name: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = env[name] || String(fallback);
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`${name}: ${JSON.stringify(text)} is not from ${min} to ${max}`);
}
