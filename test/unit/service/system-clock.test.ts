import { describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../logger/service/system-clock.ts';

const START_MS = 1_790_000_000_000;
const HOUR_MS = 3_600_000;

function machine() {
  const state = { wallMs: START_MS, monotonicMs: 5 };
  const clock = createSystemClock({
    wallMs: () => Math.floor(state.wallMs),
    monotonicMs: () => state.monotonicMs,
  });
  const pass = (ms: number): void => {
    state.wallMs += ms;
    state.monotonicMs += ms;
  };
  return { state, clock, pass };
}

describe('receive time', () => {
  test('follows the wall clock to the microsecond', () => {
    const { clock, pass } = machine();
    pass(0.25);
    expect(clock.nowUs()).toBe(START_MS * 1000 + 250);
    pass(10_000);
    expect(Math.abs(clock.nowUs() - (START_MS + 10_000) * 1000)).toBeLessThanOrEqual(1000);
  });

  test('never goes back when the clock is set back, and catches up in time', () => {
    const { clock, state, pass } = machine();
    const steps: number[] = [];
    clock.onStep = (ms) => steps.push(ms);
    pass(1000);
    let last = clock.nowUs();
    state.wallMs -= HOUR_MS;
    for (let i = 0; i < 8000; i++) {
      pass(1000);
      const now = clock.nowUs();
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    expect(steps).toEqual([-HOUR_MS]);
    expect(Math.abs(last - state.wallMs * 1000)).toBeLessThanOrEqual(2000);
  });

  test('jumps when the clock is set forward, and durations do not', () => {
    const { clock, state, pass } = machine();
    const before = clock.monotonicMs();
    state.wallMs += HOUR_MS;
    pass(10);
    expect(clock.nowUs()).toBe((START_MS + HOUR_MS + 10) * 1000);
    expect(clock.monotonicMs() - before).toBe(10);
  });

  test('starts no earlier than where the records end', () => {
    const { clock } = machine();
    const later = (START_MS + HOUR_MS) * 1000;
    clock.notBefore(later);
    expect(clock.nowUs()).toBeGreaterThanOrEqual(later);
  });

  test('tells by how much it is ahead of a clock that was set back, until that has caught up', () => {
    const { clock, state, pass } = machine();
    clock.nowUs();
    expect(clock.leadUs).toBe(0);
    state.wallMs -= 1000;
    pass(500);
    clock.nowUs();
    expect(clock.leadUs).toBe(750_000);
    pass(1000);
    clock.nowUs();
    expect(clock.leadUs).toBe(250_000);
    for (let i = 0; i < 600; i++) {
      pass(1);
      clock.nowUs();
    }
    expect(clock.leadUs).toBe(0);
  });

  test('is ahead where it starts after the records of a clock that was set back since', () => {
    const { clock, state } = machine();
    clock.notBefore((START_MS + HOUR_MS) * 1000);
    clock.nowUs();
    expect(clock.leadUs).toBe(HOUR_MS * 1000);
    state.wallMs += HOUR_MS;
    clock.nowUs();
    expect(clock.leadUs).toBe(0);
  });
});
