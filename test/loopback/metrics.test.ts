/** The metrics of a whole logger that records from the sandbox. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const BTC = 'binance:BTCUSDT';
const ETH = 'binance:ETHUSDT';
let sandbox: Sandbox;
let logger: TestLogger;

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 5, symbols: ['BTCUSDT', 'ETHUSDT'], pace: 600 });
  logger = await startTestLogger(sandbox.venues.binance, {
    SECURITIES: `${BTC},${ETH}`,
    METRICS_PORT: '0',
  });
});

afterEach(async () => {
  await logger.discard();
  await sandbox.close();
  expect(logger.fatal).toEqual([]);
});

async function scrape(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${logger.metricsPort}/metrics`)).text();
}

function value(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? Number.NaN);
}

test('what a logger does shows in its metrics, and a removed security is gone from them', async () => {
  const of = (name: string, more = ''): string =>
    `orderbook_${name}{security="${BTC}",exchange="binance"${more}}`;
  const text = await until('a live book with some messages', async () => {
    const page = await scrape();
    const isLive = value(page, of('book_state', ',state="live"')) === 1;
    const isStored = value(page, of('stored_bytes')) > 0;
    const isTimed = value(page, of('message_latency_seconds_count')) > 5;
    const isFed = value(page, of('messages_total')) > 10;
    return isLive && isStored && isTimed && isFed ? page : undefined;
  });
  const nowS = Date.now() / 1000;
  expect(nowS - value(text, of('last_message_timestamp_seconds'))).toBeLessThan(60);
  expect(nowS - value(text, of('last_image_timestamp_seconds'))).toBeLessThan(60);
  expect(value(text, of('resyncs_total'))).toBe(0);
  expect(value(text, 'orderbook_exchange_connections{exchange="binance"}')).toBe(1);
  expect(
    value(text, 'orderbook_exchange_received_bytes_total{exchange="binance"}'),
  ).toBeGreaterThan(1000);
  expect(value(text, 'orderbook_archive_reachable')).toBe(1);
  expect(value(text, 'orderbook_disk_free_bytes')).toBeGreaterThan(0);
  expect(text).toContain(ETH);

  await logger.control.remove([ETH]);
  expect(await scrape()).not.toContain(ETH);
});
