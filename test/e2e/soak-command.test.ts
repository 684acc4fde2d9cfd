/** The arguments of `npm run soak`. */

import { describe, expect, test } from 'vitest';
import { built, needs } from '../support/requirements.ts';
import { SOAK, run } from './soak-run.ts';

describe('the soak', needs(built(SOAK)), () => {
  test.each([
    [['--minutes', '0'], /minutes: 0/],
    [['--minutes', 'soon'], /minutes/],
    [['--hours', '1'], /hours/],
  ])('rejects %s', async (args, said) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(said);
  });

  test('rejects a database that does not answer', async () => {
    const { code, stderr } = await run(['--minutes', '0.1'], { MONGODB_ENDPOINT: '127.0.0.1:1' });
    expect(code).toBe(2);
    expect(stderr).toContain('MONGODB_ENDPOINT: 127.0.0.1:1 does not answer');
  }, 180_000);

  test('prints its usage', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const option of ['--minutes', '--seed', '--kills', '--json']) {
      expect(stdout).toContain(option);
    }
  });
});
