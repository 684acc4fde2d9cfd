/** Runs promtool, Prometheus' checker of metrics and alert rules. */

import { spawnSync } from 'node:child_process';
import { installed } from './requirements.ts';

export const promtoolInstalled = installed('promtool', ['--version'], 'Debian package prometheus');

/** @returns the exit code and everything printed. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}
