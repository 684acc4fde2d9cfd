/** A real logger that keeps candles is killed between `early` and `final`: after its next start each is there, as the trades say. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ArchiveReader } from '../../logger/archive/archive.ts';
import type { CandleEntry } from '../../logger/archive/candle-store.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { expectKeptAsStored } from '../unit/series/kept-as-stored.ts';
import { tradesOf } from '../unit/series/simulated-recording.ts';

const SECURITIES = ['binance:BTCUSDT', 'binance:ETHUSDT'];
const MINUTE_MS = 60_000;
/** Within it are two boundaries, whenever it begins. */
const BOUNDARIES_LIMIT_MS = 2 * MINUTE_MS;
const BEFORE_BOUNDARY_MS = 2_000;
const SILENCE_MS = 2 * BEFORE_BOUNDARY_MS + 1_000;

/** Minutes are real ones: there is no faster way for a real process. */
test('killed between early and final', { timeout: 8 * MINUTE_MS }, async () => {
  const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT', 'ETHUSDT'] });
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-candles-'));
  let logger: LoggerProcess | undefined;
  const start = async (): Promise<ArchiveReader> => {
    logger = spawnLogger({
      BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
      BINANCE_REST_URL: sandbox.venues.binance.restUrl,
      SECURITIES: SECURITIES.join(),
      CANDLES: '1m,5m',
      DATA_DIR: directory,
      MANAGER_PORT: '0',
      MANAGER_AUTHKEY: TEST_KEY,
    });
    await logger.ready();
    return openEmbeddedArchive({ directory, readOnly: true });
  };
  const kept = async (archive: ArchiveReader): Promise<readonly CandleEntry[][]> => {
    const range = { fromUs: 0, toUs: Infinity };
    return Promise.all(
      SECURITIES.map(async (security) => [
        ...(await archive.candles.between({ security, timeframe: '1m', source: 'trades' }, range)),
      ]),
    );
  };
  const isEarly = (entry: CandleEntry): boolean =>
    entry.type === 'candle' && entry.state === 'early';
  const over = (entries: readonly CandleEntry[]): number =>
    entries.filter((entry) => !isEarly(entry)).length;
  try {
    const first = await start();
    const isAnyEarly = async (): Promise<boolean> => {
      // The first message after a boundary may settle its candles before they are published as early.
      const isNear = Date.now() % MINUTE_MS > MINUTE_MS - BEFORE_BOUNDARY_MS;
      if (isNear) sandbox.inject({ type: 'silence', durationMs: SILENCE_MS });
      return (await kept(first)).some((entries) => entries.some(isEarly));
    };
    const printed = (): string => `an early candle; the logger printed ${logger?.output()}`;
    await until(printed, isAnyEarly, BOUNDARIES_LIMIT_MS);
    sandbox.inject({ type: 'silence', durationMs: 0 });
    await logger?.end('SIGKILL');
    const before = await kept(first);
    await first.close();
    expect(before.flat().some(isEarly)).toBe(true);

    const second = await start();
    const isCaughtUp = async (): Promise<boolean> =>
      (await kept(second)).every((entries) => over(entries) >= 2);
    await until('the candles of before and after the kill', isCaughtUp, 2 * BOUNDARIES_LIMIT_MS);
    await logger?.end('SIGTERM');
    await second.close();

    const archive = await openEmbeddedArchive({ directory, readOnly: true });
    const reader = createReader(tradesOf(archive), { hasConsecutiveTradeIds: () => true });
    for (const security of SECURITIES) {
      await expectKeptAsStored(archive, reader, ['1m', '5m'], Date.now() * 1000, security);
    }
    await archive.close();
    expect(logger?.output()).not.toMatch(/could not be/);
  } finally {
    if (logger && logger.child.exitCode === null) await logger.end('SIGKILL');
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
