/** When batches are committed. What becomes of them when the archive fails: `write-loss.test.ts`. */

import { beforeEach, expect, test } from 'vitest';
import type { Archive, Write } from '../../../logger/archive/archive.ts';
import { ArchiveFullError, DuplicateRecordError } from '../../../logger/errors.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { WriteQueue } from '../../../logger/recorder/write-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

let clock: ManualClock;
let queue: WriteQueue;
/** The securities of each commit. */
let commits: string[][];
let isFull: boolean;
/** A commit takes the event loop for so long. */
let takesMs: number;
/** An epoch whose mark contradicts what is stored. */
let conflictingEpoch: number | undefined;

beforeEach(() => {
  clock = new ManualClock();
  commits = [];
  isFull = false;
  takesMs = 0;
  conflictingEpoch = undefined;
  const commit = async (writes: readonly Write[]): Promise<void> => {
    if (isFull) throw new ArchiveFullError('full');
    if (writes.some((write) => 'epoch' in write && write.epoch === conflictingEpoch)) {
      throw new DuplicateRecordError('another one is stored');
    }
    clock.stall(takesMs);
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

test('after a commit that took long the next one comes later, but not too late', async () => {
  const { commitPauseMs, maxCommitPauseMs } = DEFAULT_LIMITS;
  for (const [tookMs, pauseMs] of [
    [commitPauseMs / 10, commitPauseMs],
    [commitPauseMs / 2, (commitPauseMs / 2) * 5],
    [maxCommitPauseMs / 2, maxCommitPauseMs],
  ] as const) {
    takesMs = tookMs;
    push('a', true);
    await clock.advanceAsync(1000, 10);
    const before = commits.length;
    push('b', true);
    push('c', true);
    await clock.advanceAsync(Math.max(0, pauseMs - tookMs - 1));
    expect(commits, `${tookMs} ms`).toHaveLength(before + 1);
    await clock.advanceAsync(1);
    expect(commits, `${tookMs} ms`).toHaveLength(before + 2);
  }
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

/** Announces news, which are pushed when a commit forms. @returns how often they were asked for. */
function announce(security: string, askedForMs = 0): { asked: number; again: () => void } {
  const news = { asked: 0, again: () => queue.announce(take) };
  const take = (): void => {
    news.asked++;
    clock.stall(askedForMs);
    push(security, true);
  };
  news.again();
  return news;
}

test('all news share a commit, soon after they came', async () => {
  const [a, b] = [announce('a'), announce('b')];
  a.again();
  expect(commits).toEqual([]);
  await clock.advanceAsync(0);
  expect(commits).toEqual([['a', 'b']]);
  a.again();
  await clock.advanceAsync(DEFAULT_LIMITS.commitPauseMs - 1);
  b.again();
  expect(commits).toHaveLength(1);
  await clock.advanceAsync(1);
  expect(commits.slice(1)).toEqual([['a', 'b']]);
  await clock.advanceAsync(500);
  expect([a.asked, b.asked]).toEqual([2, 2]);
});

test('news that take a turn of the event loop too long go into the next commit, in their order', async () => {
  const { maxAskMs, commitPauseMs } = DEFAULT_LIMITS;
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => announce(name, maxAskMs / 2));
  await clock.advanceAsync(0);
  expect(commits).toEqual([['a', 'b']]);
  all[0]!.again();
  await clock.advanceAsync(commitPauseMs);
  expect(commits.slice(1)).toEqual([['c', 'd']]);
  await clock.advanceAsync(commitPauseMs);
  expect(commits.slice(2)).toEqual([['e', 'a']]);
  expect(all.map(({ asked }) => asked)).toEqual([2, 1, 1, 1, 1]);
});

test('news are in the commit that forms first', async () => {
  announce('a');
  push('b', false);
  await clock.advanceAsync(0);
  expect(commits).toEqual([['b', 'a']]);
  announce('c');
  expect(await queue.drained()).toBe(true);
  expect(commits).toEqual([['b', 'a']]);
  await clock.advanceAsync(DEFAULT_LIMITS.commitPauseMs);
  expect(commits).toEqual([['b', 'a'], ['c']]);
});

test('news of the time of a commit are in the next one', async () => {
  push('a', false);
  const b = announce('b');
  await clock.advanceAsync(0);
  expect(commits).toEqual([['a']]);
  await clock.advanceAsync(DEFAULT_LIMITS.commitPauseMs);
  expect(commits).toEqual([['a'], ['b']]);
  expect(b.asked).toBe(1);
});

test('while the archive fails, nobody is asked: what is new stays where it is', async () => {
  isFull = true;
  const a = announce('a');
  await clock.advanceAsync(0);
  expect(queue.status()).toMatchObject({ isFailing: true });
  const { pendingBytes } = queue.status();
  const b = announce('b');
  a.again();
  await clock.advanceAsync(3 * DEFAULT_LIMITS.commitRetryMs);
  expect([a.asked, b.asked]).toEqual([1, 0]);
  expect(queue.status()).toMatchObject({ pendingBytes });
  isFull = false;
  await clock.advanceAsync(DEFAULT_LIMITS.commitRetryMs + DEFAULT_LIMITS.commitPauseMs);
  expect(commits).toEqual([['a'], ['b', 'a']]);
  expect(queue.status()).toMatchObject({ isFailing: false, pendingBytes: 0 });
});

test('a batch in conflict takes those of its security that follow it, and no others', async () => {
  conflictingEpoch = 2;
  const ends: string[] = [];
  const pushMark = (security: string, epoch: number): void => {
    const writes: Write[] = [{ type: 'mark', security, epoch, aliveUntilUs: 1 }];
    const settled = (error?: Error): void => {
      ends.push(`${security}${epoch} ${error ? 'lost' : 'stored'}`);
    };
    queue.push({ security, writes, mayWait: true, settled });
  };
  push('first', true);
  for (const epoch of [1, 2, 3]) pushMark('a', epoch);
  pushMark('b', 1);
  await clock.advanceAsync(DEFAULT_LIMITS.commitPauseMs);
  expect(ends).toEqual(['a1 stored', 'a2 lost', 'a3 lost', 'b1 stored']);
});
