/** What an exchange publishes about its fees without a key, and how its texts become figures. Pure. */

import { WireFormatError } from '../../../logger/errors.ts';
import { commonCurrency } from '../../market/currencies.ts';
import { isPlainDecimal } from '../../market/exact.ts';
import { isPlainObject } from '../../market/plain-json.ts';
import type { ExchangeFees, Network } from '../fee-table.ts';

export type ExchangeFigures = Partial<Pick<ExchangeFees, 'taker' | 'maker'>>;
export type NetworkFigures = Partial<Omit<Network, 'name' | 'origin' | 'origins'>>;

/** Of one coin on one network, in the common spelling. */
export interface PublishedNetwork {
  readonly coin: string;
  readonly network: string;
  readonly figures: NetworkFigures;
}

export interface Published {
  readonly figures: ExchangeFigures;
  readonly networks: readonly PublishedNetwork[];
}

/** One exchange that publishes something. */
export interface PublicFees {
  readonly exchange: string;
  /** Its variable in the environment, and what holds without it. */
  readonly setting: string;
  readonly defaultUrl: string;
  /** What is asked for, one after the other. */
  readonly paths: readonly string[];
  /** @param answers parsed, in the order of the paths. @throws WireFormatError */
  readonly read: (answers: readonly unknown[]) => Published;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Networks by the names that exchanges have for them, in small letters. */
const NETWORKS: Readonly<Record<string, string>> = {
  arbitrum: 'arbitrum',
  base: 'base',
  bitcoin: 'bitcoin',
  btc: 'bitcoin',
  xbt: 'bitcoin',
  bsc: 'bsc',
  eth: 'ethereum',
  ethereum: 'ethereum',
  litecoin: 'litecoin',
  ltc: 'litecoin',
  ripple: 'ripple',
  xrp: 'ripple',
  sol: 'solana',
  solana: 'solana',
  stellar: 'stellar',
  xlm: 'stellar',
  tron: 'tron',
  trx: 'tron',
};

/** undefined: one that the table has no name for. */
export function commonNetwork(name: unknown): string | undefined {
  const key = String(name).toLowerCase();
  return Object.hasOwn(NETWORKS, key) ? NETWORKS[key] : undefined;
}

export function commonCoin(exchange: string, code: unknown): string {
  return commonCurrency(exchange, String(code));
}

/** A number as JSON has it, or text, as a plain decimal. `1e-7` is `0.0000001`. */
export function decimalOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? withoutExponent(String(value)) : value;
  return typeof text === 'string' && isPlainDecimal(text) ? text : undefined;
}

/** An amount in smallest units: 20000 at 8 decimals is `0.0002`. */
export function atScale(value: unknown, scale: unknown): string | undefined {
  if (!isCount(value) || !isCount(scale) || scale > 18) return undefined;
  const digits = String(value).padStart(scale + 1, '0');
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  const integer = digits.slice(0, digits.length - scale);
  return scale === 0 || fraction === '' ? integer : `${integer}.${fraction}`;
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** @throws WireFormatError */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new WireFormatError(`${what} is not a list`, { context: { kind: 'fees' } });
}

/** What is not an object has no fields. */
export function fieldsOf(value: unknown): Fields {
  return isPlainObject(value) ? value : {};
}

/** Without what is not known. */
export function known<T extends object>(figures: {
  readonly [Key in keyof T]: T[Key] | undefined;
}): T {
  return Object.fromEntries(
    Object.entries(figures).filter(([, value]) => value !== undefined),
  ) as T;
}

function withoutExponent(text: string): string {
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = '', first = '', rest = '', power = ''] = match;
  const digits = first + rest;
  const exponent = Number(power);
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : sign + digits.padEnd(exponent + 1, '0');
}
