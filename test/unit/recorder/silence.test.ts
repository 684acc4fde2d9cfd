/** Silence on a living connection: quiet or dead is found out from the exchange. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectionRule } from '../../../logger/exchange/connection-rule.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { LivenessRounds } from '../../../logger/recorder/proof/liveness-rounds.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { WriteQueue } from '../../../logger/recorder/write-queue.ts';
import type { Exchange } from '../../../logger/exchange/exchange.ts';
import { SCALE, snapshotAt } from '../../support/scripted-exchange.ts';
import { silentLog } from '../../support/silent-log.ts';
import { RecorderHarness } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');
const LEVEL2: Pick<Exchange, 'name' | 'level' | 'feed' | 'proof' | 'rule'> = {
  name: 'coinbase',
  level: 'L2',
  feed: 'level2_batch',
  proof: 'connection',
  rule: connectionRule,
};
/** The best prices of the harness' book, and others. */
const BEST = { scale: SCALE, bid: [1001, 3], ask: [1010, 7] } as const;
const OTHER = { ...BEST, bid: [1002, 3] } as const;

let harness: RecorderHarness;
let one: SecurityRecorder;
let queue: WriteQueue;
let rounds: LivenessRounds;

async function start(kind?: Parameters<typeof RecorderHarness.open>[1]): Promise<void> {
  harness = await RecorderHarness.open(kind ? securityOf('coinbase', 'BTC-USD') : BTC, kind);
  ({ one, queue } = harness.recorder());
  rounds = new LivenessRounds({
    recorders: () => [one],
    clock: harness.clock,
    limits: DEFAULT_LIMITS,
    log: silentLog,
    onFatal: (error) => void harness.fatal.push(error),
  });
  rounds.start();
}

afterEach(async () => {
  rounds.stop();
  await queue.drained();
  await harness.close();
});

/** Time passes with pongs and the recorder's regular work. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 250) {
    harness.exchange.alive();
    await harness.clock.advanceAsync(250);
    one.tick();
  }
}

describe('a silent security with sequences', () => {
  beforeEach(async () => {
    await start();
    await harness.proveBook(one);
  });

  test('at its own sequence is quiet: live throughout, and proven up to each answer', async () => {
    harness.exchange.probeAnswer = { ...BEST, sequence: 102 };
    const states = new Set<string>();
    for (let i = 0; i < 480; i++) {
      await pass(250);
      states.add(one.phase);
    }
    expect([...states]).toEqual(['live']);
    expect(harness.exchange.probes.length).toBeLessThan(10);
    const agoUs = harness.clock.nowUs() - (one.liveness.aliveUntilUs ?? 0);
    expect(agoUs).toBeLessThan((DEFAULT_LIMITS.maxSilenceMs + 1000) * 1000);
    one.close('restart');
    expect(one.openGap?.fromUs).toBe(one.liveness.aliveUntilUs);
  });

  test('with an exchange that moves on is dead: a gap from the last evidence, streams renewed', async () => {
    const lastUs = one.segment?.receiveTimeUs;
    harness.exchange.probeAnswer = { ...OTHER, sequence: 500 };
    await pass(3500);
    expect(one.phase).toBe('stale');
    expect(one.message).toContain('The exchange is at 500, the book at 102, and nothing comes in');
    expect(one.currentGap).toMatchObject({ fromUs: lastUs, cause: 'connection' });
    expect(harness.exchange.renewals).toEqual([]);
    await pass(DEFAULT_LIMITS.deadAfterMs + 500);
    expect(one.phase).toBe('syncing');
    expect(one.openGap).toMatchObject({ fromUs: lastUs, cause: 'connection', firstMissing: 103 });
    expect(harness.exchange.renewals).toEqual(['streams']);
  });

  test('without a sequence to ask for, but with other best prices, is dead', async () => {
    harness.exchange.probeAnswer = { ...BEST, sequence: null };
    await pass(10_000);
    expect(one.phase).toBe('live');
    const lastUs = one.liveness.aliveUntilUs;
    harness.exchange.probeAnswer = { ...OTHER, sequence: null };
    await pass(30_000);
    expect(one.openGap).toMatchObject({ fromUs: lastUs, cause: 'connection' });
    expect(harness.exchange.renewals[0]).toBe('streams');
  });

  test('ahead, and then it comes in after all: no gap', async () => {
    harness.exchange.probeAnswer = { ...OTHER, sequence: 103 };
    await pass(3500);
    expect(one.phase).toBe('stale');
    harness.exchange.diff(103, 103);
    expect(one.phase).toBe('live');
    expect(harness.exchange.renewals).toEqual([]);
    expect(one.openGap).toBeNull();
  });

  test('without an answer is not live, and claims nothing', async () => {
    const lastUs = one.segment?.receiveTimeUs;
    await pass(DEFAULT_LIMITS.minSilenceMs + DEFAULT_LIMITS.answerWithinMs + 1000);
    expect(one.phase).toBe('stale');
    expect(one.message).toMatch(/no answer .* since 20/);
    const { currentGap } = one;
    one.close('removed');
    expect(one.openGap).toEqual(currentGap);
    expect(one.openGap).toMatchObject({ fromUs: lastUs, cause: 'connection' });
  });

  test('quiet after a while without answers: live again without a gap', async () => {
    await pass(8000);
    expect(one.phase).toBe('stale');
    harness.exchange.probeAnswer = { ...BEST, sequence: 102 };
    await pass(DEFAULT_LIMITS.probeRetryMs + 500);
    expect(one.phase).toBe('live');
    expect(one.openGap).toBeNull();
  });

  test('not listed any more: a gap from the last evidence, with another cause', async () => {
    const lastUs = one.segment?.receiveTimeUs;
    harness.exchange.probeAnswer = 'unlisted';
    await pass(3500);
    expect(one.openGap).toMatchObject({ fromUs: lastUs, cause: 'other' });
  });

  test('trades do not hide it', async () => {
    harness.exchange.probeAnswer = { ...OTHER, sequence: 500 };
    for (let i = 0; i < 14; i++) {
      harness.exchange.trade(i + 1);
      await pass(250);
    }
    expect(one.phase).toBe('stale');
  });

  test('a book that moves is never asked about', async () => {
    for (let i = 0; i < 100; i++) {
      harness.exchange.diff(103 + i, 103 + i);
      await pass(250);
    }
    expect(harness.exchange.probes).toEqual([]);
  });
});

describe('a security that was just added', () => {
  async function startQuiet(): Promise<void> {
    await start();
    await one.start();
    await harness.clock.advanceAsync(0);
    harness.exchange.up();
  }

  test('is live without a first update: two snapshots with one sequence prove it', async () => {
    await startQuiet();
    harness.exchange.probeAnswer = { ...BEST, sequence: 100 };
    harness.exchange.answer(snapshotAt(100, [1001, 3], [1010, 7]));
    await pass(DEFAULT_LIMITS.firstUpdateWaitMs + DEFAULT_LIMITS.deadAfterMs + 500);
    expect(one.phase).toBe('live');
    expect(one.segment?.sequence).toBe(100);
    harness.exchange.diff(101, 103);
    expect(one.segment?.sequence).toBe(103);
  });

  test('whose stream brings nothing while the exchange moves on: renewed, then the connection', async () => {
    await startQuiet();
    harness.exchange.probeAnswer = { ...OTHER, sequence: 200 };
    for (let i = 0; i < 4; i++) harness.exchange.answer(snapshotAt(100, [1001, 3], [1010, 7]));
    await pass(4000);
    expect(one.message).toContain('The exchange is at 200, and nothing comes in');
    await pass(2000);
    expect(harness.exchange.renewals).toEqual(['streams']);
    await pass(6000);
    expect(harness.exchange.renewals).toEqual(['streams', 'connection']);
  });
});

describe('a silent security without sequences', () => {
  const SYMBOL = 'BTC-USD';

  beforeEach(async () => {
    await start(LEVEL2);
    await one.start();
    await harness.clock.advanceAsync(0);
    harness.exchange.up(SYMBOL);
    const snapshot = { ...snapshotAt(1, [1001, 3], [1010, 7]), exchangeTimeUs: 1 };
    harness.exchange.answer({ ...snapshot, receiveTimeUs: harness.clock.nowUs() });
    await harness.clock.advanceAsync(DEFAULT_LIMITS.firstUpdateWaitMs);
    expect(one.phase).toBe('live');
  });

  test('whose best prices agree is proven by them, and by heartbeats that stand still', async () => {
    harness.exchange.probeAnswer = { ...BEST, sequence: 900 };
    await pass(3500);
    expect(harness.exchange.probes).toHaveLength(1);
    for (let i = 0; i < 60; i++) {
      harness.exchange.heartbeat(900, SYMBOL);
      await pass(1000);
    }
    expect(harness.exchange.probes).toHaveLength(1);
    expect(one.phase).toBe('live');
    const agoUs = harness.clock.nowUs() - (one.liveness.aliveUntilUs ?? 0);
    expect(agoUs).toBeLessThanOrEqual(1_000_000);
  });

  test('heartbeats alone prove nothing', async () => {
    for (let i = 0; i < 6; i++) {
      harness.exchange.heartbeat(900 + i, SYMBOL);
      await pass(1000);
    }
    expect(one.phase).toBe('stale');
  });

  test('whose best prices differ twice is dead', async () => {
    const lastUs = one.liveness.aliveUntilUs;
    harness.exchange.probeAnswer = { ...OTHER, sequence: 900 };
    await pass(3500);
    expect(one.phase).toBe('stale');
    await pass(DEFAULT_LIMITS.deadAfterMs + 500);
    expect(one.openGap).toMatchObject({ fromUs: lastUs, cause: 'connection', firstMissing: null });
  });

  test('that loses its connection in doubt begins a new segment', async () => {
    await pass(6000);
    expect(one.phase).toBe('stale');
    harness.exchange.down(SYMBOL);
    expect(one.segment).toBeUndefined();
    expect(one.openGap).toMatchObject({ cause: 'connection' });
  });
});

test('many silent securities are asked about in one request, and a few for their sequence', async () => {
  await start();
  await harness.proveBook(one);
  rounds.stop();
  const { exchange, clock } = harness;
  exchange.probesInBatches = true;
  exchange.probeAnswer = { ...BEST, sequence: 102 };
  const { segment } = one;
  const asked: string[] = [];
  const recorders = Array.from({ length: 1000 }, (_, i) => ({
    security: { symbol: `S${i}` },
    exchange,
    segment,
    liveness: {
      aliveUntilUs: i,
      question: i < 500 ? ('due' as const) : ('near' as const),
      answer: (_asked: unknown, _probe: unknown, depth: 'prices' | 'sequence') => {
        asked.push(depth);
        return i % 2 === 0 && depth === 'prices' ? ('suspect' as const) : ('settled' as const);
      },
    },
  }));
  const { maxProbesPerRound, probePauseMs } = DEFAULT_LIMITS;
  const onFatal = (error: unknown): void => void harness.fatal.push(error);
  rounds = new LivenessRounds({
    recorders: () => recorders,
    clock,
    limits: DEFAULT_LIMITS,
    log: silentLog,
    onFatal,
  });
  rounds.start();
  await clock.advanceAsync(probePauseMs);
  expect(exchange.probes.map(([symbols, depth]) => [symbols.split(',').length, depth])).toEqual([
    [1000, 'prices'],
    [maxProbesPerRound, 'sequence'],
  ]);
  // Those that were proven longest ago.
  expect(exchange.probes[1]?.[0]).toBe('S0,S2,S4,S6,S8,S10');
  await clock.advanceAsync(60_000 - probePauseMs, 250);
  // Weight 4 for the prices and 5 for each sequence: a third of what may be spent in a minute.
  const rounded = exchange.probes.filter(([, depth]) => depth === 'prices').length;
  expect(rounded * (4 + 5 * maxProbesPerRound)).toBeLessThan(3000 * 0.4);
});
