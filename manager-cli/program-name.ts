/**
 * What a user types to run this program, for hints that can be copied: from a checkout nothing is on the
 * PATH, and npm says so in the environment.
 */

import type { Io } from './io.ts';

export const NAME = 'orderbook-manager';

export function programName(env: Io['env']): string {
  const event = env['npm_lifecycle_event'];
  if (event === 'manager' && env['npm_package_name'] === 'orderbook-logger') {
    return 'npm run -s manager --';
  }
  // `npx orderbook-manager`: the script of this event is the command that was asked for.
  const isNpx = event === 'npx' && env['npm_lifecycle_script']?.includes(NAME) === true;
  return isNpx ? `npx ${NAME}` : NAME;
}
