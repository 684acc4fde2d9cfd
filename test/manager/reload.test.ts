/** The whole logger: its key file changes, and `reload` is all that is asked of it. */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestLogger } from '../support/test-logger.ts';
import { cli } from './fixture.ts';

const OLD = 'the-old-key-of-this-logger';
const NEXT = 'the-next-key-of-this-logger';

test('a key is replaced without downtime', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'manager-reload-'));
  const file = join(directory, 'authkey');
  writeFileSync(file, OLD);
  const nowhere = { wsUrl: 'ws://127.0.0.1:1', restUrl: 'http://127.0.0.1:1' };
  const logger = await startTestLogger(nowhere, {
    MANAGER_AUTHKEY: '',
    MANAGER_AUTHKEY_FILE: file,
  });
  const codes = (): Promise<number[]> =>
    Promise.all(
      [OLD, NEXT].map(async (key) => {
        const run = await cli(['ping'], { port: logger.port, env: { MANAGER_AUTHKEY: key } });
        return run.code;
      }),
    );
  try {
    expect(await codes()).toEqual([0, 3]);
    writeFileSync(`${file}.next`, NEXT);
    expect(logger.reload()).toBe(true);
    expect(await codes()).toEqual([0, 0]);
    renameSync(`${file}.next`, file);
    expect(logger.reload()).toBe(true);
    expect(await codes()).toEqual([3, 0]);
    rmSync(file);
    expect(logger.reload()).toBe(false);
    expect(await codes()).toEqual([3, 0]);
  } finally {
    await logger.discard();
    rmSync(directory, { recursive: true, force: true });
  }
});
