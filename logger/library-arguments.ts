/**
 * Arguments of the library → queries. Types are gone at run time and many callers never had them, so
 * arguments are taken as `unknown`. All functions @throws InvalidArgumentError.
 */

import { InvalidArgumentError } from './errors.ts';
import type { BookQuery, CoverageQuery, RangeQuery, SnapshotsQuery } from './queries/queries.ts';
import {
  validBookQuery,
  validCoverageQuery,
  validRangeQuery,
  validSnapshotsQuery,
  wrongField,
} from './queries/validate.ts';

export function checkLocation(location: unknown): string {
  if (typeof location === 'string' && location !== '') return location;
  throw wrongField('location', location, 'the directory of an archive or a mongodb:// URI');
}

function checkOptions(options: unknown): Readonly<Record<string, unknown>> {
  if (options === undefined) return {};
  if (typeof options === 'object' && options !== null) return options as Record<string, unknown>;
  throw wrongField('options', options, 'an object');
}

/** @param at a time as text, or an object with a sequence. */
export function bookQuery(security: unknown, at: unknown, options: unknown): BookQuery {
  const { depth, level, clock } = checkOptions(options);
  const isSequence = typeof at === 'object' && at !== null && 'sequence' in at;
  const position = isSequence ? { sequence: at.sequence ?? null } : { at };
  return validBookQuery({ security, clock, depth, level, ...position });
}

export function coverageQuery(security: unknown, options: unknown): CoverageQuery {
  const { from, to } = checkOptions(options);
  return validCoverageQuery({ security, from, to });
}

export function rangeQuery(security: unknown, options: unknown): RangeQuery {
  const { from, to, clock } = checkOptions(options);
  return validRangeQuery({ security, from, to, clock });
}

export function snapshotsQuery(security: unknown, options: unknown): SnapshotsQuery {
  const { from, to, clock, every, depth, level } = checkOptions(options);
  return validSnapshotsQuery({ security, from, to, clock, every, depth, level });
}

/** Orders have no level to choose. */
export function checkNoLevel(options: unknown): void {
  if (checkOptions(options)['level'] === undefined) return;
  throw new InvalidArgumentError(
    'level: ordersAt returns single orders; for a book by price use bookAt with level L2',
  );
}
