/** Tables of fees from files: the defaults of this package, and a user's file over them. */

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { InvalidArgumentError, describeError } from '../../logger/errors.ts';
import { canonicalJson } from '../market/plain-json.ts';
import { mergeFees } from './fee-file.ts';
import type { FeeOrigin, FeeTable } from './fee-table.ts';

const DEFAULTS = new URL('default-fees.json', import.meta.url);

export interface LoadedFees {
  readonly table: FeeTable;
  /** A hash of its content. */
  readonly id: string;
}

/**
 * The defaults, or with a file those with its figures.
 * @throws InvalidArgumentError which names the file and the place in it.
 */
export function loadFees(path?: string): LoadedFees {
  const table = path === undefined ? defaultFees() : feesWithFile(defaultFees(), path);
  return { table, id: feesId(table) };
}

export function defaultFees(): FeeTable {
  const content: unknown = JSON.parse(readFileSync(DEFAULTS, 'utf8'));
  return mergeFees({ exchanges: {} }, content, { source: 'assumed', readAt: '1970-01-01' });
}

/** Equal content has an equal id, wherever it was read from. */
export function feesId(table: FeeTable): string {
  return createHash('sha256').update(canonicalJson(table)).digest('hex');
}

/** @throws as `loadFees` */
export function feesWithFile(base: FeeTable, path: string): FeeTable {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return mergeFees(base, content, originOf(path));
  } catch (error) {
    throw new InvalidArgumentError(`The fees in ${path} can't be used: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/** Of what a file says without saying where it is from. */
function originOf(path: string): FeeOrigin {
  return { source: basename(path), readAt: statSync(path).mtime.toISOString().slice(0, 10) };
}
