/**
 * Validates queries before anything is read: the one place where the CLI, the manager port and the
 * library decide what may be asked. Input is taken as it came (`unknown`), because programs call the
 * library without types and requests come from anywhere. All functions throw InvalidArgumentError
 * with a message that begins with the field's name. Pure.
 *
 * `prefix` precedes the names of fields other than `security`: the CLI's are options.
 */

import { types } from 'node:util';
import type { Position } from '../archive/archive.ts';
import { TIMEFRAMES } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { InvalidArgumentError } from '../errors.ts';
import { parseSecurity } from '../market/security.ts';
import { parseDurationUs, parseTimeUs } from '../market/time.ts';
import type { ClockName } from '../market/time.ts';
import type {
  BookQuery,
  CandlesQuery,
  CoverageQuery,
  ExportQuery,
  RangeQuery,
  SnapshotsQuery,
} from './queries.ts';
import type { ColumnFormat, ExportFormat, ExportType } from './results.ts';

export const EXPORT_TYPES: readonly ExportType[] = [
  'trades',
  'quotes',
  'incremental',
  'snapshots',
  'orders',
  'candles',
];
export const EXPORT_FORMATS: readonly ExportFormat[] = ['jsonl', 'csv', 'tardis-csv'];
export const COLUMN_FORMATS: readonly ColumnFormat[] = ['parquet', 'feather', 'npz'];
export const CLOCKS: readonly ClockName[] = ['receive', 'exchange'];

/** More levels than any book has: a greater depth is a mistake. */
export const MAX_DEPTH = 10_000_000;

export const DEFAULT_EVERY_US = 1_000_000;
/** A day: for coarser snapshots there is `bookAt`. */
const MAX_EVERY_US = 86_400_000_000;

/** Tardis has `book_snapshot_25` and `book_snapshot_5`, and no other. */
const TARDIS_DEPTHS: readonly number[] = [25, 5];
export const DEFAULT_TARDIS_DEPTH = 25;
/** Of a file with a column for each level. */
export const DEFAULT_COLUMN_DEPTH = 25;
export const MAX_COLUMN_DEPTH = 1000;

type Unchecked<Field extends string> = { readonly [Name in Field]?: unknown };
export type UncheckedRange = Unchecked<'security' | 'from' | 'to'>;
export type UncheckedClockRange = UncheckedRange & Unchecked<'clock'>;
export type UncheckedBook = Unchecked<'security' | 'at' | 'sequence' | 'clock' | 'depth' | 'level'>;
export type UncheckedSnapshots = UncheckedClockRange &
  Unchecked<'every' | 'depth' | 'level' | 'features'>;
export type UncheckedCandles = UncheckedRange & Unchecked<'timeframe'>;
export type UncheckedExport = UncheckedSnapshots &
  Unchecked<'type' | 'format' | 'timeframe' | 'scales'>;

/** A value as an error message shows it: short, and of anything but text and numbers only the kind. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'number' || value === null || value === undefined) return String(value);
  return `a value of kind ${Object.prototype.toString.call(value).slice(8, -1)}`;
}

export function wrongField(field: string, value: unknown, wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`${field}: ${shown(value)} is not ${wanted}`);
}

/** `exchange:symbol` with the exchange in lower case; the symbol's case is the exchange's to settle. */
export function validSecurity(security: unknown): string {
  if (typeof security !== 'string') {
    throw wrongField('security', security, 'like binance:BTCUSDT');
  }
  return parseSecurity(security).id;
}

/** An integer between two limits; not a text that looks like one. */
export function validInteger(
  value: unknown,
  field: string,
  limits: { readonly min: number; readonly max: number },
): number {
  const { min, max } = limits;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw wrongField(field, value, `a whole number from ${min} to ${max}`);
}

/** One of a few words; undefined stays undefined. */
export function validWord<Word extends string>(
  value: unknown,
  field: string,
  words: readonly Word[],
): Word | undefined {
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw wrongField(field, value, orList(words));
}

function orList(words: readonly string[]): string {
  const first = words.slice(0, -1).join(', ');
  return first === '' ? String(words.at(-1)) : `${first} or ${words.at(-1)}`;
}

function validTimeUs(time: unknown, field: string): number {
  if (typeof time === 'string') return parseTimeUs(time, field);
  if (types.isDate(time)) {
    const us = time.getTime() * 1000;
    if (Number.isSafeInteger(us)) return us;
    throw new InvalidArgumentError(`${field}: the Date is invalid, or after the year 2255`);
  }
  const wanted =
    'a time: give ISO 8601 text like 2026-11-20T07:00:04.5Z, 1723161254206ms, or a Date';
  throw wrongField(field, time, wanted);
}

/** Also accepts digits as text: sequences may pass 2^53, though no book can be found there. */
function validSequence(sequence: unknown, field: string): number {
  const isDigits = typeof sequence === 'string' && /^\d{1,16}$/.test(sequence);
  const number = isDigits ? Number(sequence) : sequence;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw wrongField(field, sequence, 'a sequence: a whole number below 2^53');
}

function validLevel(level: unknown, field: string): 'L2' | undefined {
  if (level === undefined || level === 'L2') return level;
  throw wrongField(field, level, 'L2; without it a book is returned as it was recorded');
}

function validDepth(depth: unknown, field: string): number | undefined {
  return depth === undefined ? undefined : validInteger(depth, field, { min: 1, max: MAX_DEPTH });
}

/** A cadence in µs: from 1 to a day, of which it is a whole part. */
export function validEveryUs(everyUs: number, field = 'every'): number {
  if (!Number.isSafeInteger(everyUs) || everyUs < 1 || everyUs > MAX_EVERY_US) {
    throw new InvalidArgumentError(`${field}: has to be from 1us to 24h`);
  }
  if (MAX_EVERY_US % everyUs === 0) return everyUs;
  throw new InvalidArgumentError(
    `${field}: has to divide a day without rest, like 100ms, 1s or 5m`,
  );
}

/** A cadence as text; undefined stays undefined. */
export function validEvery(every: unknown, field: string): number | undefined {
  if (every === undefined) return undefined;
  if (typeof every !== 'string') throw wrongField(field, every, 'a duration like 100ms');
  return validEveryUs(parseDurationUs(every, field), field);
}

/** Rows that are made as they happen: more of them would hold up the recording. */
const MIN_LIVE_EVERY_US = 10_000;

/** A cadence of rows as they happen, as text; undefined stays undefined. */
export function validLiveEvery(every: unknown, field: string): number | undefined {
  const everyUs = validEvery(every, field);
  if (everyUs === undefined || everyUs >= MIN_LIVE_EVERY_US) return everyUs;
  throw new InvalidArgumentError(`${field}: has to be 10ms or longer`);
}

function validPosition(given: UncheckedBook, prefix: string): Position | undefined {
  const { at, sequence } = given;
  const clock = validWord(given.clock, `${prefix}clock`, CLOCKS) ?? 'receive';
  if (at !== undefined && sequence !== undefined) {
    throw new InvalidArgumentError(
      `${prefix}at: contradicts ${prefix}sequence; give one of the two`,
    );
  }
  if (sequence !== undefined) return { sequence: validSequence(sequence, `${prefix}sequence`) };
  return at === undefined ? undefined : { clock, us: validTimeUs(at, `${prefix}at`) };
}

/** Without `at` and `sequence` the query has no position: it asks for the latest book. */
export function validBookQuery(given: UncheckedBook, prefix = ''): BookQuery {
  return {
    security: validSecurity(given.security),
    position: validPosition(given, prefix),
    depth: validDepth(given.depth, `${prefix}depth`),
    level: validLevel(given.level, `${prefix}level`),
  };
}

function validRange(
  { from, to }: UncheckedRange,
  prefix: string,
): Pick<CoverageQuery, 'fromUs' | 'toUs'> {
  const fromUs = from === undefined ? undefined : validTimeUs(from, `${prefix}from`);
  const toUs = to === undefined ? undefined : validTimeUs(to, `${prefix}to`);
  if (fromUs !== undefined && toUs !== undefined && fromUs > toUs) {
    throw new InvalidArgumentError(`${prefix}from: is after ${prefix}to`);
  }
  return { fromUs, toUs };
}

export function validCoverageQuery(given: UncheckedRange, prefix = ''): CoverageQuery {
  return { security: validSecurity(given.security), ...validRange(given, prefix) };
}

export function validRangeQuery(given: UncheckedClockRange, prefix = ''): RangeQuery {
  return {
    ...validCoverageQuery(given, prefix),
    clock: validWord(given.clock, `${prefix}clock`, CLOCKS),
  };
}

export function validSnapshotsQuery(given: UncheckedSnapshots, prefix = ''): SnapshotsQuery {
  return {
    ...validRangeQuery(given, prefix),
    everyUs: validEvery(given.every, `${prefix}every`),
    depth: validDepth(given.depth, `${prefix}depth`),
    level: validLevel(given.level, `${prefix}level`),
    ...(validFlag(given.features, `${prefix}features`) && { features: true }),
  };
}

function validFlag(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw wrongField(field, value, 'true or false');
}

/** Candles need one. */
export function validTimeframe(timeframe: unknown, field = 'timeframe'): Timeframe {
  const valid = validWord(timeframe, field, TIMEFRAMES);
  if (valid !== undefined) return valid;
  throw new InvalidArgumentError(`${field}: is missing; give ${orList(TIMEFRAMES)}`);
}

export function validCandlesQuery(given: UncheckedCandles, prefix = ''): CandlesQuery {
  return {
    ...validCoverageQuery(given, prefix),
    timeframe: validTimeframe(given.timeframe, `${prefix}timeframe`),
  };
}

export function validExportQuery(given: UncheckedExport, prefix = ''): ExportQuery {
  const type = validWord(given.type, `${prefix}type`, EXPORT_TYPES);
  if (type === undefined) {
    throw new InvalidArgumentError(`${prefix}type: is missing; give ${orList(EXPORT_TYPES)}`);
  }
  const format = validWord(given.format, `${prefix}format`, EXPORT_FORMATS) ?? 'jsonl';
  const timeframe =
    given.timeframe === undefined
      ? undefined
      : validTimeframe(given.timeframe, `${prefix}timeframe`);
  const scales = given.scales === true ? { hasScales: true as const } : {};
  const query = { ...validSnapshotsQuery(given, prefix), type, format, timeframe, ...scales };
  checkExport(query, prefix);
  return query;
}

type ExportChoice = Pick<
  ExportQuery,
  'type' | 'format' | 'everyUs' | 'depth' | 'level' | 'features' | 'timeframe' | 'clock'
>;

/** Rejects combinations that have no meaning. */
export function checkExport(query: ExportChoice, prefix = ''): void {
  const { type, format, everyUs, depth, level, features, timeframe, clock } = query;
  const ofSnapshots = Object.entries({ every: everyUs, depth, level, features });
  for (const [field, value] of type === 'snapshots' ? [] : ofSnapshots) {
    if (value === undefined) continue;
    throw new InvalidArgumentError(`${prefix}${field}: is for the type snapshots, not for ${type}`);
  }
  if (type === 'candles') checkCandles({ timeframe, clock }, prefix);
  else if (timeframe !== undefined) {
    throw new InvalidArgumentError(`${prefix}timeframe: is for the type candles, not for ${type}`);
  }
  if (everyUs !== undefined) validEveryUs(everyUs, `${prefix}every`);
  if (features === true && format === 'tardis-csv') {
    throw new InvalidArgumentError(
      `${prefix}features: tardis-csv has no columns for them; use jsonl or csv`,
    );
  }
  if (format === 'tardis-csv') checkTardis(type, depth, prefix);
}

function checkCandles({ timeframe, clock }: Partial<ExportChoice>, prefix: string): void {
  validTimeframe(timeframe, `${prefix}timeframe`);
  if (clock !== 'receive') return;
  throw new InvalidArgumentError(
    `${prefix}clock: candles are in the exchange's time of their trades; leave it out`,
  );
}

function checkTardis(type: ExportType, depth: number | undefined, prefix: string): void {
  if (type === 'candles') {
    throw new InvalidArgumentError(
      `${prefix}format: tardis-csv has no columns for candles; use jsonl or csv`,
    );
  }
  if (type === 'orders') {
    throw new InvalidArgumentError(
      `${prefix}format: tardis-csv has no columns for orders; use jsonl or csv, or the type incremental, which gives an L3 book by price`,
    );
  }
  if (depth !== undefined && !TARDIS_DEPTHS.includes(depth)) {
    throw new InvalidArgumentError(
      `${prefix}depth: tardis-csv has book_snapshot_25 and book_snapshot_5; ${depth} is neither`,
    );
  }
}
