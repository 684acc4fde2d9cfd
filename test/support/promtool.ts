/** Whether `promtool` is there to judge our rules; says so once, loudly, where it is not. */

import { spawnSync } from 'node:child_process';

export function promtoolAvailable(): boolean {
  const isThere = spawnSync('promtool', ['--version']).status === 0;
  if (!isThere) {
    process.stderr.write(
      'SKIPPED: no promtool on the PATH (Debian package: prometheus), so the alert rules are not run\n',
    );
  }
  return isThere;
}

/** @returns how it ended, and all that it printed. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}
