import { describe, expect, test } from 'vitest';
import { MANAGER_LIMITS } from '../../logger/manager/limits.ts';
import type { ThrottleLimits } from '../../logger/manager/limits.ts';
import { FailureThrottle } from '../../logger/manager/gate/throttle.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { LogBook } from './fixture.ts';

function throttle(limits: Partial<ThrottleLimits> = {}) {
  const clock = new ManualClock();
  const log = new LogBook();
  const subject = new FailureThrottle({
    clock,
    log,
    limits: { ...MANAGER_LIMITS.throttle, ...limits },
  });
  return { clock, log, subject };
}

describe('FailureThrottle', () => {
  test('a few mistyped keys are rejected at once', () => {
    const { subject } = throttle();
    for (let i = 0; i < 10; i++) expect(subject.failed('10.0.0.1')).toBe(0);
    expect(subject.failed('10.0.0.1')).toBeGreaterThan(0);
  });

  test('200 failures one after another take more than a second', () => {
    const { subject, clock } = throttle();
    let totalMs = 0;
    for (let i = 0; i < 200; i++) {
      const delayMs = subject.failed('10.0.0.1');
      clock.advance(delayMs);
      totalMs += delayMs;
    }
    expect(totalMs).toBeGreaterThan(1000);
    expect(totalMs).toBeLessThan(10_000);
  });

  test('an address that continues gets slower, and no rejection is delayed longer than the limit', () => {
    const { subject, clock } = throttle();
    const delays = Array.from({ length: 3000 }, () => {
      const delayMs = subject.failed('10.0.0.1');
      clock.advance(delayMs);
      return delayMs;
    });
    expect(delays.at(250)).toBeCloseTo(40);
    expect(delays.at(-1)).toBe(MANAGER_LIMITS.throttle.maxDelayMs);
  });

  test('one address does not use up the burst of another', () => {
    const { subject, clock } = throttle();
    for (let i = 0; i < 40; i++) subject.failed('10.0.0.1');
    clock.advance(1000);
    expect(subject.failed('10.0.0.2')).toBe(0);
  });

  test('many addresses together are delayed as well', () => {
    const { subject } = throttle();
    const delays = Array.from({ length: 200 }, (_, i) => subject.failed(`10.0.0.${i}`));
    expect(delays.at(-1)).toBeGreaterThan(1000);
  });

  test('an address without failures for long starts again', () => {
    const { subject, clock } = throttle();
    for (let i = 0; i < 300; i++) clock.advance(subject.failed('10.0.0.1'));
    clock.advance(MANAGER_LIMITS.throttle.forgetAfterMs + 1);
    expect(subject.failed('10.0.0.1')).toBe(0);
  });

  test('10,000 failures log one line at once and one per minute', () => {
    const { subject, clock, log } = throttle();
    for (let i = 0; i < 10_000; i++) subject.failed('10.0.0.1');
    expect(log.lines).toHaveLength(1);
    clock.advance(60_000);
    expect(log.lines).toHaveLength(2);
    expect(log.lines[1]?.fields).toEqual({ peer: '10.0.0.1', rejected: 9999 });
    clock.advance(600_000);
    expect(log.lines).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  test('failures from thousands of addresses are bounded in memory and in the log', () => {
    const { subject, clock, log } = throttle();
    for (let i = 0; i < 5000; i++) subject.failed(`10.${i >> 8}.${i & 255}.1`);
    clock.advance(60_000);
    subject.close();
    expect(log.lines.length).toBeLessThan(25);
    expect(log.lines.at(-1)?.fields['addresses']).toBeLessThanOrEqual(1024);
  });
});
