/** Regular work that is spread over its period, on a clock that the test moves. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { TickRounds } from '../../../logger/recorder/tick-rounds.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const LIMITS = { periodMs: 500, turnPauseMs: 10, maxTurnMs: 8 };

let clock: ManualClock;
let items: number[];
/** `[item, ms]` of everyone served. */
let served: [item: number, ms: number][];
/** The same, with the time that serving took. */
let servedAt: [item: number, ms: number][];
let rounds: TickRounds<number>;
/** What it costs to serve one. */
let costMs: number;
/** Time that passes while the clock's timers stand still. */
let spentMs: number;
let fatal: unknown[];

beforeEach(() => {
  clock = new ManualClock();
  items = [];
  served = [];
  servedAt = [];
  costMs = 0;
  spentMs = 0;
  fatal = [];
  const working = {
    nowUs: () => clock.nowUs(),
    monotonicMs: () => clock.monotonicMs() + spentMs,
    schedule: (delayMs: number, run: () => void) => clock.schedule(delayMs, run),
  };
  rounds = new TickRounds(working, LIMITS, {
    items: () => items,
    serve: (item) => {
      served.push([item, clock.monotonicMs()]);
      servedAt.push([item, working.monotonicMs()]);
      spentMs += costMs;
    },
    onFatal: (error) => fatal.push(error),
  });
  rounds.start();
});
afterEach(() => {
  rounds.stop();
  expect(clock.pendingTimers).toBe(0);
});

test('one is served once a period', () => {
  items = [7];
  clock.advance(1600);
  expect(served).toEqual([
    [7, 500],
    [7, 1000],
    [7, 1500],
  ]);
});

test('many are spread over the period, and each turn serves its share', () => {
  items = Array.from({ length: 1500 }, (_, i) => i);
  clock.advance(1005);
  expect(served.map(([item]) => item)).toEqual(items);
  const turns = new Map<number, number>();
  for (const [, ms] of served) turns.set(ms, (turns.get(ms) ?? 0) + 1);
  expect(turns.size).toBeGreaterThanOrEqual(49);
  expect(Math.max(...turns.values())).toBeLessThanOrEqual(31);
});

/** How many each turn served, and the longest time between two turns of the same item. */
function measured(): { readonly perTurn: number; readonly gapMs: number } {
  const perTurn = new Map<number, number>();
  for (const [, ms] of served) perTurn.set(ms, (perTurn.get(ms) ?? 0) + 1);
  let gapMs = 0;
  for (const item of items) {
    const times = servedAt.filter(([one]) => one === item).map(([, ms]) => ms);
    for (let i = 1; i < times.length; i++) {
      gapMs = Math.max(gapMs, (times[i] ?? 0) - (times[i - 1] ?? 0));
    }
  }
  return { perTurn: Math.max(...perTurn.values()), gapMs };
}

test('a turn that lasts long ends, and the rest follows in the next', () => {
  items = Array.from({ length: 100 }, (_, i) => i);
  // A fifth of the period.
  costMs = 1;
  clock.advance(5000);
  expect(measured().perTurn).toBeLessThanOrEqual(8);
  expect(measured().gapMs).toBeLessThan(550);
});

test('where the work hardly fits, turns get longer, and the period stays', () => {
  items = Array.from({ length: 100 }, (_, i) => i);
  // Nine tenths of the period.
  costMs = 4.5;
  clock.advance(2000);
  expect(measured().perTurn).toBeGreaterThan(8);
  expect(measured().gapMs).toBeLessThan(1000);
});

test('those who come and go are served from the next round on', () => {
  clock.advance(1000);
  expect(served).toEqual([]);
  items = [1, 2];
  clock.advance(1000);
  items = [2];
  clock.advance(500);
  expect(served).toEqual([
    [1, 1500],
    [2, 1750],
    [1, 2000],
    [2, 2250],
    [2, 2500],
  ]);
});

test('turns go on without anyone to serve, and end with a bug', () => {
  clock.advance(2000);
  expect(rounds.turns).toBe(4);
  items = [1];
  rounds.stop();
  const broken = new TickRounds(clock, LIMITS, {
    items: () => items,
    serve: () => {
      throw new Error('a bug');
    },
    onFatal: (error) => fatal.push(error),
  });
  broken.start();
  clock.advance(2000);
  expect(fatal).toHaveLength(1);
});

test('a stop from within a turn is the end of it', () => {
  items = [1, 2];
  const stopping = new TickRounds(
    clock,
    { ...LIMITS, periodMs: 10 },
    {
      items: () => items,
      serve: (item) => {
        served.push([item, clock.monotonicMs()]);
        stopping.stop();
      },
      onFatal: (error) => fatal.push(error),
    },
  );
  stopping.start();
  clock.advance(300);
  expect(served).toEqual([[1, 10]]);
  expect(fatal).toEqual([]);
});
