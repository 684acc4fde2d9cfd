/** A logger that records into MongoDB through a proxy, and checks on what arrived there. */

import { afterEach, expect } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import type { OpenedArchive } from '../../logger/library.ts';
import { openArchiveReader } from '../../logger/open-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import type { Log } from '../../logger/runtime/log.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import { startMongoStore } from '../support/mongo-store.ts';
import type { MongoStore } from '../support/mongo-store.ts';
import { plainDecimal } from '../support/naive-book.ts';
import type { RecordedSession } from '../support/recorded-session.ts';
import { startReplayServer } from '../support/replay-server.ts';
import type { ReplayOptions, ReplayServer } from '../support/replay-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { storedBlocks } from '../support/stored-blocks.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestExchange, TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

export const BTC = 'binance:BTCUSDT';
/** Small blocks, so that a recording played in seconds makes many records. */
const LIMITS = { maxBlockAgeMs: 200, maxBlockLevelChanges: 2000, maxBlockOrderEvents: 100 };
const ARRIVAL_TIMEOUT_MS = 90_000;
/** The driver may need this long to notice that a server has stopped answering. */
const OUTAGE_NOTICED_MS = 12_000;

/** Cleanup of the current test, run in reverse order after it. */
export const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

export async function makeStore(): Promise<MongoStore> {
  const store = await startMongoStore();
  undo.push(() => store.close());
  return store;
}

export async function replay(options: ReplayOptions): Promise<ReplayServer> {
  const server = await startReplayServer(options);
  undo.push(() => server.close());
  return server;
}

/** A logger in this process. The test fails if it would have died of something. */
export async function startLogger(
  exchange: TestExchange,
  env: Readonly<Record<string, string>>,
  log?: Log,
): Promise<TestLogger> {
  const logger = await startTestLogger(exchange, env, { limits: LIMITS, ...(log && { log }) });
  undo.push(async () => {
    await logger.discard();
    expect(logger.fatal).toEqual([]);
  });
  return logger;
}

/** Resolves when the logger has recorded up to a sequence. */
export async function recordedUpTo(
  logger: TestLogger,
  sequence: number,
  security = BTC,
): Promise<void> {
  const isThere = (): boolean => logger.control.status(security)?.sequence === String(sequence);
  await until(`sequence ${sequence}`, isThere, 60_000);
  await logger.control.flush(security);
}

/** Resolves when everything in the spool has been replicated. */
export async function spoolEmpty(logger: TestLogger): Promise<void> {
  const isEmpty = async (): Promise<boolean> =>
    (await logger.control.health()).archive.spoolBytes === 0;
  await until('an empty spool', isEmpty, 60_000);
}

export const reachable = async (logger: TestLogger): Promise<boolean> =>
  (await logger.control.health()).archive.reachable;

export async function untilUnreachable(logger: TestLogger): Promise<void> {
  await until('the outage', async () => !(await reachable(logger)), OUTAGE_NOTICED_MS);
}

/** With the store unreachable, an add does not wait for it, and neither does a shutdown for long. */
export async function expectNoDelay(mode: 'cut' | 'hang'): Promise<void> {
  const { uri, proxy } = await makeStore();
  const logger = await startLogger(await replay({ speed: 10 }), { MONGODB_ENDPOINT: uri });
  await until('the store', () => reachable(logger));
  proxy.mode = mode;
  await untilUnreachable(logger);
  const addedMs = performance.now();
  const [added] = await logger.control.add([BTC], true, AbortSignal.timeout(5_000));
  expect(added).toMatchObject({ ok: true, state: 'live' });
  expect(performance.now() - addedMs).toBeLessThan(5_000);
  const stoppedMs = performance.now();
  await logger.stop();
  // The logger gives up after 9 s; a process that has to be gone within 10 s needs the rest to end.
  expect(performance.now() - stoppedMs).toBeLessThan(10_000);
}

/** Seals the open block and resolves when the store has it. */
export async function replicated(logger: TestLogger, uri: string, security = BTC): Promise<void> {
  await logger.control.snapshot([security]);
  const last = logger.control.status(security)?.sequence;
  const reader = await readerOf(uri);
  const isThere = async (): Promise<boolean> => {
    const known = await reader.coverage({ security }).catch(() => undefined);
    return known?.intervals.at(-1)?.lastSequence === last;
  };
  await until('the last record in the database', isThere, ARRIVAL_TIMEOUT_MS);
}

export async function opened(uri: string): Promise<OpenedArchive> {
  const archive = await openArchive(uri);
  undo.push(() => archive.close());
  return archive;
}

export async function readerOf(uri: string): Promise<Reader> {
  const archive = await openArchiveReader(uri);
  undo.push(() => archive.close());
  return createReader(archive);
}

/** Gaps of the recording as the database alone tells them. */
export async function gapsIn(uri: string): Promise<readonly unknown[]> {
  return (await (await opened(uri)).coverage(BTC)).gaps;
}

type Rows = readonly (readonly [string, string])[];

export const plainRows = (rows: Rows = []): Rows =>
  rows.map(([price, size]) => [plainDecimal(price), plainDecimal(size)]);

interface WholeOptions {
  readonly minBlocks?: number;
  /** The logger began to record after the recording had started, so that early trades are missing. */
  readonly isLate?: boolean;
}

/**
 * The database alone holds the whole recording, each record once: diffs one by one, the number of
 * trades, and full books at random sequences.
 */
export async function expectWholeRecording(
  uri: string,
  session: RecordedSession,
  seed: number,
  { minBlocks = 10, isLate = false }: WholeOptions = {},
): Promise<void> {
  const archive = await opened(uri);
  const { intervals, gaps } = await archive.coverage(BTC);
  // An open gap only means that the recording has ended.
  expect(gaps.filter(({ to }) => to !== null)).toEqual([]);
  expect(intervals).toHaveLength(1);
  expect(intervals[0]?.lastSequence).toBe(String(session.lastSequence));
  const firstSequence = Number(intervals[0]?.firstSequence);
  const expected = session.diffs.filter((diff) => diff.lastSequence > firstSequence);
  let index = 0;
  for await (const diff of archive.diffs(BTC)) {
    if (diff.type !== 'diff') continue;
    const next = expected[index++];
    expect(diff.sequence).toBe(next?.lastSequence);
    expect([diff.bids, diff.asks]).toEqual([plainRows(next?.bids), plainRows(next?.asks)]);
  }
  expect(index).toBe(expected.length);
  let trades = 0;
  for await (const trade of archive.trades(BTC)) if (trade.type === 'trade') trades++;
  if (!isLate) expect(trades).toBe(session.trades.length);
  const random = seededRandom(seed);
  for (let i = 0; i < 10; i++) {
    const sequence = random.integer(firstSequence, session.lastSequence);
    const answer = await archive.bookAt(BTC, { sequence });
    if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
    const { bids, asks } = session.bookAt(sequence).rows();
    expect([answer.bids, answer.asks]).toEqual([bids, asks]);
  }
  const { count, overlaps } = await storedBlocks(uri, BTC);
  expect(count).toBeGreaterThan(minBlocks);
  expect(overlaps).toEqual([]);
  expect((await (await readerOf(uri)).verify()).problems).toEqual([]);
}
