import { beforeEach, describe, expect, test } from 'vitest';
import { ServiceManager, describeFigures } from '../../../logger/service/service-manager.ts';
import type { WorkSigns } from '../../../logger/service/work-signs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

const FIGURES = { securities: 2, live: 1, gaps: 1, lagS: 0.26 };
const STATUS = 'STATUS=1 of 2 securities live, archive 0.3 s behind, 1 gap';

let clock: ManualClock;
let sent: string[];
let errors: number;
let signs: WorkSigns;

beforeEach(() => {
  clock = new ManualClock();
  sent = [];
  errors = 0;
  signs = { ticks: 0, commits: 0, isCommitting: false };
});

function manager(watchdogMs?: number): ServiceManager {
  return new ServiceManager({
    notifier: { send: (assignment) => sent.push(assignment) },
    clock,
    log: { ...silentLog, error: () => errors++ },
    watchdogMs,
  });
}

const watched = { signs: () => signs, figures: () => FIGURES };

/** What was sent since the last look. */
function news(): string[] {
  return sent.splice(0);
}

describe('what the service manager is told', () => {
  test('starting: more time, for as long as it takes', () => {
    manager().starting();
    clock.advance(10_000);
    expect(news()).toEqual([
      'STATUS=Opening the archive',
      'EXTEND_TIMEOUT_USEC=20000000',
      'EXTEND_TIMEOUT_USEC=20000000',
    ]);
  });

  test('ready, then how things stand every ten seconds, and no extension any more', () => {
    const one = manager();
    one.starting();
    news();
    one.ready(watched);
    expect(news()).toEqual(['READY=1', STATUS]);
    clock.advance(20_000);
    expect(news()).toEqual([STATUS, STATUS]);
  });

  test('a sign of life three times in a watchdog period, while the work goes on', () => {
    manager(6000).ready(watched);
    news();
    for (let i = 1; i <= 3; i++) {
      signs = { ticks: i, commits: i, isCommitting: true };
      clock.advance(2000);
    }
    expect(news()).toEqual(Array(3).fill('WATCHDOG=1'));
  });

  test('no sign of life while a commit hangs, said once; again when it has ended', () => {
    manager(6000).ready(watched);
    news();
    for (let i = 1; i <= 3; i++) {
      signs = { ticks: i, commits: 0, isCommitting: true };
      clock.advance(2000);
    }
    expect(news()).toEqual([]);
    expect(errors).toBe(1);
    signs = { ticks: 4, commits: 1, isCommitting: false };
    clock.advance(2000);
    expect(news()).toEqual(['WATCHDOG=1']);
  });

  test('where it waits for none, no sign of life is given', () => {
    manager().ready(watched);
    signs = { ...signs, ticks: 5 };
    clock.advance(9000);
    expect(sent).not.toContain('WATCHDOG=1');
  });

  test('a reload is framed', () => {
    manager().reload(() => void sent.push('…'));
    expect(news()).toEqual(['RELOADING=1', '…', 'READY=1']);
  });

  test('stopping: more time and signs of life, but no status that would hide it', () => {
    const one = manager(6000);
    one.ready(watched);
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
  expect(describeFigures({ securities: 0, live: 0, gaps: 0, lagS: 0 })).toBe(
    'Nothing to record yet, archive 0.0 s behind, 0 gaps',
  );
  expect(describeFigures({ securities: 1, live: 1, gaps: 2, lagS: 12.34 })).toBe(
    '1 of 1 security live, archive 12.3 s behind, 2 gaps',
  );
});
