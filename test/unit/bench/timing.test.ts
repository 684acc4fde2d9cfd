import { expect, test } from 'vitest';
import { ratioOf, timeRounds } from '../../../bench/timing.ts';

test('a ratio is of the rounds that both were measured in', () => {
  const rounds = new Map([
    ['slow', [30, 10, 20]],
    ['fast', [10, 10, 10, 1, 1]],
  ]);
  expect(ratioOf(rounds, 'slow', 'fast')).toEqual({ value: 2, spread: [1, 3] });
  expect(ratioOf(rounds, 'fast', 'slow')).toMatchObject({ value: 0.5, spread: [1 / 3, 1] });
});

test('tasks take turns, every other round in reverse order, and warm-up does not count', async () => {
  const calls: string[] = [];
  const tasks = { a: () => calls.push('a'), b: async () => calls.push('b') };
  const rounds = await timeRounds(tasks, {
    rounds: 2,
    warmUpRounds: 1,
    before: () => calls.push('-'),
  });
  expect(calls.join('')).toBe('-a-b-b-a-a-b');
  expect([rounds.get('a')?.length, rounds.get('b')?.length]).toEqual([2, 2]);
});
