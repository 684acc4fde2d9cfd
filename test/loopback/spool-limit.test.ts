/** A logger whose database is away for longer than its spool has room. */

import { afterEach, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { LogBook } from '../manager/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const BTC = 'binance:BTCUSDT';
const COUNTED = `orderbook_gaps_total{security="${BTC}",exchange="binance",cause="spool"}`;
/** An image of this book and some blocks. */
/** Of a busy machine. */
const PATIENCE_MS = 120_000;
const LIMIT_BYTES = 96 * 1024;

let sandbox: Sandbox | undefined;
let logger: TestLogger | undefined;

afterEach(async () => {
  await logger?.discard();
  await sandbox?.close();
});

test('the spool stays within its limit, and what it gives up is a gap that is counted', async () => {
  sandbox = await startSandbox({ seed: 5, symbols: ['BTCUSDT'], pace: 600 });
  const log = new LogBook();
  const away = `127.0.0.1:${await freePort()}`;
  logger = await startTestLogger(
    sandbox.venues.binance,
    { SECURITIES: BTC, METRICS_PORT: '0', MONGODB_ENDPOINT: away },
    { limits: { maxBlockAgeMs: 200 }, log },
    { spoolMaxBytes: LIMIT_BYTES },
  );
  const { metricsPort, control, fatal } = logger;
  const counted = async (): Promise<number> => {
    const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const line = page.split('\n').find((one) => one.startsWith(COUNTED));
    return Number(line?.slice(COUNTED.length));
  };
  expect(await counted()).toBe(0);
  const waiting = async (): Promise<number> => (await control.health()).archive.spoolBytes;
  await until(
    'twice as much as there is room for',
    async () => {
      await control.snapshot([BTC]);
      return (await waiting()) > 2 * LIMIT_BYTES;
    },
    PATIENCE_MS,
  );
  await until('something to be given up', async () => (await counted()) > 0);
  await until('the rest to fit', async () => (await waiting()) <= LIMIT_BYTES);
  const told = log.lines.filter(({ message }) => message.startsWith('The spool is full'));
  expect(told).toHaveLength(await counted());
  expect(fatal).toEqual([]);
}, 120_000);
