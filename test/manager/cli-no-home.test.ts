/** A user without a home directory and without an entry in the list of users, as in some containers. */

import { test, vi } from 'vitest';
import { cli, expectError } from './fixture.ts';

vi.mock('node:os', async (original) => ({
  ...(await original<object>()),
  homedir: () => {
    throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
  },
}));

test('--context is wrong usage, and the error says what to set', async () => {
  const run = await cli(['list', '--context', 'paris'], { env: { HOME: '' } });
  expectError(run, 2, /--context: this user has no home directory; set XDG_CONFIG_HOME/);
});
