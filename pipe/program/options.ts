/** Reads the options of the pipe strictly. All functions throw the usage error that names the option. */

import { readFileSync } from 'node:fs';
import type { Options } from 'yargs';
import { describeError } from '../../logger/errors.ts';
import { EXCHANGE_NAMES } from '../../logger/exchange/exchanges.ts';
import { parseDurationUs } from '../../logger/market/time.ts';
import { text } from '../../manager-cli/arguments.ts';
import type { Arguments } from '../../manager-cli/arguments.ts';
import { valued } from '../../manager-cli/command.ts';
import { cliErrorOf, usageError } from '../../manager-cli/exit-codes.ts';
import { parsePair, parsePairExceptions } from '../market/pairs.ts';
import type { PairExceptions } from '../market/pairs.ts';
import type { Wanted, WantedExchange } from '../market/venues.ts';

export const SOURCE_OPTIONS: Readonly<Record<string, Options>> = {
  logger: valued('A running logger: [NAME=]HOST:PORT; more than once for several'),
  archive: valued('An archive: [NAME=]DIRECTORY or [NAME=]mongodb://…; more than once for several'),
};

export const VENUE_OPTIONS: Readonly<Record<string, Options>> = {
  pairs: valued('The pairs: BTCUSDT,ETHUSDT'),
  exchanges: {
    ...valued('The exchanges, in the order of the output: binance,bybit or sandbox@a,sandbox@b'),
    defaultDescription: 'all that have the pair',
  },
  'pairs-file': valued(
    'Exceptions: JSON like {"BTCUSDT": {"bitfinex": "tBTCUST", "bitmex": null}}',
  ),
  ...SOURCE_OPTIONS,
};

/** All values of an option that may be given more than once. */
export function texts(args: Arguments, name: string): readonly string[] {
  const value = args[name];
  const given: readonly unknown[] = Array.isArray(value)
    ? value
    : value === undefined
      ? []
      : [value];
  return given.map((one) => {
    if (typeof one === 'string' && one !== '') return one;
    throw usageError(`--${name} needs a value`);
  });
}

/** `NAME=REST`, or `REST` alone. */
export interface NamedText {
  readonly name: string | null;
  readonly rest: string;
}

const NAMED = /^([A-Za-z0-9][A-Za-z0-9_-]{0,31})=(.+)$/s;

export function namedTexts(args: Arguments, name: string): readonly NamedText[] {
  const all = texts(args, name).map((value) => {
    const match = NAMED.exec(value);
    return { name: match?.[1] ?? null, rest: match?.[2] ?? value };
  });
  const names = all.map((one) => one.name).filter((one) => one !== null);
  const twice = names.find((one, at) => names.indexOf(one) !== at);
  if (twice !== undefined) throw usageError(`--${name}: two are named ${twice}`);
  return all;
}

function checked<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw cliErrorOf(error);
  }
}

function list(value: string): string[] {
  return value.split(',').map((one) => one.trim());
}

function wantedExchange(value: string): WantedExchange {
  const at = value.indexOf('@');
  const exchange = (at < 0 ? value : value.slice(0, at)).toLowerCase();
  const source = at < 0 ? null : value.slice(at + 1);
  if (!EXCHANGE_NAMES.includes(exchange) || source === '') {
    throw usageError(
      `--exchanges: ${JSON.stringify(value.slice(0, 60))} is not one of ${EXCHANGE_NAMES.join(', ')}, or EXCHANGE@SOURCE`,
    );
  }
  return { exchange, source };
}

export function wantedVenues(args: Arguments): Wanted {
  const pairs = text(args, 'pairs');
  if (pairs === undefined) throw usageError('--pairs is missing: name some, like BTCUSDT,ETHUSDT');
  const exchanges = text(args, 'exchanges');
  return {
    pairs: distinct(
      list(pairs).map((pair) => checked(() => parsePair(pair, '--pairs'))),
      'pairs',
    ),
    exchanges: exchanges === undefined ? null : wantedExchanges(exchanges),
    exceptions: pairExceptions(args),
  };
}

/** Of `--exchanges`. */
export function wantedExchanges(value: string): readonly WantedExchange[] {
  distinct(list(value), 'exchanges');
  return list(value).map(wantedExchange);
}

function distinct(values: readonly string[], name: string): readonly string[] {
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice === undefined) return values;
  throw usageError(`--${name}: ${twice} is named twice`);
}

export function pairExceptions(args: Arguments): PairExceptions {
  const path = text(args, 'pairs-file');
  if (path === undefined) return {};
  try {
    return parsePairExceptions(readFileSync(path, 'utf8'));
  } catch (error) {
    throw usageError(`--pairs-file: ${path}: ${describeError(error)}`);
  }
}

/** A length of time like `24h`, in µs. */
export function durationUs(args: Arguments, name: string): number | undefined {
  const value = text(args, name);
  return value === undefined ? undefined : checked(() => parseDurationUs(value, `--${name}`));
}

const DEFAULT_MEMORY = '24h';

/** `--memory`, in µs. */
export function memoryUs(args: Arguments): number {
  return durationUs(args, 'memory') ?? parseDurationUs(DEFAULT_MEMORY, '--memory');
}
