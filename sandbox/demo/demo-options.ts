/** What `npm run demo` can be told. Pure but for the check of the directory. */

import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidArgumentError } from '../../logger/errors.ts';

/** Longer than anyone would wait. */
const MAX_MINUTES = 24 * 60;

export interface DemoOptions {
  /** Also one book of every other exchange. */
  readonly isAll: boolean;
  /** Where the archive stays; undefined: nowhere. */
  readonly keep: string | undefined;
  /** How long the market is recorded besides the steps. */
  readonly minutes: number;
}

/** @throws InvalidArgumentError */
export function demoOptions(args: readonly string[]): DemoOptions {
  const { all, keep, minutes } = parsed(args);
  const count = Number(minutes ?? 0);
  if (!Number.isInteger(count) || count < 0 || count > MAX_MINUTES) {
    throw new InvalidArgumentError(`--minutes is a whole number up to ${MAX_MINUTES}: ${minutes}`);
  }
  if (keep === undefined) return { isAll: all, keep, minutes: count };
  const directory = resolve(keep);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new InvalidArgumentError(`--keep needs a directory without files: ${directory}`);
  }
  return { isAll: all, keep: directory, minutes: count };
}

function parsed(args: readonly string[]): { all: boolean; keep?: string; minutes?: string } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        all: { type: 'boolean', default: false },
        keep: { type: 'string' },
        minutes: { type: 'string' },
      },
    }).values;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(text, { cause: error });
  }
}
