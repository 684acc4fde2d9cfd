/** The Python environment that `test/python/venv` makes. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Requirement } from './requirements.ts';

const FOLDER = join(import.meta.dirname, '..', 'python');

export const PYTHON = join(FOLDER, '.venv', 'bin', 'python');

export function pythonScript(name: string): string {
  return join(FOLDER, name);
}

function hasInstalled(list: string): boolean {
  const installed = join(FOLDER, '.venv', list);
  return existsSync(installed) && readFileSync(installed).equals(readFileSync(join(FOLDER, list)));
}

export const fileReaders: Requirement = {
  isMet: hasInstalled('requirements.txt'),
  reason: 'NO PYTHON PACKAGES, FILES ARE READ BY JAVASCRIPT ONLY: run test/python/venv',
};

export const backtesters: Requirement = {
  isMet: hasInstalled('requirements-slow.txt'),
  reason: 'no hftbacktest and nautilus_trader: run test/python/venv --slow',
};
