import { expect, test } from 'vitest';
import { RecorderClock } from '../../../pipe/market/recorder-clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const FAR_US = Date.UTC(2031, 0, 1) * 1000;

test('follows the receive times of events, and moves on without them', () => {
  const clock = new ManualClock();
  const recorders = new RecorderClock(clock);
  expect(recorders.nowUs()).toBe(clock.nowUs());
  recorders.observe(FAR_US);
  clock.advance(250);
  expect(recorders.nowUs()).toBe(FAR_US + 250_000);
});

test('an event that was long on its way does not turn it back', () => {
  const clock = new ManualClock();
  const recorders = new RecorderClock(clock);
  recorders.observe(FAR_US);
  clock.advance(100);
  recorders.observe(FAR_US + 20_000);
  expect(recorders.nowUs()).toBe(FAR_US + 100_000);
  // It was this machine that was ahead: after a while that is forgotten, without going back.
  const seen: number[] = [];
  for (let second = 1; second <= 200; second++) {
    clock.advance(1000);
    recorders.observe(FAR_US + second * 1_000_000);
    seen.push(recorders.nowUs());
  }
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.at(-1)).toBe(FAR_US + 200_000_000);
});
