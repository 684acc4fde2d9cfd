import { expect, test } from 'vitest';
import { InvariantError } from '../../../logger/errors.ts';
import { PhaseMachine } from '../../../logger/recorder/phase.ts';

/** 2026-11-20T07:00:00Z */
const START_US = 1_795_158_000_000_000;

function machine() {
  const seen: string[] = [];
  const clock = { us: START_US };
  const phase = new PhaseMachine(
    () => clock.us,
    () => seen.push(`${phase.current}: ${phase.wait?.text() ?? null}`),
  );
  return { phase, seen, clock };
}

test('reports every transition with what is waited for, since when and how often it was tried', () => {
  const { phase, seen, clock } = machine();
  phase.enter('syncing', { for: 'streams' });
  clock.us += 1_500_000;
  phase.enter('syncing');
  clock.us += 1_000_000;
  phase.enter('syncing', { reason: 'no snapshot', isAttempt: true });
  clock.us += 60_000_000;
  phase.enter('syncing', { reason: 'no snapshot at all', isAttempt: true });
  phase.enter('live');
  phase.enter('stale', { reason: 'the connection closed' });
  phase.enter('live');
  expect(seen).toEqual([
    'syncing: Waiting for the exchange to confirm the streams; since 2026-11-20T07:00:00Z',
    'syncing: Waiting for a snapshot and updates that continue it; since 2026-11-20T07:00:01Z',
    'syncing: no snapshot; since 2026-11-20T07:00:01Z, tried once',
    'syncing: no snapshot at all; since 2026-11-20T07:00:01Z, tried 2 times',
    'live: null',
    'stale: the connection closed; since 2026-11-20T07:01:02Z',
    'live: null',
  ]);
});

test('one line of the log for each kind of reason, whatever its numbers', () => {
  const { phase } = machine();
  const reported: boolean[] = [];
  for (const reason of ['at 1', 'at 2', 'refused', 'at 3', 'refused']) {
    phase.enter('syncing', { reason, isAttempt: true });
    reported.push(phase.wait?.takeReport() ?? false);
  }
  expect(reported).toEqual([true, false, true, false, false]);
});

test('a book can’t be live before it was synced, nor stale without having been live', () => {
  const { phase } = machine();
  expect(() => phase.enter('live')).toThrow(InvariantError);
  phase.enter('syncing');
  expect(() => phase.enter('stale')).toThrow(InvariantError);
  expect(phase.current).toBe('syncing');
});

test('nothing follows the end', () => {
  const { phase, seen } = machine();
  phase.enter('closed');
  phase.enter('syncing', { reason: 'a request came back too late' });
  expect(seen).toEqual(['closed: null']);
});
