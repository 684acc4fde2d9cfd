/**
 * The real process killed at random moments: at most one second is lost, every stored book is right, and
 * the time until the next start is a declared gap.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { scaled } from '../support/scaled.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { expectTrueBook } from '../support/true-book.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const KILLS = scaled({ fast: 2, full: 8 });
/** The guarantee. The journal is written twice a second. */
const MAX_LOSS_US = 1_000_000;
/** An overloaded machine may delay the journal; a logger that loses more fails each time. */
const REAL_TIME = { timeout: 120_000, retry: 2 };

let sandbox: Sandbox;
let directory: string;
let logger: LoggerProcess | undefined;

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7, symbols: SYMBOLS });
  directory = mkdtempSync(join(tmpdir(), 'orderbook-crash-'));
});

afterEach(async () => {
  if (logger && logger.child.exitCode === null) await logger.end('SIGKILL');
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(): LoggerProcess {
  logger = spawnLogger({
    BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
    BINANCE_REST_URL: sandbox.venues.binance.restUrl,
    ORDERBOOK_UPDATEFREQUENCY: '100',
    SECURITIES: SYMBOLS.map((symbol) => `binance:${symbol}`).join(),
    DATA_DIR: directory,
    MANAGER_PORT: '0',
    MANAGER_AUTHKEY: TEST_KEY,
  });
  return logger;
}

async function withReader<T>(read: (reader: Reader) => Promise<T>): Promise<T> {
  const archive = await openEmbeddedArchive({ directory, readOnly: true });
  try {
    return await read(createReader(archive));
  } finally {
    await archive.close();
  }
}

/** Resolves when each security has so many segments. */
async function awaitIntervals(count: number): Promise<void> {
  await withReader((reader) =>
    until(`interval ${count}`, async () => {
      for (const symbol of SYMBOLS) {
        const { intervals } = await reader.coverage({ security: `binance:${symbol}` });
        if (intervals.length < count) return false;
      }
      return true;
    }),
  );
}

async function expectTrue(reader: Reader, symbol: string, sequence: number): Promise<void> {
  const security = `binance:${symbol}`;
  const answer = await reader.bookAt({ security, position: { sequence } });
  if (answer.state !== 'proven') throw new Error(`No book of ${symbol} at ${sequence}`);
  expectTrueBook(answer, sandbox.bookAtSequence(symbol, sequence));
}

const seed = testSeed();
test(`killed ${KILLS} times at random moments (seed ${seed})`, REAL_TIME, async () => {
  const random = seededRandom(seed);
  for (let kill = 1; kill <= KILLS; kill++) {
    const running = start();
    await running.ready();
    await awaitIntervals(kill);
    // The moment of the kill is random; there is no condition to wait for.
    await wait(random.integer(0, 1500));
    const killedUs = Date.now() * 1000;
    await running.end('SIGKILL');

    await withReader(async (reader) => {
      for (const symbol of SYMBOLS) {
        const { intervals } = await reader.coverage({ security: `binance:${symbol}` });
        const last = intervals.at(-1);
        expect(intervals).toHaveLength(kill);
        expect(killedUs - parseTimeUs(last?.to ?? '')).toBeLessThan(MAX_LOSS_US);
        const [from, to] = [Number(last?.firstSequence), Number(last?.lastSequence)];
        for (const sequence of [from, random.integer(from, to), to]) {
          await expectTrue(reader, symbol, sequence);
        }
      }
      expect((await reader.verify()).problems).toEqual([]);
    });
  }

  await start().ready();
  await awaitIntervals(KILLS + 1);
  await withReader(async (reader) => {
    for (const symbol of SYMBOLS) {
      const { intervals, gaps } = await reader.coverage({ security: `binance:${symbol}` });
      expect(gaps.map(({ cause }) => cause)).toEqual(Array(KILLS).fill('restart'));
      for (const [i, gap] of gaps.entries()) {
        expect(gap.from).toBe(intervals[i]?.to);
        expect(gap.to).toBe(intervals[i + 1]?.from);
      }
    }
    expect((await reader.verify()).problems).toEqual([]);
  });
});
