/** What an export may be asked for, decided in one place for the port, the CLI and the library. Pure. */

import { InvalidArgumentError } from '../errors.ts';
import type { ExportFormat, ExportType } from '../queries/results.ts';

export const EXPORT_TYPES: readonly ExportType[] = [
  'trades',
  'quotes',
  'incremental',
  'snapshots',
  'orders',
];
export const EXPORT_FORMATS: readonly ExportFormat[] = ['jsonl', 'csv', 'tardis-csv'];

/** Once a second, where nobody says. */
export const DEFAULT_EVERY_US = 1_000_000;
/** A day: beyond it there is `bookAt`. */
const MAX_EVERY_US = 86_400_000_000;

/** Tardis has `book_snapshot_25` and `book_snapshot_5`, and no other. */
const TARDIS_DEPTHS: readonly number[] = [25, 5];
export const DEFAULT_TARDIS_DEPTH = 25;

/** @throws InvalidArgumentError unless it is a whole number of µs, from 1 to a day. */
export function checkEvery(everyUs: number, prefix = ''): number {
  if (Number.isSafeInteger(everyUs) && everyUs >= 1 && everyUs <= MAX_EVERY_US) return everyUs;
  throw new InvalidArgumentError(`${prefix}every: has to be from 1us to 24h`);
}

/**
 * @param prefix stands before the name of a field: the CLI's are options.
 * @throws InvalidArgumentError for what has no meaning together, naming the field.
 */
export function checkExport(
  question: {
    readonly type: ExportType;
    readonly format: ExportFormat;
    readonly everyUs?: number | undefined;
    readonly depth?: number | undefined;
    readonly level?: 'L2' | undefined;
  },
  prefix = '',
): void {
  const { type, format, everyUs, depth, level } = question;
  if (type !== 'snapshots') {
    for (const [field, value] of Object.entries({ every: everyUs, depth, level })) {
      if (value === undefined) continue;
      throw new InvalidArgumentError(
        `${prefix}${field}: is for the type snapshots, not for ${type}`,
      );
    }
  }
  if (everyUs !== undefined) checkEvery(everyUs, prefix);
  if (format !== 'tardis-csv') return;
  if (type === 'orders') {
    throw new InvalidArgumentError(
      `${prefix}format: tardis-csv has no columns for orders; use jsonl or csv, or the type incremental, which tells an L3 book by price`,
    );
  }
  if (depth !== undefined && !TARDIS_DEPTHS.includes(depth)) {
    throw new InvalidArgumentError(
      `${prefix}depth: tardis-csv has book_snapshot_25 and book_snapshot_5; ${depth} is neither`,
    );
  }
}
