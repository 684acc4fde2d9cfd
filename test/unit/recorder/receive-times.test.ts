import { beforeEach, describe, expect, test } from 'vitest';
import type { BadReceiveTime } from '../../../logger/market/bad-receive-times.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { ReceiveTimes } from '../../../logger/recorder/receive-times.ts';
import type { Clock } from '../../../logger/runtime/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { keptLog } from '../../support/scripted-coinbase.ts';

const { minStallMs, stallSettleMs, maxBadReceiveTimes } = DEFAULT_LIMITS;
const BEAT_MS = 50;

let clock: ManualClock;
/** By how much the wall clock is off the monotonic one, and receive time ahead of the wall clock. */
let jumpedUs: number;
let leadUs: number;
let startUs: number;
let logged: string[];
let times: ReceiveTimes;

beforeEach(() => {
  clock = new ManualClock();
  startUs = clock.nowUs();
  [jumpedUs, leadUs] = [0, 0];
  logged = [];
  const bent: Clock = {
    nowUs: () => clock.nowUs() + jumpedUs,
    monotonicMs: () => clock.monotonicMs(),
    schedule: (delayMs, run) => clock.schedule(delayMs, run),
  };
  times = new ReceiveTimes({
    clock: bent,
    leadUs: () => leadUs,
    limits: DEFAULT_LIMITS,
    log: keptLog(logged),
    onFatal: (error) => {
      throw error;
    },
  });
});

const us = (ms: number): number => startUs + ms * 1000;
const ever = (): readonly BadReceiveTime[] => times.defectsBetween(0, Number.MAX_SAFE_INTEGER);

test('before the start no defect is found, and no timer runs', () => {
  clock.stall(10_000);
  expect(ever()).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

test('an event loop on time has no defects', () => {
  times.start();
  clock.advance(3_600_000);
  expect(ever()).toEqual([]);
  expect(times.stalls).toBe(0);
  expect(logged).toEqual([]);
});

test('after a stop no timer runs, and defects found before are kept', () => {
  times.start();
  clock.stall(1000);
  clock.advance(0);
  times.stop();
  expect(clock.pendingTimers).toBe(0);
  expect(ever()).toEqual([{ fromUs: us(0), toUs: us(1000), cause: 'stall' }]);
});

describe('a stall', () => {
  beforeEach(() => {
    times.start();
    clock.advance(1000);
  });

  test('lasts from the last beat until beats have been on time for a while', () => {
    clock.stall(600);
    clock.advance(10_000);
    const toUs = us(1600 + stallSettleMs);
    expect(ever()).toEqual([{ fromUs: us(1000), toUs, cause: 'stall' }]);
    expect(times.stalls).toBe(1);
  });

  test('is found before the overdue beat, and counted once by it', () => {
    clock.stall(600);
    expect(ever()).toEqual([{ fromUs: us(1000), toUs: us(1600), cause: 'stall' }]);
    expect(ever()).toHaveLength(1);
    expect(times.stalls).toBe(0);
    clock.advance(0);
    expect(times.stalls).toBe(1);
  });

  test('is no stall up to its limit', () => {
    clock.stall(BEAT_MS + minStallMs);
    clock.advance(1000);
    expect(ever()).toEqual([]);
    clock.stall(BEAT_MS + minStallMs + 1);
    clock.advance(1000);
    expect(ever()).toHaveLength(1);
  });

  test('is merged with the next if the loop did not settle in between', () => {
    clock.stall(400);
    clock.advance(stallSettleMs - BEAT_MS);
    clock.stall(400);
    clock.advance(1000);
    const toUs = us(1800 + stallSettleMs - BEAT_MS + stallSettleMs);
    expect(ever()).toEqual([{ fromUs: us(1000), toUs, cause: 'stall' }]);
    expect(times.stalls).toBe(2);
  });

  test('is one stall even if it is queried all the time', () => {
    for (let i = 0; i < 60; i++) {
      clock.stall(10);
      times.defectsBetween(0, us(0));
    }
    clock.advance(0);
    expect(ever()).toEqual([{ fromUs: us(1000), toUs: us(1600), cause: 'stall' }]);
    expect(times.stalls).toBe(1);
  });

  test('is returned only for spans that overlap it', () => {
    clock.stall(600);
    clock.advance(10_000);
    const toUs = us(1600 + stallSettleMs);
    expect(times.defectsBetween(us(0), us(1000) - 1)).toEqual([]);
    expect(times.defectsBetween(us(0), us(1000))).toHaveLength(1);
    expect(times.defectsBetween(toUs, us(9000))).toHaveLength(1);
    expect(times.defectsBetween(toUs + 1, us(9000))).toEqual([]);
  });

  test('is one line in the log, and not more than one a second', () => {
    clock.stall(600);
    clock.advance(100);
    clock.stall(500);
    clock.advance(10_000);
    clock.stall(700);
    clock.advance(0);
    expect(logged).toEqual([
      'The event loop stalled: receive times are late {"milliseconds":550}',
      'The event loop stalled: receive times are late {"milliseconds":650,"suppressed":1}',
    ]);
    expect(times.stalls).toBe(3);
  });
});

describe('a clock that was set', () => {
  beforeEach(() => {
    times.start();
    clock.advance(1000);
  });

  test('forward: the stretch over which receive time jumped', () => {
    clock.advance(20);
    jumpedUs = 3_600_000_000;
    const bad = { fromUs: us(1000), toUs: us(1020) + jumpedUs, cause: 'clock' };
    expect(ever()).toEqual([bad]);
    clock.advance(5000);
    expect(ever()).toEqual([{ ...bad, toUs: us(1050) + jumpedUs }]);
    expect(times.stalls).toBe(0);
  });

  test('back: until receive time has been caught up with', () => {
    leadUs = 3_600_000_000;
    clock.advance(60_000);
    leadUs = 1000;
    clock.advance(1000);
    expect(ever()).toEqual([{ fromUs: us(1000), toUs: us(62_000), cause: 'clock' }]);
    leadUs = 0;
    clock.advance(10_000);
    expect(ever()).toEqual([{ fromUs: us(1000), toUs: us(62_050), cause: 'clock' }]);
  });

  test('by little: no defect', () => {
    leadUs = 99_000;
    clock.advance(1000);
    leadUs = 0;
    jumpedUs = 99_000;
    clock.advance(1000);
    expect(ever()).toEqual([]);
  });

  test('during a stall: both defects are found', () => {
    clock.stall(600);
    jumpedUs = 1_000_000;
    clock.advance(1000);
    expect(ever().map(({ cause }) => cause)).toEqual(['stall', 'clock']);
  });
});

test('the defects of a record are bounded, and those in memory too', () => {
  times.start();
  for (let i = 0; i < 1000; i++) {
    clock.stall(400);
    clock.advance(1000 + i);
  }
  const bad = ever();
  expect(times.stalls).toBe(1000);
  expect(bad).toHaveLength(maxBadReceiveTimes);
  // The first was never forgotten.
  expect(bad[0]?.fromUs).toBe(us(0));
  const lately = times.defectsBetween(clock.nowUs() - 10_000_000, clock.nowUs());
  expect(lately.length).toBeGreaterThan(3);
  expect(lately[0]?.fromUs).toBeGreaterThan(clock.nowUs() - 12_000_000);
});
