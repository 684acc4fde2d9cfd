import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_TOTALS } from '../../../logger/archive/archive.ts';
import type { Diff } from '../../../logger/market/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { securityFigures } from '../../../logger/recorder/security-figures.ts';
import type { Recording } from '../../../logger/recorder/recording.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import { LATENCY_BOUNDS_S, RecorderStats } from '../../../logger/recorder/recorder-stats.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');

function diff(latencyUs: number): Diff {
  const receiveTimeUs = 1_000_000_000;
  const exchangeTimeUs = receiveTimeUs - latencyUs;
  const sequences = { firstSequence: 1, lastSequence: 1 };
  return { type: 'diff', ...sequences, exchangeTimeUs, receiveTimeUs, bids: [], asks: [] };
}

test('a latency falls into the first bucket that it does not pass', () => {
  const stats = new RecorderStats(new ManualClock());
  // A clock behind the exchange's; on a bound; just above it; beyond all of them.
  for (const latencyUs of [-3000, 5000, 5001, 60_000_000]) {
    stats.onEvent({ type: 'unapplied', security: BTC.id, update: diff(latencyUs) });
  }
  const { bounds, counts, sum } = stats.latency;
  expect(bounds).toBe(LATENCY_BOUNDS_S);
  expect(counts).toEqual(Float64Array.of(2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  expect(sum).toBeCloseTo(60.010001, 9);
});

describe('a recorder in numbers', () => {
  let harness: RecorderHarness;
  let recording: Recording;
  let one: SecurityRecorder;

  beforeEach(async () => {
    harness = await RecorderHarness.open(BTC);
    ({ recording, one } = harness.recorder());
    await one.start();
    await harness.clock.advanceAsync(0);
  });

  afterEach(() => harness.close());

  /** A snapshot at the sequence that was received last, and the diff that follows it. */
  async function prove(sequence: number): Promise<void> {
    const { exchange, clock } = harness;
    const snapshot = snapshotAt(sequence, [1000, 5], [1010, 7]);
    exchange.answer({ ...snapshot, horizon: { bid: 750, ask: null } });
    await clock.advanceAsync(10);
    exchange.diff(sequence + 1, sequence + 2);
    await clock.advanceAsync(10);
    expect(one.phase).toBe('live');
  }

  test('before the first message', () => {
    expect(securityFigures(recording, NO_TOTALS)).toMatchObject({
      security: 'binance:BTCUSDT',
      exchange: 'binance',
      state: 'syncing',
      messages: 0,
      resyncs: 0,
      lastMessageUs: null,
      bidHorizonRatio: null,
      storedGaps: 0,
    });
  });

  test('counts messages, gaps by cause and the books after them', async () => {
    const { exchange, clock } = harness;
    exchange.up();
    exchange.diff(99, 100);
    await prove(100);
    exchange.trade(1);
    expect(securityFigures(recording, NO_TOTALS)).toMatchObject({
      state: 'live',
      messages: 3,
      resyncs: 0,
      lastMessageUs: clock.nowUs(),
      bidHorizonRatio: 0.25,
      askHorizonRatio: null,
    });
    exchange.diff(150, 151);
    expect(securityFigures(recording, { ...NO_TOTALS, gaps: 4 })).toMatchObject({
      state: 'syncing',
      bidHorizonRatio: null,
      gapsByCause: new Map([['sequence', 1]]),
      storedGaps: 5,
    });
    await prove(151);
    exchange.down();
    exchange.up();
    exchange.diff(300, 301);
    await prove(301);
    expect(securityFigures(recording, NO_TOTALS)).toMatchObject({
      resyncs: 2,
      gapsByCause: new Map([
        ['sequence', 1],
        ['connection', 1],
      ]),
    });
    expect(securityFigures(recording, NO_TOTALS).latency.counts[0]).toBe(6);
  });

  test('time between two processes is a gap of the later one', async () => {
    harness.exchange.up();
    harness.exchange.diff(99, 100);
    await prove(100);
    recording.close('restart');
    const { recording: nextRecording, one: next, queue } = harness.recorder();
    await queue.drained();
    await harness.clock.advanceAsync(10);
    await next.start();
    expect(securityFigures(nextRecording, NO_TOTALS).gapsByCause).toEqual(
      new Map([['restart', 1]]),
    );
    next.close('restart');
  });
});
