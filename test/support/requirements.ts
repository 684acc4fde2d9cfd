/** What a test needs of the machine, and how it is skipped, with a reason, where that is missing. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { recordingsPath } from '../../bench/recordings.ts';
import { nativeZstd } from '../../logger/codec/zstd-library.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test or suite is skipped; the reporter groups skipped tests by it. */
    skipReason?: string;
  }
}

export interface Requirement {
  readonly isMet: boolean;
  /** What is missing and how to get it. */
  readonly reason: string;
}

interface Skipped {
  readonly skip?: boolean;
  readonly meta?: { readonly skipReason: string };
}

/** Options of a test or suite: skips it unless everything it needs is there. */
export function needs(...requirements: readonly Requirement[]): Skipped {
  const missing = requirements.filter(({ isMet }) => !isMet).map(({ reason }) => reason);
  return missing.length === 0 ? {} : { skip: true, meta: { skipReason: missing.join('; ') } };
}

export const recordings: Requirement = {
  isMet: recordingsPath() !== undefined,
  reason: 'no recordings in ../shared/recordings',
};

export const mongodb: Requirement = {
  isMet: Boolean(process.env['MONGODB_TEST_URI']),
  reason: `no MongoDB server: ${process.env['MONGODB_TEST_MISSING'] ?? 'set MONGODB_TEST_URI'}`,
};

/** @param files of `dist/` that the test runs. */
export function built(...files: readonly string[]): Requirement {
  const isMet = files.every((file) => existsSync(file));
  return { isMet, reason: 'dist/ is not built: npm run build' };
}

/** @param args make the program print something and exit with 0. */
export function installed(program: string, args: readonly string[], from = ''): Requirement {
  const isMet = spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  return { isMet, reason: `no ${program} on the PATH${from && ` (${from})`}` };
}

/** The optional dependency, whose install script has to build it. */
export const zstdNapi: Requirement = { isMet: isZstdBuilt(), reason: 'zstd-napi is not built' };

function isZstdBuilt(): boolean {
  try {
    return nativeZstd().name !== '';
  } catch {
    return false;
  }
}
