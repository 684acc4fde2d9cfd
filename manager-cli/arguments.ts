/**
 * Reading arguments strictly, before any call is made. Each function takes what the parser left of
 * one option and returns its value, or throws the usage error (exit 2) that names it.
 */

import { LoggerError, describeError } from '../logger/errors.ts';
import { EXCHANGE_NAMES } from '../logger/exchange/exchanges.ts';
import { parseSecurity } from '../logger/market/security.ts';
import { type ClockName, parseDurationUs, parseTimeUs } from '../logger/market/time.ts';
import { usageError } from './exit-codes.ts';

export type Arguments = Readonly<Record<string, unknown>>;

/** An option's text; undefined when it was not given. */
export function text(args: Arguments, name: string): string | undefined {
  const value = args[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw usageError(`--${name} is given more than once; give it once`);
  if (typeof value !== 'string' || value === '') throw usageError(`--${name} needs a value`);
  return value;
}

export function flag(args: Arguments, name: string): boolean {
  const value = args[name];
  if (Array.isArray(value)) throw usageError(`--${name} is given more than once; give it once`);
  return value === true;
}

/** Rethrows what the logger's own parsers say as a usage error. */
export function checked<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof LoggerError) throw usageError(describeError(error));
    throw error;
  }
}

/** @throws the usage error, unless it is `exchange:symbol` of an exchange that there is. */
export function checkSecurity(value: unknown): string {
  if (typeof value !== 'string') throw usageError('A security is missing, like binance:BTCUSDT');
  const { id, exchange } = checked(() => parseSecurity(value));
  if (!EXCHANGE_NAMES.includes(exchange)) {
    throw usageError(
      `Unknown exchange ${exchange} in ${value}; there are ${EXCHANGE_NAMES.join(', ')}`,
    );
  }
  return id;
}

/** The positional securities of a command. */
export function securities(args: Arguments): string[] {
  const value = args['security'];
  const given: readonly unknown[] = Array.isArray(value)
    ? value
    : value === undefined
      ? []
      : [value];
  return given.map(checkSecurity);
}

/** The one positional security of a command. */
export function security(args: Arguments): string {
  return checkSecurity(args['security']);
}

/** A time as it was given, once it is known to be one. */
export function time(args: Arguments, name: string): { text: string; us: number } | undefined {
  const value = text(args, name);
  return value === undefined
    ? undefined
    : { text: value, us: checked(() => parseTimeUs(value, `--${name}`)) };
}

/** A length of time as it was given, once it is known to be one. */
export function duration(args: Arguments, name: string): { text: string; us: number } | undefined {
  const value = text(args, name);
  return value === undefined
    ? undefined
    : { text: value, us: checked(() => parseDurationUs(value, `--${name}`)) };
}

export interface Range {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
}

/** `--from` and `--to`. */
export function range(args: Arguments): Range {
  const from = time(args, 'from');
  const to = time(args, 'to');
  if (from !== undefined && to !== undefined && from.us > to.us) {
    throw usageError('--from lies after --to; swap them');
  }
  return { from: from?.text, to: to?.text, fromUs: from?.us, toUs: to?.us };
}

/** A sequence of the exchange. No book can stand at one beyond 2^53, so that is a slip of the pen. */
export function sequence(args: Arguments, name: string): number | undefined {
  const value = text(args, name);
  if (value === undefined) return undefined;
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw usageError(
    `--${name}: ${JSON.stringify(value.slice(0, 40))} is not a sequence: a whole number below 2^53`,
  );
}

/** A whole number within limits. */
export function integer(
  args: Arguments,
  name: string,
  limits: { readonly min: number; readonly max: number },
): number | undefined {
  const value = text(args, name);
  if (value === undefined) return undefined;
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= limits.min && number <= limits.max)) {
    throw usageError(
      `--${name}: ${JSON.stringify(value.slice(0, 40))} is not a whole number from ${limits.min} to ${limits.max}`,
    );
  }
  return number;
}

/** One of a few words. */
export function oneOf<Word extends string>(
  args: Arguments,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = text(args, name);
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) {
    throw usageError(
      `--${name}: ${JSON.stringify(value.slice(0, 40))} is not ${words.join(' or ')}`,
    );
  }
  return word;
}

export function clock(args: Arguments): ClockName {
  return oneOf(args, 'clock', ['receive', 'exchange']) ?? 'receive';
}

/** `--depth`: prices a side. */
export function depth(args: Arguments): number | undefined {
  return integer(args, 'depth', { min: 1, max: 10_000_000 });
}

/** `--level 2`: an order-by-order book by price. */
export function level(args: Arguments): 'L2' | undefined {
  return oneOf(args, 'level', ['2']) === undefined ? undefined : 'L2';
}

const MAX_TIMEOUT_SECONDS = 86_400;
const DEFAULT_TIMEOUT_SECONDS = 10;

/** `--timeout` in ms. */
export function timeoutMs(args: Arguments): number {
  const value = text(args, 'timeout');
  if (value === undefined) return DEFAULT_TIMEOUT_SECONDS * 1000;
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN;
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw usageError(
      `--timeout: ${JSON.stringify(value.slice(0, 40))} is not a number of seconds from 0.001 to ${MAX_TIMEOUT_SECONDS}`,
    );
  }
  return seconds * 1000;
}
