/** Books are proven a few at a time, in the order in which they were ready. */

import { expect, test } from 'vitest';
import { ProofTurns } from '../../../logger/recorder/proof/proof-turns.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const LIMITS = { maxTickMs: 8, tickPauseMs: 10 };

/** Starts `count` proofs at once, each of which takes so long. @returns when each began. */
function prove(clock: ManualClock, turns: ProofTurns, count: number, takesMs: number): number[] {
  const beganMs: number[] = [];
  const one = async (): Promise<void> => {
    await turns.next();
    beganMs.push(clock.monotonicMs());
    clock.stall(takesMs);
  };
  for (let i = 0; i < count; i++) void one();
  return beganMs;
}

test('what takes no time waits for nothing', async () => {
  const clock = new ManualClock();
  const beganMs = prove(clock, new ProofTurns(clock, LIMITS), 100, 0);
  await Promise.resolve();
  expect(beganMs).toHaveLength(100);
});

test('a turn of the event loop takes no more than its limit and the last proof', async () => {
  const clock = new ManualClock();
  const turns = new ProofTurns(clock, LIMITS);
  for (let i = 0; i < 2; i++) {
    await turns.next();
    clock.stall(5);
  }
  const beganMs = prove(clock, turns, 5, 5);
  await Promise.resolve();
  // Ten have passed: the rest waits.
  expect(beganMs).toEqual([]);
  const perTurn: number[] = [];
  while (beganMs.length < 5 && perTurn.length < 50) {
    const before = beganMs.length;
    clock.advance(10);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    perTurn.push(beganMs.length - before);
  }
  expect(perTurn.filter((count) => count > 0)).toEqual([2, 2, 1]);
});
