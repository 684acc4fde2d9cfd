import { expect, test } from 'vitest';
import { InvariantError } from '../../../logger/errors.ts';
import { PhaseMachine } from '../../../logger/recorder/phase.ts';

function machine() {
  const seen: string[] = [];
  const phase = new PhaseMachine(() => seen.push(`${phase.current} ${phase.message}`));
  return { phase, seen };
}

test('reports every transition with its reason, and forgets the reason with the next one', () => {
  const { phase, seen } = machine();
  phase.enter('syncing', 'no snapshot yet');
  phase.enter('live');
  phase.enter('stale', 'the connection closed');
  phase.enter('live');
  expect(seen).toEqual([
    'syncing no snapshot yet',
    'live null',
    'stale the connection closed',
    'live null',
  ]);
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
  phase.enter('syncing', 'a request came back too late');
  expect(seen).toEqual(['closed null']);
});
