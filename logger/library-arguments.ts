/**
 * Arguments of the library → queries. Types are gone at run time and many callers never had them, so
 * arguments are taken as `unknown`. All functions @throws InvalidArgumentError.
 */

import { InvalidArgumentError } from './errors.ts';
import type {
  BookQuery,
  CandlesQuery,
  CoverageQuery,
  LevelsQuery,
  PointQuery,
  RangeQuery,
  SnapshotsQuery,
} from './queries/queries.ts';
import {
  validBookQuery,
  validCandlesQuery,
  validCoverageQuery,
  validInteger,
  validRangeQuery,
  validSecurity,
  validSnapshotsQuery,
  wrongField,
} from './queries/validate.ts';

const BOOK_OPTIONS = ['depth', 'level', 'clock'] as const;
const COVERAGE_OPTIONS = ['from', 'to'] as const;
const CANDLE_OPTIONS = [...COVERAGE_OPTIONS, 'timeframe'] as const;
const KEPT_OPTIONS = [...COVERAGE_OPTIONS, 'every', 'depth'] as const;
const RANGE_OPTIONS = [...COVERAGE_OPTIONS, 'clock'] as const;
const BOOKS_OPTIONS = [...RANGE_OPTIONS, 'top', 'trades'] as const;
const SNAPSHOT_OPTIONS = [...RANGE_OPTIONS, 'every', 'depth', 'level', 'features'] as const;

export function levelsQuery(security: unknown, options: unknown): LevelsQuery {
  const { top, trades, ...range } = checkOptions(options, BOOKS_OPTIONS);
  const query = validRangeQuery({ security, ...range });
  return { ...query, topOnly: flag(top, 'top'), trades: flag(trades, 'trades') };
}

export function pointQuery(security: unknown, point: unknown): PointQuery {
  if (typeof point !== 'object' || point === null) throw wrongField('point', point, 'an object');
  const { epoch, sequence } = point as Readonly<Record<string, unknown>>;
  return {
    security: validSecurity(security),
    epoch: validInteger(epoch, 'epoch', { min: 0, max: Number.MAX_SAFE_INTEGER }),
    sequence: validInteger(sequence, 'sequence', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  };
}

function flag(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw wrongField(field, value, 'true or false');
}

export function checkLocation(location: unknown): string {
  if (typeof location === 'string' && location !== '') return location;
  throw wrongField('location', location, 'the directory of an archive or a mongodb:// URI');
}

type Options<Name extends string> = Readonly<Partial<Record<Name, unknown>>>;

/** An option that no method knows is a misspelled one, and would silently have no effect. */
function checkOptions<Name extends string>(
  options: unknown,
  names: readonly Name[],
): Options<Name> {
  if (options === undefined) return {} as Options<Name>;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongField('options', options, 'an object');
  }
  const unknown = Object.keys(options).find((name) => !names.some((known) => known === name));
  if (unknown === undefined) return options as Options<Name>;
  throw new InvalidArgumentError(
    `${unknown.slice(0, 60)}: unknown option; use one of ${names.join(', ')}`,
  );
}

/** @param at a time as text or Date, or an object with a sequence and nothing else. */
export function bookQuery(security: unknown, at: unknown, options: unknown): BookQuery {
  const { depth, level, clock } = checkOptions(options, BOOK_OPTIONS);
  const isSequence = typeof at === 'object' && at !== null && 'sequence' in at;
  if (isSequence) checkOptions(at, ['sequence']);
  const position = isSequence ? { sequence: at.sequence ?? null } : { at };
  return validBookQuery({ security, clock, depth, level, ...position });
}

export function coverageQuery(security: unknown, options: unknown): CoverageQuery {
  return validCoverageQuery({ security, ...checkOptions(options, COVERAGE_OPTIONS) });
}

export function rangeQuery(security: unknown, options: unknown): RangeQuery {
  return validRangeQuery({ security, ...checkOptions(options, RANGE_OPTIONS) });
}

export function snapshotsQuery(security: unknown, options: unknown): SnapshotsQuery {
  return validSnapshotsQuery({ security, ...checkOptions(options, SNAPSHOT_OPTIONS) });
}

/** Cadence and depth are a part of the key. */
export function keptSnapshotsQuery(
  security: unknown,
  options: unknown,
): RangeQuery & { readonly everyUs: number; readonly depth: number } {
  const { from, to, every, depth } = checkOptions(options, KEPT_OPTIONS);
  const { everyUs, ...query } = validSnapshotsQuery({ security, from, to, every, depth });
  if (everyUs === undefined) throw wrongField('every', every, 'a duration like 200ms');
  if (query.depth === undefined) throw wrongField('depth', depth, 'a number of prices a side');
  return { ...query, everyUs, depth: query.depth };
}

export function candlesQuery(security: unknown, options: unknown): CandlesQuery {
  return validCandlesQuery({ security, ...checkOptions(options, CANDLE_OPTIONS) });
}

/** Orders have no level to choose. */
export function checkNoLevel(options: unknown): void {
  if (checkOptions(options, BOOK_OPTIONS).level === undefined) return;
  throw new InvalidArgumentError(
    'level: ordersAt returns single orders; for a book by price use bookAt with level L2',
  );
}
