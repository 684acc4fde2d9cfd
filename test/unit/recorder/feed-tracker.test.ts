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
    onDoubt: fail,
    onDead: fail,
    onGap: fail,
    onFatal: fail,
  });
  tracker.follow({
    aliveUntilUs: () => connectionUs,
    renew: fail,
    checkListing: () => undefined,
    close: () => undefined,
  });
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
  expect(tracker.aliveUntilUs).toBeNull();
});

test('does not advance with the connection: one of its streams may be dead', () => {
  live();
  connectionUs = 3000;
  expect(tracker.aliveUntilUs).toBe(1000);
});

test('stays where it was when the connection ends', () => {
  live();
  tracker.down();
  phase = 'stale';
  connectionUs = 9000;
  expect(tracker.aliveUntilUs).toBe(1000);
});

test('a new segment starts where its book was proven', () => {
  live();
  tracker.segmentEnded();
  tracker.segmentBegan(5000);
  expect(tracker.aliveUntilUs).toBe(5000);
});
