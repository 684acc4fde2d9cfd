/** When batches are committed. What becomes of them when the archive fails: `write-loss.test.ts`. */

import { beforeEach, expect, test } from 'vitest';
import type { Archive, Write } from '../../../logger/archive/archive.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { WriteQueue } from '../../../logger/recorder/write-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

let clock: ManualClock;
let queue: WriteQueue;
/** The securities of each commit. */
let commits: string[][];

beforeEach(() => {
  clock = new ManualClock();
  commits = [];
  const commit = async (writes: readonly Write[]): Promise<void> => {
    commits.push(writes.map((write) => ('security' in write ? write.security : '')));
  };
  queue = new WriteQueue({
    archive: { commit } as Partial<Archive> as Archive,
    clock,
    log: silentLog,
    limits: DEFAULT_LIMITS,
    onFatal: (error) => expect.unreachable(String(error)),
  });
});

function push(security: string, mayWait: boolean): void {
  const mark: Write = { type: 'mark', security, epoch: 1, aliveUntilUs: 1 };
  queue.push({ security, writes: [mark], mayWait });
}

test('regular work shares a commit with what comes shortly after it', async () => {
  push('a', true);
  await clock.advanceAsync(10);
  push('b', true);
  await clock.advanceAsync(10);
  push('c', true);
  await clock.advanceAsync(DEFAULT_LIMITS.commitPauseMs);
  expect(commits).toEqual([['a'], ['b', 'c']]);
  await clock.advanceAsync(500);
  push('d', true);
  await clock.advanceAsync(0);
  expect(commits.at(-1)).toEqual(['d']);
});

test('what may not wait is committed at once, with what waits before it', async () => {
  push('a', true);
  push('b', true);
  await clock.advanceAsync(0);
  expect(commits).toEqual([['a']]);
  push('c', false);
  await clock.advanceAsync(0);
  expect(commits).toEqual([['a'], ['b', 'c']]);
});

test('a stop does not wait', async () => {
  push('a', true);
  push('b', true);
  expect(await queue.drained()).toBe(true);
  expect(commits).toEqual([['a'], ['b']]);
  expect(clock.pendingTimers).toBe(0);
});
