/** What traders send, as requests. Every field is checked. Pure. */

import { InvalidArgumentError } from '../../../logger/errors.ts';
import { parseScaled } from '../../../logger/market/decimal.ts';
import type { OrderSide } from '../../market/order-events.ts';
import { PRICE_EXPONENT } from '../engine/commands.ts';

export const SYMBOL = 'XBTUSD';
export const TABLES = ['orderBookL2', 'orderBookL3', 'trade', 'account'] as const;
export type Table = (typeof TABLES)[number];

const MAX_NAME_CHARACTERS = 64;
const MAX_PASSWORD_CHARACTERS = 256;
const MAX_REF_CHARACTERS = 64;

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export type Action =
  | { readonly op: 'login' | 'account' }
  | {
      readonly op: 'order';
      readonly side: OrderSide;
      readonly price: number;
      readonly size: number;
    }
  | { readonly op: 'cancel'; readonly id: string }
  | { readonly op: 'subscribe' | 'unsubscribe'; readonly tables: readonly Topic[] };

export interface Topic {
  readonly table: Table;
  /** As it was asked for: `trade` or `trade:XBTUSD`. */
  readonly text: string;
}

/** `credentials`: of whom the request is, where it says so itself. */
export type Request = Action & {
  readonly credentials: Credentials | null;
  readonly ref: string | number | null;
};

type Fields = Readonly<Record<string, unknown>>;

/** What a message says about itself, as far as it can be read: for answers. */
export interface RequestHead {
  readonly op: string | null;
  readonly ref: string | number | null;
}

export const NO_HEAD: RequestHead = { op: null, ref: null };

/** @throws InvalidArgumentError for what is no JSON object. */
export function parseMessage(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('The message is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError('The message is not an object');
  }
  return value as Fields;
}

export function headOf({ op, ref }: Fields): RequestHead {
  return {
    op: op === undefined ? 'order' : typeof op === 'string' ? op.slice(0, 20) : null,
    ref: isRef(ref) ? ref : null,
  };
}

/** A message without `op` is an order. @throws InvalidArgumentError */
export function requestOf(fields: Fields): Request {
  const { ref } = fields;
  if (ref !== undefined && !isRef(ref)) {
    throw new InvalidArgumentError(`ref is not a number or a text of up to ${MAX_REF_CHARACTERS}`);
  }
  return { ...actionOf(fields), credentials: credentialsOf(fields), ref: ref ?? null };
}

function actionOf(fields: Fields): Action {
  const { op = 'order' } = fields;
  switch (op) {
    case 'login':
      if (fields['username'] === undefined) throw new InvalidArgumentError('username is missing');
      return { op };
    case 'account':
      return { op };
    case 'order':
      return {
        op,
        side: sideOf(fields['side']),
        price: priceOf(fields['price']),
        size: sizeOf(fields['size']),
      };
    case 'cancel': {
      const { id } = fields;
      if (typeof id !== 'string')
        throw new InvalidArgumentError('id is not the text of an order id');
      return { op, id };
    }
    case 'subscribe':
    case 'unsubscribe':
      return { op, tables: topicsOf(fields['args']) };
    default:
      throw new InvalidArgumentError(
        'op is none of login, order, cancel, account, subscribe, unsubscribe',
      );
  }
}

function credentialsOf({ username, password }: Fields): Credentials | null {
  if (username === undefined && password === undefined) return null;
  if (typeof username !== 'string' || username.length > MAX_NAME_CHARACTERS) {
    throw new InvalidArgumentError(`username is not a text of up to ${MAX_NAME_CHARACTERS}`);
  }
  if (typeof password !== 'string' || password.length > MAX_PASSWORD_CHARACTERS) {
    throw new InvalidArgumentError(`password is not a text of up to ${MAX_PASSWORD_CHARACTERS}`);
  }
  return { username, password };
}

/** @throws InvalidArgumentError */
export function sideOf(value: unknown): OrderSide {
  const side = typeof value === 'string' ? value.toLowerCase() : '';
  if (side !== 'buy' && side !== 'sell') {
    throw new InvalidArgumentError('side is neither Buy nor Sell');
  }
  return side;
}

/** In cents. @throws InvalidArgumentError */
export function priceOf(value: unknown): number {
  const price = scaled(value, PRICE_EXPONENT);
  if (price === undefined || price === 0) {
    throw new InvalidArgumentError('price is not a number above 0 on the tick of 0.01');
  }
  return price;
}

/** @throws InvalidArgumentError */
export function sizeOf(value: unknown): number {
  const size = scaled(value, 0);
  if (size === undefined || size === 0) {
    throw new InvalidArgumentError('size is not a whole number of microbitcoin above 0');
  }
  return size;
}

/** A JSON number or its text; undefined: it is not exactly such a number. */
function scaled(value: unknown, exponent: number): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const text = String(value);
  if (!/^\d{1,16}(\.\d{1,18})?$/.test(text)) return undefined;
  const units = parseScaled(text, exponent);
  return typeof units === 'number' ? units : undefined;
}

function topicsOf(args: unknown): Topic[] {
  const list: readonly unknown[] = Array.isArray(args) ? args : [args];
  if (list.length === 0) throw new InvalidArgumentError('args names no table');
  return list.slice(0, TABLES.length + 1).map((text) => {
    const [table, symbol = SYMBOL] = typeof text === 'string' ? text.split(':') : [];
    const known = TABLES.find((one) => one === table);
    if (known === undefined || typeof text !== 'string') {
      throw new InvalidArgumentError(`args names none of ${TABLES.join(', ')}`);
    }
    if (symbol !== SYMBOL) throw new InvalidArgumentError('Unknown or expired symbol.');
    return { table: known, text };
  });
}

function isRef(ref: unknown): ref is string | number {
  return (
    (typeof ref === 'string' && ref.length <= MAX_REF_CHARACTERS) ||
    (typeof ref === 'number' && Number.isFinite(ref))
  );
}
