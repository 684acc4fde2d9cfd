/**
 * The real logger against a sandbox with random faults: no wrong book, no hidden gap, live again soon
 * after each fault. `SEED=…` replays the choice of faults, though not their timing.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { drawFault } from '../../sandbox/faults/random-faults.ts';
import type { RandomFault } from '../../sandbox/faults/random-faults.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { BINANCE } from '../../sandbox/venues/binance/venue.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { createLineLog } from '../../logger/service/line-log.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { BookResult, NoBookResult } from '../../logger/queries/results.ts';
import { scaled } from '../support/scaled.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { expectTrueBook } from '../support/true-book.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;
/** The first fault, so that even a short run has a gap. */
const CERTAIN_GAP: RandomFault = {
  fault: { type: 'drop-diffs', exchange: 'binance', symbol: SYMBOLS[0], count: 3 },
  lastsMs: 600,
};
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? scaled({ fast: 5, full: 25 }));
/**
 * The contract gives 3 s after a fault. Faults this dense use up the request budget, so a snapshot may
 * have to wait (one every 5 s), and a loaded machine adds to it.
 */
const LIVE_WITHIN_MS = 3000 + 10_000;

let sandbox: Sandbox | undefined;
let logger: TestLogger | undefined;

afterEach(async () => {
  await logger?.discard();
  await sandbox?.close();
  logger = sandbox = undefined;
});

function expectTrue(symbol: string, answer: BookResult | NoBookResult, told = ''): void {
  if (answer.state !== 'proven') return;
  expectTrueBook(answer, sandbox?.bookAtSequence(symbol, Number(answer.sequence)), told);
}

async function expectTrueHistory(one: TestLogger, symbol: string, random: SeededRandom) {
  const security = `binance:${symbol}`;
  await one.control.flush(security);
  const { intervals, gaps } = await one.reader.coverage({ security });
  expect(intervals).toHaveLength(gaps.length + 1);
  for (const [i, gap] of gaps.entries()) {
    expect(gap.from).toBe(intervals[i]?.to);
    expect(gap.to).toBe(intervals[i + 1]?.from);
  }
  const heard: { sequence: number; us: number }[] = [];
  for await (const item of one.reader.updates({ security })) {
    if (item.type !== 'gap')
      heard.push({ sequence: Number(item.sequence), us: item.receiveTimeUs });
  }
  for (const interval of intervals) {
    const [first, last] = [Number(interval.firstSequence), Number(interval.lastSequence)];
    const [fromUs, toUs] = [parseTimeUs(interval.from), parseTimeUs(interval.to)];
    for (let i = 0; i < 4; i++) {
      const sequence = random.integer(first, last);
      const us = random.integer(fromUs, toUs);
      const bySequence = await one.reader.bookAt({ security, position: { sequence } });
      const byTime = await one.reader.bookAt({ security, position: { clock: 'receive', us } });
      expect(bySequence.state).toBe('proven');
      expectTrue(symbol, bySequence);
      expectTrue(symbol, byTime);
      const expected = heard.findLast((event) => event.us <= us && event.sequence <= last);
      expect(byTime).toMatchObject({ sequence: String(expected?.sequence) });
    }
  }
  for (const gap of gaps) {
    const us = Math.floor((parseTimeUs(gap.from) + parseTimeUs(gap.to ?? '')) / 2);
    if (us <= parseTimeUs(gap.from)) continue;
    const inside = await one.reader.bookAt({ security, position: { clock: 'receive', us } });
    expect(inside).toMatchObject({ state: 'gap', gap: { from: gap.from, to: gap.to } });
  }
  return gaps.length;
}

const seed = testSeed();
test(`no fault of the exchange makes a wrong book or hides a gap, ${SECONDS} s (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  sandbox = await startSandbox({ seed, symbols: SYMBOLS });
  const securities = SYMBOLS.map((symbol) => `binance:${symbol}`);
  const lines: string[] = [];
  const log = createLineLog({
    level: 'debug',
    format: 'text',
    write: (line) => lines.push(line),
    nowUs: () => Date.now() * 1000,
  });
  const settings = { SECURITIES: securities.join(), STALE_AFTER: '1' };
  const one = (logger = await startTestLogger(sandbox.venues.binance, settings, { log }));
  const areLive = (): boolean =>
    securities.every((security) => one.control.status(security)?.state === 'live');
  await until('both live', areLive);

  const story: string[] = [];
  const told = (): string => `${story.slice(-3).join(', ')}\n${lines.slice(-30).join('')}`;
  const endMs = performance.now() + SECONDS * 1000;
  while (performance.now() < endMs) {
    const { fault, lastsMs } =
      story.length === 0 ? CERTAIN_GAP : drawFault(random, { venue: BINANCE, symbols: SYMBOLS });
    story.push(JSON.stringify(fault));
    sandbox.inject(fault);
    const calmMs = performance.now() + lastsMs + random.integer(200, 1500);
    while (performance.now() < calmMs) {
      for (const symbol of SYMBOLS) {
        expectTrue(symbol, one.control.bookNow(`binance:${symbol}`, undefined), told());
      }
      await wait(50);
    }
    await until(() => `live again after ${told()}`, areLive, LIVE_WITHIN_MS);
    if (random.chance(0.2)) await one.control.snapshot(['all']);
    if (random.chance(0.1)) await one.control.reset('binance');
  }
  let gaps = 0;
  for (const symbol of SYMBOLS) gaps += await expectTrueHistory(one, symbol, random);
  expect(gaps).toBeGreaterThan(0);
  expect((await one.reader.verify()).problems).toEqual([]);
  expect(one.fatal).toEqual([]);
}, 240_000);
