/** Symbols beyond ASCII, from the exchange to every place where a name appears. */

import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import { completionScript } from '../../manager-cli/completion-scripts.ts';
import { width } from '../../manager-cli/width.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { cli } from '../manager/fixture.ts';
import type { CliRun } from '../manager/fixture.ts';
import { TEST_KEY, startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const LIFE = 'binance:币安人生USDT';
const LIFE_AT_COINBASE = 'coinbase:币安人生-USD';
const BTC = 'binance:BTCUSDT';
const UNLISTED = 'binance:没有这个USDT';

let sandbox: Sandbox;
let logger: TestLogger;

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 4, symbols: ['币安人生USDT', 'BTCUSDT'], pace: 600 });
  logger = await startTestLogger(sandbox.venues.binance, {
    COINBASE_WS_URL: sandbox.venues.coinbase.wsUrl,
    COINBASE_REST_URL: sandbox.venues.coinbase.restUrl,
    SECURITIES: `${BTC}, binance:币安人生usdt,${UNLISTED},coinbase:币安人生-usd`,
    METRICS_PORT: '0',
  });
});

afterEach(async () => {
  await logger.discard();
  await sandbox.close();
  expect(logger.fatal).toEqual([]);
});

function manager(...words: string[]): Promise<CliRun> {
  return cli(words, { port: logger.port, env: { MANAGER_AUTHKEY: TEST_KEY } });
}

test('are recorded, stored, shown, completed and exported as the exchange spells them', async () => {
  const live = [LIFE, LIFE_AT_COINBASE, BTC];
  await until(
    () =>
      `${live.join()} to be live: ${JSON.stringify(live.map((one) => logger.control.status(one)))}`,
    () => live.every((one) => logger.control.status(one)?.state === 'live'),
  );
  await until('trades', () => (logger.control.status(LIFE)?.messageRate ?? 0) > 0);

  // One that the exchange does not list is reported for itself alone.
  await until('the rejection', () => logger.control.status(UNLISTED)?.state === 'failed');
  expect(logger.control.status(UNLISTED)?.message).toContain('Invalid symbol');

  const book = JSON.parse((await manager('book', 'binance:币安人生usdt', '--json')).stdout);
  expect(book).toMatchObject({ security: LIFE, state: 'proven' });
  const truth = sandbox.bookAtSequence(LIFE, Number(book.sequence));
  expect(book.bids).toEqual(truth?.bids);

  const added = await manager('add', 'binance:不存在USDT');
  expect(added).toMatchObject({ code: 1 });
  expect(added.stdout + added.stderr).toContain('binance:不存在USDT');

  const rows = (await manager('list')).stdout.split('\n').filter((row) => / live /.test(row));
  expect(rows).toHaveLength(3);
  const columns = rows.map((row) => width(row.slice(0, row.indexOf(' live '))));
  expect(new Set(columns).size).toBe(1);

  const completion = ['--get-yargs-completions', 'orderbook-manager', 'book', 'binance:币'];
  const offered = async (): Promise<string> => {
    const env = { MANAGER_AUTHKEY: TEST_KEY, MANAGER_PORT: String(logger.port) };
    // For zsh, colons come behind a backslash.
    return (await cli(completion, { port: logger.port, env })).stdout.replaceAll('\\', '').trim();
  };
  // A completion waits a second for the logger, and a busy machine is slower.
  await until('the completion', async () => (await offered()) === LIFE);

  const page = await (await fetch(`http://127.0.0.1:${logger.metricsPort}/metrics`)).text();
  expect(page).toContain(`{security="${LIFE}",exchange="binance"}`);

  await logger.control.flush(LIFE);
  const coverage = JSON.parse((await manager('coverage', LIFE, '--json')).stdout);
  expect(coverage).toMatchObject({ security: LIFE, gaps: [] });
  expect(coverage.intervals).toHaveLength(1);

  const exported = await manager('export', LIFE, '--type', 'quotes', '--format', 'tardis-csv');
  expect(exported.code).toBe(0);
  expect(exported.stdout.split('\n')[1]).toMatch(/^binance,币安人生USDT,\d+,/);

  const archive = await openArchive(logger.dataDirectory);
  expect(await archive.securities()).toEqual(expect.arrayContaining(live));
  expect(await archive.bookAt('binance:币安人生usdt')).toMatchObject({
    security: LIFE,
    state: 'proven',
  });
  await archive.close();
  expect(JSON.parse((await manager('verify', '--json')).stdout)).toMatchObject({ problems: [] });
});

test('bash completes one', () => {
  const script = [
    completionScript('bash'),
    `orderbook-manager() { printf '%s\\n' ${LIFE} ${BTC}; }`,
    `COMP_LINE='orderbook-manager book binance:币安' COMP_POINT=\${#COMP_LINE}`,
    '_orderbook_manager; echo "${COMPREPLY[*]}"',
  ].join('\n');
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const answer = execFileSync('bash', ['-c', script], { encoding: 'utf8', env });
  expect(answer.trim()).toBe('币安人生USDT');
});
