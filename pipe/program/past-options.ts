/** Which part of the past is asked for, and in which form. */

import type { Options } from 'yargs';
import { parseTimeUs } from '../../logger/market/time.ts';
import { text, time } from '../../manager-cli/arguments.ts';
import type { Arguments } from '../../manager-cli/arguments.ts';
import { valued } from '../../manager-cli/command.ts';
import { usageError } from '../../manager-cli/exit-codes.ts';
import { durationUs } from './options.ts';
import type { WantedRange } from './past-lines.ts';

export const PAST_OPTIONS: Readonly<Record<string, Options>> = {
  at: valued('The line of one moment'),
  last: valued('The lines of the last minutes: 6m'),
  from: { ...valued('The lines from this moment on'), defaultDescription: 'the beginning' },
  to: { ...valued('The moment before which they end'), defaultDescription: 'the end' },
  format: {
    ...valued('Of what is past: lines, or a file with columns'),
    choices: ['jsonl', 'feather'],
    defaultDescription: 'jsonl',
  },
  out: valued('With --format feather: the file'),
};

export interface PastOptions {
  readonly range: WantedRange;
  /** A Feather file; null: lines to stdout. */
  readonly out: string | null;
}

/** null: not the past. @throws the usage error. */
export function pastOptions(args: Arguments, isPast: boolean): PastOptions | null {
  const [at, from, to] = ['at', 'from', 'to'].map((name) => timeUs(args, name));
  const lastUs = durationUs(args, 'last') ?? null;
  const isAsked = isPast || [at, from, to, lastUs].some((one) => one !== null);
  const out = outOf(args);
  if (!isAsked) {
    if (out === null) return null;
    throw usageError('--format is for what is past: give --last, --at, or --from and --to');
  }
  if (at !== null && [from, to, lastUs].some((one) => one !== null)) {
    throw usageError('--at is one moment: omit --from, --to and --last');
  }
  if (lastUs !== null && from !== null) {
    throw usageError('--last and --from contradict each other; give one of them');
  }
  if (at !== null && at !== undefined) {
    return { range: { fromUs: at, toUs: at + 1, lastUs: null }, out };
  }
  return { range: { fromUs: from ?? null, toUs: to ?? null, lastUs }, out };
}

function timeUs(args: Arguments, name: string): number | null {
  const value = time(args, name);
  return value === undefined ? null : parseTimeUs(value);
}

function outOf(args: Arguments): string | null {
  const out = text(args, 'out');
  if (text(args, 'format') === 'feather') {
    if (out !== undefined) return out;
    throw usageError('--format feather needs a file: give --out');
  }
  if (out === undefined) return null;
  throw usageError('--out is for --format feather; for lines, redirect stdout');
}
