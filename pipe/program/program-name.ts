/** What a user types to run this program, for hints that can be copied. */

import type { Io } from '../../manager-cli/io.ts';

export const NAME = 'orderbook-pipe';

export function programName(env: Io['env']): string {
  const isScript =
    env['npm_lifecycle_event'] === 'pipe' && env['npm_package_name'] === 'orderbook-logger';
  return isScript ? 'npm run -s pipe --' : NAME;
}
