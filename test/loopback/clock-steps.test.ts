/**
 * The machine's clock is set by an hour, forth and back, while the real logger records: neither order
 * nor staleness nor any duration changes, and the records tell which receive times to leave alone.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { UpdateItem } from '../../logger/queries/items.ts';
import type { CoverageResult } from '../../logger/queries/results.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { keptLog } from '../support/scripted-coinbase.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const BTC = 'binance:BTCUSDT';
const BTC_USD = 'coinbase:BTC-USD';
const HOUR_MS = 3_600_000;

let sandbox: Sandbox;
let logger: TestLogger | undefined;
/** By how much the machine's clock is off. */
let offMs: number;
let logged: string[];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 11, symbols: ['BTCUSDT'] });
  [offMs, logged] = [0, []];
});

afterEach(async () => {
  await logger?.discard();
  await sandbox.close();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<TestLogger> {
  const clock = createSystemClock({
    wallMs: () => Date.now() + offMs,
    monotonicMs: () => performance.now(),
  });
  logger = await startTestLogger(
    sandbox.venues.binance,
    {
      SECURITIES: `${BTC},${BTC_USD}`,
      COINBASE_WS_URL: sandbox.venues.coinbase.wsUrl,
      COINBASE_REST_URL: sandbox.venues.coinbase.restUrl,
      STALE_AFTER: '5',
      ...env,
    },
    { clock, limits: { maxBlockAgeMs: 400 }, log: keptLog(logged) },
  );
  const { summary } = logger;
  await until('two proven books', () => summary().live === 2);
  return logger;
}

/** Goes on for so long; nothing may become stale meanwhile. @returns where the book then stands. */
async function record({ control, summary }: TestLogger, ms: number): Promise<number> {
  for (let i = 0; i < ms / 50; i++) {
    await wait(50);
    expect(summary()).toMatchObject({ live: 2, gaps: 0 });
  }
  return Number(control.status(BTC)?.sequence);
}

async function diffs({ reader, control }: TestLogger): Promise<UpdateItem[]> {
  await control.flush(BTC);
  const found: UpdateItem[] = [];
  for await (const item of reader.updates({ security: BTC })) {
    if (item.type === 'update') found.push(item);
  }
  return found;
}

/** Those whose receive times the coverage says are bent. */
function bent(
  items: readonly UpdateItem[],
  { badReceiveTimes }: CoverageResult,
): Set<number | null> {
  const stretches = badReceiveTimes
    .filter(({ cause }) => cause === 'clock')
    .map(({ from, to }) => [parseTimeUs(from), parseTimeUs(to)] as const);
  const isBent = ({ receiveTimeUs }: UpdateItem): boolean =>
    stretches.some(([fromUs, toUs]) => fromUs <= receiveTimeUs && receiveTimeUs <= toUs);
  return new Set(items.filter(isBent).map(({ sequence }) => sequence));
}

/** Of many moments the book that the exchange had after what was received last. */
async function expectBooks({ reader }: TestLogger, items: readonly UpdateItem[]): Promise<void> {
  for (const [index, { receiveTimeUs, sequence }] of items.entries()) {
    if (index % 4 !== 0 || items[index + 1]?.receiveTimeUs === receiveTimeUs) continue;
    const position = { clock: 'receive', us: receiveTimeUs } as const;
    const book = await reader.bookAt({ security: BTC, position });
    const { bids, asks } = sandbox.bookAtSequence('BTCUSDT', sequence ?? 0)!;
    expect(book).toMatchObject({ state: 'proven', sequence: String(sequence), bids, asks });
  }
}

function expectInOrder(items: readonly UpdateItem[]): void {
  for (const [index, { receiveTimeUs }] of items.entries()) {
    const before = items[index - 1]?.receiveTimeUs ?? 0;
    expect(receiveTimeUs).toBeGreaterThanOrEqual(before);
  }
}

// Real time: a loaded machine may delay the beat that detects a clock step.
test(
  'an hour back and forth, forth and back: no gap, nothing stale, books of every moment',
  { retry: 2, timeout: 120_000 },
  async () => {
    const one = await start();
    const begun = await record(one, 700);
    offMs = -HOUR_MS;
    const setBack = await record(one, 1500);
    offMs = 0;
    const righted = await record(one, 700);
    offMs = HOUR_MS;
    const setForward = await record(one, 700);
    offMs = 0;
    const end = await record(one, 1500);

    const heard = (await diffs(one)).filter(({ sequence }) => (sequence ?? 0) <= end);
    expect(heard.length).toBeGreaterThan(30);
    expectInOrder(heard);
    await expectBooks(one, heard);
    for (const security of [BTC, BTC_USD]) {
      const { intervals, gaps, badReceiveTimes } = await one.reader.coverage({ security });
      expect([security, intervals.length, gaps]).toEqual([security, 1, []]);
      expect(badReceiveTimes.filter(({ cause }) => cause === 'clock').length).toBeGreaterThan(1);
    }
    expect((await one.reader.verify()).problems).toEqual([]);
    expect((await one.control.health()).uptime).toBeLessThan(600);

    const told = bent(heard, await one.reader.coverage({ security: BTC }));
    const between = (from: number, to: number): boolean[] =>
      heard
        .filter(({ sequence }) => sequence !== null && from < sequence && sequence <= to)
        .map(({ sequence }) => told.has(sequence));
    // It begins with the last beat before, and ends with the first after.
    expect(between(0, begun).slice(0, -3)).not.toContain(true);
    expect(between(begun, setBack)).not.toContain(false);
    // It is right again at once, or jumps at once.
    expect(between(setBack, righted).slice(3, -3)).not.toContain(true);
    expect(between(righted, setForward).slice(3, -3)).not.toContain(true);
    expect(between(setForward, end)).not.toContain(false);

    const steps = logged.filter((line) => line.startsWith("The machine's clock was set"));
    expect(steps).toHaveLength(4);
    expect(one.fatal).toEqual([]);
  },
);

test('a clock that was set back while no one recorded: receive times continue, and are reported', async () => {
  offMs = HOUR_MS;
  const first = await start();
  await record(first, 700);
  const { dataDirectory } = first;
  await first.stop();

  offMs = 0;
  const second = await start({ DATA_DIR: dataDirectory });
  const resumedAfter = (await diffs(second)).length;
  await until('more diffs', async () => (await diffs(second)).length > resumedAfter + 5);
  const heard = await diffs(second);
  expectInOrder(heard);
  const { intervals, gaps } = await second.reader.coverage({ security: BTC });
  expect(intervals).toHaveLength(2);
  expect(gaps.map(({ cause }) => cause)).toEqual(['restart']);
  const told = bent(heard, await second.reader.coverage({ security: BTC }));
  const resumedUs = parseTimeUs(intervals[1]?.from ?? '');
  const isLater = ({ receiveTimeUs }: UpdateItem): boolean => receiveTimeUs >= resumedUs;
  const later = heard.filter(isLater).map(({ sequence }) => told.has(sequence));
  expect(later.length).toBeGreaterThan(2);
  expect(later).not.toContain(false);
  expect(told.size).toBeLessThan(heard.length);
}, 120_000);
