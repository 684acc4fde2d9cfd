/**
 * A file of fees: a part of a table, in the shape of the whole, whose figures replace those of another table.
 * What is new in it has to be complete. Errors name the place in the file. Pure.
 */

import { InvalidArgumentError } from '../../logger/errors.ts';
import { compareExact, isPlainDecimal, parseExact } from '../market/exact.ts';
import { isPlainObject } from '../market/plain-json.ts';
import { readAtUs } from './age.ts';
import type { ExchangeFees, FeeOrigin, FeeTable, Network } from './fee-table.ts';

type Fields = Readonly<Record<string, unknown>>;
/** @returns what is wrong with a value; null: nothing. */
type Check = (value: unknown) => string | null;

const MAX_COUNT = 1_000_000;
const LONGEST_SECONDS = 30 * 86_400;
const VENUE = /^[a-z][a-z0-9]*(?:@[A-Za-z0-9_-]+)?$/;
const COIN = /^[A-Z0-9]{1,20}$/;
const NETWORK = /^[a-z][a-z0-9-]{0,39}$/;

const EXCHANGE_FIGURES = {
  taker: fraction('-0.01'),
  maker: fraction('-0.01'),
  feeIn: (value) => (value === 'received' || value === 'quote' ? null : '"received" or "quote"'),
  latencyMs: numberUpTo(3_600_000, true),
} satisfies Record<string, Check>;

const NETWORK_FIGURES = {
  withdrawFee: orNull(amount),
  withdrawPercent: fraction('0'),
  withdrawMin: orNull(amount),
  canWithdraw: yesOrNo,
  canDeposit: yesOrNo,
  confirmations: numberUpTo(MAX_COUNT, true),
  blockSeconds: numberUpTo(LONGEST_SECONDS),
  processingSeconds: numberUpTo(LONGEST_SECONDS),
} satisfies Record<string, Check>;

/**
 * The table with the figures of a file.
 * @param given where a figure comes from for which the file does not say it.
 * @throws InvalidArgumentError which names the place in the file.
 */
export function mergeFees(base: FeeTable, file: unknown, given: FeeOrigin): FeeTable {
  const top = fieldsOf(file, 'the file');
  rejectUnknown(top, '', ['exchanges', 'origin']);
  const origin = originIn(top, '') ?? given;
  const merged: Record<string, ExchangeFees> = { ...base.exchanges };
  for (const [venue, part] of Object.entries(fieldsOf(top['exchanges'], 'exchanges'))) {
    const path = `exchanges.${venue}`;
    if (!VENUE.test(venue)) throw wrong(path, 'not the name of an exchange, or EXCHANGE@SOURCE');
    // What is said of one source of an exchange changes what is known of the exchange.
    const [exchange = ''] = venue.split('@');
    const known = own(base.exchanges, venue) ?? own(base.exchanges, exchange);
    merged[venue] = mergeExchange(known, fieldsOf(part, path), { path, origin });
  }
  return { exchanges: merged };
}

interface Place {
  readonly path: string;
  readonly origin: FeeOrigin;
}

function mergeExchange(known: ExchangeFees | undefined, part: Fields, place: Place): ExchangeFees {
  const { path } = place;
  const { coins = {}, ...rest } = part;
  const figures = mergeFigures(known, rest, { ...place, checks: EXCHANGE_FIGURES });
  const merged: Record<string, readonly Network[]> = { ...known?.coins };
  for (const [coin, list] of Object.entries(fieldsOf(coins, `${path}.coins`))) {
    const at = `${path}.coins.${coin}`;
    if (!COIN.test(coin)) throw wrong(at, 'not the code of a coin, in capitals');
    merged[coin] = mergeNetworks(own(merged, coin) ?? [], list, { ...place, path: at });
  }
  return { ...(figures as unknown as ExchangeFees), coins: merged };
}

function mergeNetworks(known: readonly Network[], list: unknown, place: Place): Network[] {
  if (!Array.isArray(list)) throw wrong(place.path, 'must be a list of networks');
  const merged = new Map(known.map((network) => [network.name, network]));
  const named = new Set<string>();
  for (const [index, item] of list.entries()) {
    const path = `${place.path}[${index}]`;
    const { name, ...rest } = fieldsOf(item, path);
    if (typeof name !== 'string' || !NETWORK.test(name)) {
      throw wrong(`${path}.name`, 'must be the name of a network, like "bitcoin"');
    }
    if (named.has(name)) throw wrong(path, `${name} is there twice`);
    named.add(name);
    const checks = NETWORK_FIGURES;
    const figures = mergeFigures(merged.get(name), rest, { ...place, path, checks });
    merged.set(name, { name, ...(figures as unknown as Omit<Network, 'name'>) });
  }
  return [...merged.values()];
}

/** The figures of an exchange or a network, each with where it comes from. */
function mergeFigures(
  known: ExchangeFees | Network | undefined,
  part: Fields,
  { path, origin: given, checks }: Place & { readonly checks: Readonly<Record<string, Check>> },
): Fields {
  const names = Object.keys(checks);
  rejectUnknown(part, path, [...names, 'origin', 'origins']);
  const own = originIn(part, path) ?? given;
  const special = originsIn(part, path, names);
  const origin = known?.origin ?? own;
  const merged: Record<string, unknown> = {};
  const origins: Record<string, FeeOrigin> = {};
  for (const name of names) {
    const value = part[name];
    if (value === undefined) {
      if (!known) throw wrong(`${path}.${name}`, 'is missing');
      merged[name] = known[name as keyof typeof known];
      const from = known.origins?.[name];
      if (from) origins[name] = from;
      continue;
    }
    const problem = checks[name]?.(value) ?? null;
    if (problem !== null) throw wrong(`${path}.${name}`, `must be ${problem}`);
    merged[name] = value;
    const from = special[name] ?? own;
    if (!isSame(from, origin)) origins[name] = from;
  }
  return { ...merged, origin, ...(Object.keys(origins).length > 0 && { origins }) };
}

function originIn(part: Fields, path: string): FeeOrigin | undefined {
  const value = part['origin'];
  if (value === undefined) return undefined;
  return originAt(value, path === '' ? 'origin' : `${path}.origin`);
}

function originsIn(
  part: Fields,
  path: string,
  names: readonly string[],
): Record<string, FeeOrigin> {
  const fields = fieldsOf(part['origins'] ?? {}, `${path}.origins`);
  rejectUnknown(fields, `${path}.origins`, names);
  const origins = Object.entries(fields).map(([name, value]) => {
    return [name, originAt(value, `${path}.origins.${name}`)] as const;
  });
  return Object.fromEntries(origins);
}

function originAt(value: unknown, path: string): FeeOrigin {
  const fields = fieldsOf(value, path);
  rejectUnknown(fields, path, ['source', 'readAt']);
  const { source, readAt } = fields;
  if (typeof source !== 'string' || source.trim() === '')
    throw wrong(`${path}.source`, 'is missing');
  if (typeof readAt !== 'string' || readAtUs(readAt) === undefined) {
    throw wrong(`${path}.readAt`, 'must be a date like "2026-11-28", or a time in UTC');
  }
  return { source, readAt };
}

function isSame(a: FeeOrigin, b: FeeOrigin): boolean {
  return a.source === b.source && a.readAt === b.readAt;
}

function fieldsOf(value: unknown, path: string): Fields {
  if (isPlainObject(value)) return value;
  throw wrong(path, value === undefined ? 'is missing' : 'must be an object');
}

function rejectUnknown(fields: Fields, path: string, names: readonly string[]): void {
  const unknown = Object.keys(fields).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  throw wrong(path === '' ? unknown : `${path}.${unknown}`, `is not known: ${names.join(', ')}`);
}

function wrong(path: string, what: string): InvalidArgumentError {
  return new InvalidArgumentError(`${path}: ${what}`);
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function yesOrNo(value: unknown): string | null {
  return typeof value === 'boolean' ? null : 'true or false';
}

function amount(value: unknown): string | null {
  const isAmount = typeof value === 'string' && isPlainDecimal(value) && !value.startsWith('-');
  return isAmount ? null : 'an amount as text, like "0.0002"';
}

function orNull(check: Check): Check {
  return (value) => {
    const problem = value === null ? null : check(value);
    return problem === null ? null : `${problem}, or null`;
  };
}

function fraction(least: string): Check {
  return (value) => {
    const isFraction =
      typeof value === 'string' &&
      isPlainDecimal(value) &&
      compareExact(parseExact(value), parseExact(least)) >= 0 &&
      compareExact(parseExact(value), parseExact('1')) < 0;
    return isFraction
      ? null
      : `a fraction as text, from "${least}" to less than 1: "0.001" is 10 bps`;
  };
}

function numberUpTo(most: number, isWhole = false): Check {
  return (value) => {
    const isNumber =
      typeof value === 'number' &&
      value >= 0 &&
      value <= most &&
      (isWhole ? Number.isInteger(value) : Number.isFinite(value));
    return isNumber ? null : `a${isWhole ? ' whole' : ''} number from 0 to ${most}`;
  };
}
