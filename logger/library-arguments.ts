/**
 * What programs pass to the library, checked before anything is read. Types are gone at run time and
 * many callers never had them: whatever is not as documented is an InvalidArgumentError that begins
 * with the field's name, never a guess and never an error from deep inside.
 */

import type { Position } from './archive/archive.ts';
import { InvalidArgumentError } from './errors.ts';
import { parseSecurity } from './market/security.ts';
import type { ClockName } from './market/time.ts';
import { parseDurationUs, parseTimeUs } from './market/time.ts';
import { checkEvery } from './reader/export-question.ts';
import type { BookQuery, RangeQuery, SnapshotsQuery } from './queries/queries.ts';

const SEQUENCE = /^\d{1,16}$/;

/** What was given, as far as it helps: a text or number itself, of anything else its kind. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'number' || value === null || value === undefined) return String(value);
  return `a value of kind ${Object.prototype.toString.call(value).slice(8, -1)}`;
}

function wrong(field: string, value: unknown, wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`${field}: ${shown(value)} is not ${wanted}`);
}

/** @throws InvalidArgumentError, as all here. */
export function checkLocation(location: unknown): string {
  if (typeof location === 'string' && location !== '') return location;
  throw wrong('location', location, 'the directory of an archive or a mongodb:// URI');
}

export function checkSecurity(security: unknown): string {
  if (typeof security !== 'string') throw wrong('security', security, 'like binance:BTCUSDT');
  return parseSecurity(security).id;
}

function checkOptions(options: unknown): Readonly<Record<string, unknown>> {
  if (options === undefined) return {};
  if (typeof options === 'object' && options !== null) return options as Record<string, unknown>;
  throw wrong('options', options, 'an object');
}

function checkTime(time: unknown, field: string): number {
  if (typeof time === 'string') return parseTimeUs(time, field);
  const wanted = 'a time: give ISO 8601 text like 2026-11-20T07:00:04.5Z, or 1723161254206ms';
  throw wrong(field, time, wanted);
}

function checkClock(clock: unknown): ClockName | undefined {
  if (clock === undefined || clock === 'receive' || clock === 'exchange') return clock;
  throw wrong('clock', clock, 'receive or exchange');
}

function checkSequence(sequence: unknown): number {
  const isText = typeof sequence === 'string' && SEQUENCE.test(sequence);
  const number = isText ? Number(sequence) : sequence;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw wrong('sequence', sequence, 'a sequence number');
}

function checkPosition(at: unknown, clock: ClockName): Position | undefined {
  if (at === undefined) return undefined;
  const isPlace = typeof at === 'object' && at !== null && 'sequence' in at;
  return isPlace ? { sequence: checkSequence(at.sequence) } : { clock, us: checkTime(at, 'at') };
}

/** What `bookAt` is asked, but for the security. */
export function checkBook(at: unknown, options: unknown): Omit<BookQuery, 'security'> {
  const { depth, level, clock } = checkOptions(options);
  const position = checkPosition(at, checkClock(clock) ?? 'receive');
  return { position, level: checkLevel(level), depth: checkDepth(depth) };
}

function checkLevel(level: unknown): 'L2' | undefined {
  if (level === undefined || level === 'L2') return level;
  throw wrong('level', level, 'L2; without it a book comes as it was recorded');
}

function checkDepth(depth: unknown): number | undefined {
  if (depth === undefined) return undefined;
  if (typeof depth === 'number' && Number.isSafeInteger(depth) && depth > 0) return depth;
  throw wrong('depth', depth, 'a positive whole number');
}

/** What `snapshots` is asked beside its range. */
export function checkSnapshots(
  options: unknown,
): Partial<Pick<SnapshotsQuery, 'everyUs' | 'depth' | 'level'>> {
  const { every, depth, level } = checkOptions(options);
  const shape = { depth: checkDepth(depth), level: checkLevel(level) };
  if (every === undefined) return shape;
  if (typeof every !== 'string') throw wrong('every', every, 'a duration like 100ms');
  return { ...shape, everyUs: checkEvery(parseDurationUs(every, 'every')) };
}

/** Orders have no level to choose. */
export function checkNoLevel(options: unknown): void {
  if (checkOptions(options)['level'] === undefined) return;
  throw new InvalidArgumentError(
    'level: ordersAt gives single orders; for a book by price use bookAt with level L2',
  );
}

/** What a range is asked, but for the security. */
export function checkRange(options: unknown): Omit<RangeQuery, 'security'> {
  const { from, to, clock } = checkOptions(options);
  const fromUs = from === undefined ? undefined : checkTime(from, 'from');
  const toUs = to === undefined ? undefined : checkTime(to, 'to');
  if (fromUs !== undefined && toUs !== undefined && fromUs > toUs) {
    throw new InvalidArgumentError('from: lies after to');
  }
  return { fromUs, toUs, clock: checkClock(clock) };
}
