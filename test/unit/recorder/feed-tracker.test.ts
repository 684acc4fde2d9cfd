/** The last moment at which a book was known to be the exchange's. */

import { beforeEach, expect, test } from 'vitest';
import type { RecorderPhase } from '../../../logger/live/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { FeedTracker } from '../../../logger/recorder/proof/feed-tracker.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { silentLog } from '../../support/silent-log.ts';

let clock: ManualClock;
let phase: RecorderPhase;
let connectionUs: number | null;
let tracker: FeedTracker;

function fail(error: unknown): never {
  throw error;
}

beforeEach(() => {
  clock = new ManualClock();
  phase = 'syncing';
  connectionUs = null;
  tracker = new FeedTracker({
    security: securityOf('binance', 'BTCUSDT'),
    exchange: new ScriptedExchange(clock),
    phase: () => phase,
    segment: () => undefined,
    clock,
    log: silentLog,
    limits: DEFAULT_LIMITS,
    signal: new AbortController().signal,
    onContinuous: fail,
    onGap: fail,
    onFatal: fail,
  });
  tracker.follow({ aliveUntilUs: () => connectionUs, close: () => undefined });
});

/** A book that was proven at 1000. */
function live(): void {
  tracker.up();
  tracker.segmentBegan(1000);
  phase = 'live';
}

test('is unknown before a book is proven, however alive the connection is', () => {
  tracker.up();
  connectionUs = 500;
  expect(tracker.refresh()).toBeNull();
});

test('advances with the connection while live, and never goes back', () => {
  live();
  connectionUs = 3000;
  expect(tracker.refresh()).toBe(3000);
  connectionUs = 2000;
  expect(tracker.refresh()).toBe(3000);
});

test('stays where the connection ended, until the book is known to continue', () => {
  live();
  tracker.down(4000);
  phase = 'stale';
  connectionUs = 9000;
  expect(tracker.refresh()).toBe(4000);
  expect(tracker.closingUs()).toBe(4000);
  phase = 'live';
  expect(tracker.refresh()).toBe(9000);
});

test('a segment that is closed while live is claimed up to now', () => {
  live();
  expect(tracker.closingUs()).toBe(clock.nowUs());
});

test('a new segment starts where its book was proven', () => {
  live();
  connectionUs = 9000;
  tracker.refresh();
  tracker.segmentEnded();
  tracker.segmentBegan(5000);
  expect(tracker.aliveUntilUs).toBe(5000);
});
