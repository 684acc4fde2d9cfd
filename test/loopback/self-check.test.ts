/** The self-check of a real logger beside an exchange that lies in a way that no message shows. */

import { afterEach, expect, test } from 'vitest';
import { SANDBOX_KEY } from '../../sandbox/venues/coinbase/key.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { SecurityStatus } from '../../logger/status/security-status.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { expectTrueBook } from '../support/true-book.ts';
import { compareBooks } from '../../sandbox/demo/demo-check.ts';

const BINANCE = 'binance:BTCUSDT';
const COINBASE = 'coinbase:BTC-USD';
/** Images and snapshots in seconds instead of half hours. */
const LIMITS = { maxBlockAgeMs: 300, minSnapshotCheckPeriodMs: 300, snapshotCheckPauseMs: 100 };

let sandbox: Sandbox | undefined;
let logger: TestLogger | undefined;
const errors: string[] = [];

afterEach(async () => {
  expect(logger?.fatal ?? []).toEqual([]);
  await logger?.discard();
  await sandbox?.close();
  logger = sandbox = undefined;
  errors.length = 0;
});

async function start(): Promise<{ readonly exchange: Sandbox; readonly one: TestLogger }> {
  const exchange = (sandbox = await startSandbox({ seed: 5, symbols: ['BTCUSDT'], pace: 300 }));
  const nothing = (): void => undefined;
  const error = (message: string): void => void errors.push(message);
  const one = (logger = await startTestLogger(
    exchange.venues.binance,
    {
      COINBASE_WS_URL: exchange.venues.coinbase.wsUrl,
      COINBASE_REST_URL: exchange.venues.coinbase.restUrl,
      COINBASE_API_KEY: SANDBOX_KEY.key,
      COINBASE_API_SECRET: SANDBOX_KEY.secret,
      COINBASE_API_PASSPHRASE: SANDBOX_KEY.passphrase,
      SECURITIES: `${BINANCE},${COINBASE}`,
      BASE_IMAGE_INTERVAL: '1',
    },
    {
      limits: LIMITS,
      log: { error, warning: nothing, notice: nothing, info: nothing, debug: nothing },
    },
  ));
  return { exchange, one };
}

function status(one: TestLogger, security: string): SecurityStatus {
  const found = one.control.status(security);
  if (!found) throw new Error(`${security} is not recorded`);
  return found;
}

test('in calm every image and every snapshot shows the book in memory', async () => {
  const { one } = await start();
  const isChecked = (security: string): boolean => {
    const { images, snapshots } = status(one, security).selfCheck;
    return images >= 3 && snapshots >= 2;
  };
  await until(
    () => JSON.stringify([BINANCE, COINBASE].map((each) => status(one, each).selfCheck)),
    () => isChecked(BINANCE) && isChecked(COINBASE),
    30_000,
  );
  const { selfCheck } = await one.control.health();
  expect(selfCheck.mismatches).toBe(0);
  expect(errors).toEqual([]);
  for (const security of [BINANCE, COINBASE]) {
    expect((await one.reader.coverage({ security })).gaps).toEqual([]);
  }
});

test.each([
  [BINANCE, 'BTCUSDT'],
  [COINBASE, 'BTC-USD'],
])(
  'a wrong size in the feed of %s: found, told, given up and proven afresh',
  async (id, symbol) => {
    const { exchange, one } = await start();
    await until('a snapshot to agree', () => status(one, id).selfCheck.snapshots >= 1);
    // Until it is found: what a few of them changed may be gone before the next snapshot.
    exchange.inject({ type: 'false-diffs', symbol, count: 100_000 });
    await until('the mismatch', () => status(one, id).selfCheck.mismatches > 0, 30_000);
    expect(errors).toContain("The book is not the exchange's");
    exchange.inject({ type: 'recover' });
    // Lies that were under way may have been taken into the new segment, too.
    const isWell = async (): Promise<boolean> => {
      const book = one.control.bookNow(id);
      if (book.state !== 'proven') return false;
      const truth = exchange.bookAtSequence(symbol, Number(book.sequence));
      return truth !== undefined && compareBooks(book, truth).difference === null;
    };
    await until('the true book', isWell, 30_000);
    await one.control.flush(id);
    const { gaps, intervals } = await one.reader.coverage({ security: id });
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps).toContainEqual(expect.objectContaining({ cause: 'other' }));
    expect(intervals).toHaveLength(gaps.length + 1);
    // Nothing that is still claimed was wrong.
    for (const { lastSequence } of intervals.slice(0, 1)) {
      const sequence = Number(lastSequence);
      const stored = await one.reader.bookAt({ security: id, position: { sequence } });
      if (stored.state !== 'proven') throw new Error(`No book at ${sequence}`);
      expectTrueBook(stored, exchange.bookAtSequence(symbol, sequence));
    }
  },
  180_000,
);
