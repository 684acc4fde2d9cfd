import { beforeEach, describe, expect, test } from 'vitest';
import { ServiceManager, describeSummary } from '../../../logger/service/service-manager.ts';
import type { WorkCounters } from '../../../logger/service/watchdog.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

const SUMMARY = { securities: 2, live: 1, gaps: 1, lagS: 0.26 };
const STATUS = 'STATUS=1 of 2 securities live, archive 0.3 s behind, 1 gap';

let clock: ManualClock;
let sent: string[];
let errors: number;
let counters: WorkCounters;

beforeEach(() => {
  clock = new ManualClock();
  sent = [];
  errors = 0;
  counters = { ticks: 0, commits: 0, isCommitting: false };
});

function manager(watchdogMs?: number): ServiceManager {
  return new ServiceManager(
    {
      notifier: { send: (assignment) => sent.push(assignment) },
      clock,
      log: { ...silentLog, error: () => errors++ },
    },
    watchdogMs,
  );
}

const monitored = { workCounters: () => counters, summary: () => SUMMARY };

/** What was sent since the last call. */
function news(): string[] {
  return sent.splice(0);
}

describe('notifications to the service manager', () => {
  test('starting: asks for more time for as long as it takes', () => {
    manager().starting();
    clock.advance(10_000);
    expect(news()).toEqual([
      'STATUS=Opening the archive',
      'EXTEND_TIMEOUT_USEC=20000000',
      'EXTEND_TIMEOUT_USEC=20000000',
    ]);
  });

  test('ready, then a status every ten seconds, and no more extensions', () => {
    const one = manager();
    one.starting();
    news();
    one.ready(monitored);
    expect(news()).toEqual(['READY=1', STATUS]);
    clock.advance(20_000);
    expect(news()).toEqual([STATUS, STATUS]);
  });

  test('three keep-alives per watchdog period while the work progresses', () => {
    manager(6000).ready(monitored);
    news();
    for (let i = 1; i <= 3; i++) {
      counters = { ticks: i, commits: i, isCommitting: true };
      clock.advance(2000);
    }
    expect(news()).toEqual(Array(3).fill('WATCHDOG=1'));
  });

  test('no keep-alive while a commit hangs, logged once; again when it has ended', () => {
    manager(6000).ready(monitored);
    news();
    for (let i = 1; i <= 3; i++) {
      counters = { ticks: i, commits: 0, isCommitting: true };
      clock.advance(2000);
    }
    expect(news()).toEqual([]);
    expect(errors).toBe(1);
    counters = { ticks: 4, commits: 1, isCommitting: false };
    clock.advance(2000);
    expect(news()).toEqual(['WATCHDOG=1']);
  });

  test('no keep-alives without a watchdog', () => {
    manager().ready(monitored);
    counters = { ...counters, ticks: 5 };
    clock.advance(9000);
    expect(sent).not.toContain('WATCHDOG=1');
  });

  test('a reload is announced and confirmed', () => {
    manager().reload(() => void sent.push('…'));
    expect(news()).toEqual(['RELOADING=1', '…', 'READY=1']);
  });

  test('stopping: more time and keep-alives, and no other status', () => {
    const one = manager(6000);
    one.ready(monitored);
    news();
    one.stopping();
    expect(news()).toEqual([
      'STOPPING=1',
      'STATUS=Writing everything out',
      'EXTEND_TIMEOUT_USEC=20000000',
      'WATCHDOG=1',
    ]);
    clock.advance(5000);
    expect(news()).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'EXTEND_TIMEOUT_USEC=20000000']);
  });
});

test('the line that systemctl shows', () => {
  expect(describeSummary({ securities: 0, live: 0, gaps: 0, lagS: 0 })).toBe(
    'Nothing to record yet, archive 0.0 s behind, 0 gaps',
  );
  expect(describeSummary({ securities: 1, live: 1, gaps: 2, lagS: 12.34 })).toBe(
    '1 of 1 security live, archive 12.3 s behind, 2 gaps',
  );
});
