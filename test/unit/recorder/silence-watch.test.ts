/** When silence is asked about. */

import { beforeEach, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { SilenceWatch } from '../../../logger/recorder/proof/silence-watch.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const TICK_MS = 500;

let clock: ManualClock;
let watch: SilenceWatch;
let evidenceUs: number;

beforeEach(() => {
  clock = new ManualClock();
  watch = new SilenceWatch(clock, DEFAULT_LIMITS);
  evidenceUs = 0;
});

/** Ticks for `ms`, with evidence every `everyMs`. */
function run(ms: number, everyMs = Infinity): void {
  for (let at = TICK_MS; at <= ms; at += TICK_MS) {
    clock.advance(TICK_MS);
    if (at % everyMs === 0) evidenceUs = clock.nowUs();
    watch.observe(evidenceUs);
  }
}

test.each([
  ['busy', 500, 3000],
  ['ordinary', 4000, 8000],
  ['quiet', 60_000, 30_000],
])('a %s security: after twice its habit, within the limits', (_, everyMs, limitMs) => {
  run(300_000, everyMs);
  expect(watch.limitMs).toBeGreaterThan(limitMs - 200);
  expect(watch.limitMs).toBeLessThanOrEqual(limitMs);
  run(limitMs - TICK_MS);
  expect(watch.question).toBe('near');
  run(TICK_MS);
  expect(watch.question).toBe('due');
  expect(watch.isOverdue).toBe(false);
  run(DEFAULT_LIMITS.answerWithinMs);
  expect(watch.isOverdue).toBe(true);
});

test('each answer that it is quiet makes the next question later', () => {
  const limits: number[] = [];
  for (let i = 0; i < 5; i++) {
    run(watch.limitMs);
    limits.push(Math.round(watch.limitMs / 1000));
    watch.settle();
    expect(watch.question).toBe('none');
  }
  expect(limits).toEqual([3, 6, 12, 23, 30]);
});

test('a habit is forgotten with time', () => {
  run(10_000);
  watch.settle();
  expect(watch.limitMs).toBe(20_000);
  run(DEFAULT_LIMITS.silenceHabitHalfLifeMs, TICK_MS);
  expect(watch.limitMs).toBeGreaterThan(9_900);
  expect(watch.limitMs).toBeLessThan(10_100);
});

test('a stall of our own is not overdue before the exchange could be asked', () => {
  run(10_000, TICK_MS);
  clock.advance(20_000);
  watch.observe(evidenceUs);
  expect(watch.question).toBe('due');
  expect(watch.isOverdue).toBe(false);
});
