/**
 * The real logger, its CLI and the sandbox over HTTP: a fetch of an exchange's history that is killed goes on where
 * it stopped, obeys what the exchange asks for, and ends with what the exchange has.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CandleSums } from '../../logger/candles/candle.ts';
import { candleTexts } from '../../logger/candles/exchange-candle.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import { pastTrades, wasDown } from '../../sandbox/market/past-trades.ts';
import { profileOf } from '../../sandbox/market/symbols.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { cli } from '../manager/fixture.ts';
import type { CliRun } from '../manager/fixture.ts';
import { freshDatabase, uriOf } from '../support/mongodb.ts';
import { mongodb, needs } from '../support/requirements.ts';
import { freePort } from '../support/free-port.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'binance:BTCUSDT';
const MINUTE_US = 60_000_000;
const SCALE = { priceExponent: 8, sizeExponent: 8 };

/** Stands before the exchange's REST API, and has a rule for the n-th request for candles. */
class Front {
  readonly asked: { readonly url: URL; readonly atMs: number }[] = [];
  rules: (n: number) => 'pass' | 'slow-down' | 'hold' = () => 'pass';
  readonly #server: Server;
  readonly #restUrl: string;

  constructor(restUrl: string) {
    this.#restUrl = restUrl;
    this.#server = createServer((request, response) => {
      void this.#answer(new URL(request.url ?? '/', restUrl), response);
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(url: URL, response: ServerResponse): Promise<void> {
    if (url.pathname === '/api/v3/klines') {
      this.asked.push({ url, atMs: performance.now() });
      const rule = this.rules(this.asked.length);
      if (rule === 'hold') return;
      if (rule === 'slow-down') {
        response.writeHead(429, { 'retry-after': '1' }).end('{"code":-1003,"msg":"Too many"}');
        return;
      }
    }
    const { status, body } = await get(`${this.#restUrl}${url.pathname}${url.search}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }
}

async function get(url: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.text() };
}

let sandbox: Sandbox;
let front: Front;
let directory: string;
let logger: LoggerProcess | undefined;
let port: number;

beforeEach(async () => {
  sandbox = await startSandbox({ symbols: ['BTCUSDT'], pace: 20 });
  front = new Front(sandbox.venues.binance.restUrl);
  await front.open();
  directory = mkdtempSync(join(tmpdir(), 'orderbook-candles-'));
});

afterEach(async () => {
  if (logger && logger.child.exitCode === null) await logger.end('SIGKILL');
  front.close();
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  port = await freePort();
  logger = spawnLogger({
    BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
    BINANCE_REST_URL: front.url,
    SECURITIES: SECURITY,
    DATA_DIR: directory,
    MANAGER_PORT: String(port),
    MANAGER_AUTHKEY: TEST_KEY,
    ...settings,
  });
  await logger.ready();
}

function manager(line: string, options: Parameters<typeof cli>[1] = {}): Promise<CliRun> {
  return cli(line.split(' '), { port, env: { MANAGER_AUTHKEY: TEST_KEY }, ...options });
}

/** What the exchange has of a minute; null: it has no row. */
function truth(fromUs: number): Record<string, unknown> | null {
  const minute = fromUs / MINUTE_US;
  if (wasDown(minute)) return null;
  const sums = new CandleSums('time', SCALE);
  for (const trade of pastTrades(profileOf('BTCUSDT'), minute)) {
    sums.add({ ...trade, side: trade.takerSide, exchangeTimeUs: trade.timeUs, scale: SCALE });
  }
  const { open, high, low, close, volume, quoteVolume, buyVolume } = candleTexts(sums.values());
  const { trades } = sums.values();
  return { open, high, low, close, volume, quoteVolume, buyVolume, trades };
}

test('a fetch that is killed goes on', { timeout: 180_000 }, async () => {
  await start();
  // Eight days, so that the exchange was down once.
  const toUs = Math.floor((Date.now() * 1000) / 3_600_000_000) * 3_600_000_000;
  const fromUs = toUs - 8 * 1440 * MINUTE_US;
  const iso = (us: number): string => new Date(us / 1000).toISOString();
  const range = `--from ${iso(fromUs)} --to ${iso(toUs)}`;
  const fetch = `candles fetch ${SECURITY} --timeframe 1m ${range}`;

  // The second request is asked to slow down, the fifth has no answer until the logger is dead.
  front.rules = (n) => (n === 2 ? 'slow-down' : n === 5 ? 'hold' : 'pass');
  const first = manager(fetch, { isTerminal: true });
  await until('the fetch to hang', () => front.asked.length === 5);
  await logger?.end('SIGKILL');
  const killed = await first;
  expect(killed.code).not.toBe(0);
  expect(killed.stderr).toContain('BTCUSDT 1m to');
  const [, slowedMs = 0, nextMs = 0] = front.asked.map(({ atMs }) => atMs);
  expect(nextMs - slowedMs).toBeGreaterThanOrEqual(1000);

  front.rules = () => 'pass';
  await start();
  const run = await manager(`${fetch} --json`);
  expect([run.stderr, run.code]).toEqual(['', 0]);
  const { stored, present, missing, gaps } = run.json;
  expect(stored + present + missing).toBe(8 * 1440);
  expect([missing, gaps.length]).toEqual([10, 1]);
  // Three pages were stored; the one that was under way is asked for again, and nothing else.
  expect(present + missing).toBeGreaterThanOrEqual(3000);
  const begins = front.asked.map(({ url }) => url.searchParams.get('startTime'));
  const again = begins.filter((begin, i) => begins.indexOf(begin) < i);
  expect(begins).toHaveLength(12 + 2);
  expect(again).toEqual([begins[1], begins[4]]);

  const repeated = await manager(`${fetch} --json`);
  expect(repeated.json).toMatchObject({ stored: 0, present: stored + present, missing: 10 });
  expect(front.asked).toHaveLength(12 + 2);

  // Every one is what the exchange has, and there is none twice; also without the logger.
  const shown = `candles ${SECURITY} --timeframe 1m --source exchange ${range} --json`;
  await logger?.end('SIGTERM');
  const archive = await cli([...shown.split(' '), '--archive', directory]);
  expect(archive.code).toBe(5);
  const rows = archive.json as Record<string, unknown>[];
  const candles = rows.filter((row) => !('gap' in row));
  expect(rows).toHaveLength(stored + present + 1);
  const times = candles.map((row) => parseTimeUs(String(row['from'])));
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  for (const [i, us] of times.entries()) {
    expect(candles[i]).toMatchObject({ ...truth(us), state: 'final', source: 'exchange' });
  }
});

test(
  'what was fetched is in MongoDB, where that is the archive',
  { timeout: 180_000, ...needs(mongodb) },
  async () => {
    const database = freshDatabase();
    await start({ MONGODB_ENDPOINT: database.uri, MONGODB_DATABASE: database.database });
    const toUs = Math.floor((Date.now() * 1000) / 86_400_000_000) * 86_400_000_000;
    const iso = (us: number): string => new Date(us / 1000).toISOString();
    const range = `--timeframe 1h --from ${iso(toUs - 4 * 1440 * MINUTE_US)} --to ${iso(toUs)}`;
    const run = await manager(`candles fetch ${SECURITY} ${range} --json`);
    expect(run.json).toMatchObject({ stored: 96, present: 0, missing: 0 });
    const again = await manager(`candles fetch ${SECURITY} ${range} --json`);
    expect(again.json).toMatchObject({ stored: 0, present: 96, missing: 0 });
    expect(front.asked).toHaveLength(1);
    const shown = `candles ${SECURITY} ${range} --source exchange --json`;
    const live = await manager(shown);
    expect(live.json).toHaveLength(96);
    const archive = [...shown.split(' '), '--archive', uriOf(database)];
    await expect
      .poll(async () => (await cli(archive)).json, { timeout: 20_000 })
      .toEqual(live.json);
  },
);
