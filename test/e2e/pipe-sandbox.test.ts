/** Real orders: two exchanges with accounts, a logger on each, and the arbitrage strategy between them. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addExact, formatExact, parseExact } from '../../pipe/market/exact.ts';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import type { DecisionRecord, LedgerEntry, ResultRecord } from '../../pipe/records/records.ts';
import { ExchangeClient } from '../support/exchange-client.ts';
import { startExchangeProcess } from '../support/exchange-process.ts';
import type { ExchangeProcess } from '../support/exchange-process.ts';
import { startPipe } from '../support/pipe-cli.ts';
import type { RunningPipe } from '../support/pipe-cli.ts';
import { startTestLogger, TEST_KEY } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'sandbox:XBTUSD';
const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];
const FREE = { taker: '0', maker: '0', feeIn: 'quote', latencyMs: 0, coins: {} };
const FEES = { exchanges: { sandbox: FREE } };

let directory: string;
let exchanges: Record<Name, ExchangeProcess>;
let loggers: Record<Name, TestLogger>;
let pipe: RunningPipe | undefined;

async function pairOf<T>(start: (name: Name) => Promise<T>): Promise<Record<Name, T>> {
  const [a, b] = await Promise.all(NAMES.map((name) => start(name)));
  return { a: a as T, b: b as T };
}

const startExchange = (name: Name, port = 0): Promise<ExchangeProcess> =>
  startExchangeProcess({
    EXCHANGE_DATA_DIR: join(directory, `exchange-${name}`),
    EXCHANGE_PORT: String(port),
    MONGODB_ENDPOINT: '',
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipe-sandbox-'));
  await writeFile(join(directory, 'fees.json'), JSON.stringify(FEES));
  exchanges = await pairOf((name) => startExchange(name));
  loggers = await pairOf((name) => {
    const address = `127.0.0.1:${exchanges[name].port}`;
    const urls = { wsUrl: 'ws://127.0.0.1:1', restUrl: 'http://127.0.0.1:1' };
    return startTestLogger(urls, {
      SANDBOX_WS_URL: `ws://${address}`,
      SANDBOX_REST_URL: `http://${address}`,
      SECURITIES: SECURITY,
    });
  });
});

afterEach(async () => {
  pipe?.interrupt();
  await pipe?.exit;
  pipe = undefined;
  await Promise.all(NAMES.map((name) => loggers[name].discard()));
  await Promise.all(NAMES.map((name) => exchanges[name].stop('SIGKILL')));
  await rm(directory, { recursive: true });
});

function startArbitrage(): RunningPipe {
  const accounts = NAMES.flatMap((name) => [
    '--account',
    `sandbox@${name}=ws://username1@127.0.0.1:${exchanges[name].port}`,
  ]);
  const sources = NAMES.flatMap((name) => ['--logger', `${name}=127.0.0.1:${loggers[name].port}`]);
  const argv = `--strategy arbitrage --mode action --execute sandbox --json --pairs UXBTUSD
    --exchanges sandbox@a,sandbox@b --min-profit 0.01 --max-age 60s`.split(/\s+/);
  const [store, fees] = [join(directory, 'store'), join(directory, 'fees.json')];
  pipe = startPipe([...argv, '--store', store, '--fees', fees, ...accounts, ...sources], {
    env: { MANAGER_AUTHKEY: TEST_KEY, EXCHANGE_PASSWORD: 'password1' },
  });
  return pipe;
}

/** Orders of the other trader, which stay. */
async function rest(name: Name, ...orders: readonly [side: string, price: number, size: number][]) {
  const other = await ExchangeClient.connect(exchanges[name].port, '/realtime');
  await other.ask({ op: 'login', username: 'username2', password: 'password2' });
  for (const [side, price, size] of orders) {
    expect(await other.ask({ op: 'order', side, price, size })).toMatchObject({ status: 200 });
  }
  await other.close();
}

async function account(name: Name): Promise<Readonly<Record<string, unknown>>> {
  const client = await ExchangeClient.connect(exchanges[name].port, '/realtime');
  await client.ask({ op: 'login', username: 'username1', password: 'password1' });
  const amounts = await client.account();
  await client.close();
  return amounts;
}

interface Line {
  readonly decision?: DecisionRecord;
  readonly movement?: LedgerEntry;
  readonly result?: ResultRecord;
}

const linesOf = (running: RunningPipe): Line[] =>
  running.lines().map((line) => JSON.parse(line) as Line);
const movementsOf = (running: RunningPipe): LedgerEntry[] =>
  linesOf(running).flatMap(({ movement }) => movement ?? []);
const takenBy = (running: RunningPipe): DecisionRecord[] =>
  linesOf(running).flatMap(({ decision }) => (decision?.verdict === 'taken' ? [decision] : []));

async function storedBalances(): Promise<Record<string, string>> {
  const store = await openLmdbStore(join(directory, 'store'));
  const sums: Record<string, string> = {};
  for await (const { venue, coin, amount } of store.ledger('arbitrage')) {
    const key = `${venue} ${coin}`;
    sums[key] = formatExact(addExact(parseExact(sums[key] ?? '0'), parseExact(amount)));
  }
  expect(await store.halted()).toBeNull();
  await store.close();
  return sums;
}

async function expectLedgerIsTrue(): Promise<void> {
  const sums = await storedBalances();
  for (const name of NAMES) {
    const has = await account(name);
    expect(sums[`sandbox@${name} USD`]).toBe(String(has['cash_amount']));
    expect(sums[`sandbox@${name} UXBT`]).toBe(String(has['microbitcoin_amount']));
    expect(has).toMatchObject({ cash_on_hold: 0, microbitcoin_on_hold: 0 });
  }
}

const books: readonly [Name, [string, number, number][]][] = [
  ['a', [['Sell', 3.2, 500], ['Buy', 3.1, 500]]], // prettier-ignore
  ['b', [['Sell', 3.22, 500], ['Buy', 3.12, 500]]], // prettier-ignore
];

test('buys where it is cheap, sells where it is dear; the ledger is what the exchanges say', async () => {
  for (const [name, orders] of books) await rest(name, ...orders);
  const running = startArbitrage();
  const text = (): string => `${running.stderr()}${running.lines().slice(-8).join('\n')}`;
  await until(
    text,
    () => movementsOf(running).filter(({ kind }) => kind === 'opening').length === 4,
  );
  // Cheaper on a than anybody pays on b.
  await rest('a', ['Sell', 3.11, 200]);
  await until(text, () => takenBy(running).length > 0);
  await until(text, () => movementsOf(running).some(({ kind }) => kind === 'sell'));
  running.interrupt();
  expect(await running.exit).toBe(0);
  const [bought] = movementsOf(running).filter(({ kind }) => kind === 'buy');
  expect(bought?.fill).toMatch(/^order:[0-9a-f]{32}$/);
  await expectLedgerIsTrue();
  expect(await account('a')).toMatchObject({
    cash_amount: 10_000 - 622,
    microbitcoin_amount: 20_200,
  });
  expect(await account('b')).toMatchObject({
    cash_amount: 10_000 + 624,
    microbitcoin_amount: 19_800,
  });
});

test('what walking several levels was predicted to bring is what the accounts have got', async () => {
  await rest('a', ['Sell', 3.2, 500], ['Buy', 3.1, 500]);
  await rest('b', ['Sell', 3.22, 500], ['Buy', 3.1, 500], ['Buy', 3.14, 100], ['Buy', 3.13, 150]);
  const running = startArbitrage();
  const text = (): string => `${running.stderr()}${running.lines().slice(-8).join('\n')}`;
  await until(
    text,
    () => movementsOf(running).filter(({ kind }) => kind === 'opening').length === 4,
  );
  await rest('a', ['Sell', 3.12, 300]);
  await until(text, () => linesOf(running).some(({ result }) => result));
  running.interrupt();
  expect(await running.exit).toBe(0);
  const [decision] = takenBy(running);
  const { size, cost, revenue, profit } = decision?.evaluation ?? {};
  expect({ size, cost, revenue, profit }).toEqual({
    size: '250',
    cost: '780',
    revenue: '783.5',
    profit: '3.5',
  });
  const results = linesOf(running).flatMap(({ result }) => result ?? []);
  expect(results).toMatchObject([{ result: profit, rest: '0', hasFailed: false }]);
  await expectLedgerIsTrue();
  expect(await account('a')).toMatchObject({ cash_amount: 9220, microbitcoin_amount: 20_250 });
  expect(await account('b')).toMatchObject({ cash_amount: 10_783.5, microbitcoin_amount: 19_750 });
});

test('an exchange that is killed is not traded on until it is back, and nothing is sent twice', async () => {
  for (const [name, orders] of books) await rest(name, ...orders);
  const running = startArbitrage();
  const text = (): string => `${running.stderr()}${running.lines().slice(-8).join('\n')}`;
  await until(
    text,
    () => movementsOf(running).filter(({ kind }) => kind === 'opening').length === 4,
  );
  const { port } = exchanges.b;
  await exchanges.b.stop('SIGKILL');
  // While b is away, a becomes cheap: nothing may be bought there against what b paid last.
  await until(text, () => loggers.b.control.status(SECURITY)?.state !== 'live');
  await rest('a', ['Sell', 3.11, 200]);
  await new Promise((resolve) => {
    setTimeout(resolve, 1000);
  });
  expect(takenBy(running)).toEqual([]);
  exchanges.b = await startExchange('b', port);
  await until(text, () => takenBy(running).length > 0, 50_000);
  await until(text, () => movementsOf(running).some(({ kind }) => kind === 'sell'));
  running.interrupt();
  expect(await running.exit).toBe(0);
  await expectLedgerIsTrue();
});
