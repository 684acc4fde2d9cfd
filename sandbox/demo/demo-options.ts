/** The options of `npm run demo`. Pure but for the check of the directory. */

import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidArgumentError } from '../../logger/errors.ts';

/** Longer than anyone would wait. */
const MAX_MINUTES = 24 * 60;

export const DEMO_HELP = `npm run demo -- [options]

A sandbox exchange, a logger and its manager CLI, without a network: every book is compared with the
exchange's own.

  --all        Also one book of every other exchange
  --keep DIR   Leave the archive in this directory, which has to be new or empty
  --minutes N  Record N minutes more, 0 to ${MAX_MINUTES} (default: 0)
  --help       Show help
`;

export interface DemoOptions {
  /** Also one book of every other exchange. */
  readonly isAll: boolean;
  /** Where the archive stays; undefined: nowhere. */
  readonly keep: string | undefined;
  /** How long the market is recorded besides the steps. */
  readonly minutes: number;
  /** Only the help is wanted. */
  readonly isHelp: boolean;
}

/** @throws InvalidArgumentError */
export function demoOptions(args: readonly string[]): DemoOptions {
  const { all, keep, minutes, help } = parsed(args);
  const count = Number(minutes ?? 0);
  if (!Number.isInteger(count) || count < 0 || count > MAX_MINUTES) {
    throw new InvalidArgumentError(
      `--minutes has to be a whole number from 0 to ${MAX_MINUTES}, not ${minutes}`,
    );
  }
  if (keep === undefined) return { isAll: all, keep, minutes: count, isHelp: help };
  const directory = resolve(keep);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new InvalidArgumentError(`--keep needs a directory without files: ${directory}`);
  }
  return { isAll: all, keep: directory, minutes: count, isHelp: help };
}

interface Given {
  readonly all: boolean;
  readonly keep?: string;
  readonly minutes?: string;
  readonly help: boolean;
}

function parsed(args: readonly string[]): Given {
  try {
    return parseArgs({
      args: [...args],
      options: {
        all: { type: 'boolean', default: false },
        keep: { type: 'string' },
        minutes: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`${text} (see --help)`, { cause: error });
  }
}
