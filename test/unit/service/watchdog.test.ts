import { describe, expect, test } from 'vitest';
import { hasProgressed, watchdogLimitMs } from '../../../logger/service/watchdog.ts';

describe('progress', () => {
  const before = { ticks: 10, commits: 5, isCommitting: false };

  test.each([
    ['recorders tick, nothing to store', { ticks: 11, commits: 5, isCommitting: false }, true],
    ['a commit ended', { ticks: 11, commits: 6, isCommitting: true }, true],
    ['a commit has not ended since', { ticks: 11, commits: 5, isCommitting: true }, false],
    ['recorders stand still', { ticks: 10, commits: 6, isCommitting: false }, false],
  ])('%s', (_what, now, expected) => {
    expect(hasProgressed(before, now)).toBe(expected);
  });
});

describe('the watchdog limit', () => {
  test.each([
    [{}, undefined],
    [{ WATCHDOG_USEC: '60000000' }, 60_000],
    [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42' }, 60_000],
    [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '43' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'soon' }, undefined],
  ])('%j', (environment, expected) => {
    expect(watchdogLimitMs(environment, 42)).toBe(expected);
  });
});
