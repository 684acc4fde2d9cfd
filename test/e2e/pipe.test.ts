/**
 * The pipe on a real logger: two venues whose prices come apart and together again, one with a gap in the middle, one
 * that falls silent.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import type { DecisionRecord, LedgerEntry, OpportunityRecord } from '../../pipe/records/records.ts';
import { profileOf } from '../../sandbox/market/symbols.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startPipe } from '../support/pipe-cli.ts';
import type { RunningPipe } from '../support/pipe-cli.ts';
import { startTestLogger, TEST_KEY } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const PAIR = 'BTCUSDT';
const VENUES = ['--pairs', PAIR, '--exchanges', 'binance,bybit'];
const FEES = {
  exchanges: {
    binance: { taker: '0.001', maker: '0.001', feeIn: 'received', latencyMs: 50 },
    bybit: { taker: '0.001', maker: '0.001', feeIn: 'received', latencyMs: 50 },
  },
};
const BALANCES = {
  binance: { USDT: '1000000', BTC: '10' },
  bybit: { USDT: '1000000', BTC: '10' },
};

let directory: string;
let sandbox: Sandbox;
let logger: TestLogger;
const running: RunningPipe[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipe-e2e-'));
  await writeFile(join(directory, 'fees.json'), JSON.stringify(FEES));
  await writeFile(join(directory, 'balances.json'), JSON.stringify(BALANCES));
  sandbox = await startSandbox({
    symbols: [{ ...profileOf(PAIR), depthLevels: 300 }],
    pace: 300,
    mirrors: ['binance', 'bybit'],
  });
  logger = await startTestLogger(sandbox.venues.binance, {
    ...sandbox.loggerSettings,
    SECURITIES: `binance:${PAIR},bybit:${PAIR}`,
  });
});

afterEach(async () => {
  for (const one of running) one.interrupt();
  await Promise.all(running.splice(0).map((one) => one.exit));
  await logger.discard();
  await sandbox.close();
  await rm(directory, { recursive: true });
});

function start(...args: readonly string[]): RunningPipe {
  const { port } = logger;
  const pipe = startPipe([...args, ...VENUES], { port, env: { MANAGER_AUTHKEY: TEST_KEY } });
  running.push(pipe);
  return pipe;
}

function startArbitrage(...args: readonly string[]): RunningPipe {
  const files = ['fees', 'balances'].flatMap((name) => [
    `--${name}`,
    join(directory, `${name}.json`),
  ]);
  const strategy = [
    '--strategy',
    'arbitrage',
    '--mode',
    'action',
    '--min-profit',
    '1',
    '--max-notional',
    '10000',
  ];
  return start(...strategy, '--store', join(directory, 'store'), ...files, '--json', ...args);
}

interface Line {
  readonly decision?: DecisionRecord;
  readonly opportunity?: OpportunityRecord;
  readonly movement?: LedgerEntry;
}

const linesOf = (pipe: RunningPipe): Line[] => pipe.lines().map((line) => JSON.parse(line) as Line);
const decisionsOf = (pipe: RunningPipe, verdict: string): DecisionRecord[] =>
  linesOf(pipe).flatMap(({ decision }) => (decision?.verdict === verdict ? [decision] : []));

/** For a failure that can be read. */
function storyOf(pipe: RunningPipe): string {
  const told = linesOf(pipe).flatMap(({ decision, opportunity }) => {
    if (opportunity) return opportunity.end === 'running' ? [] : [`ended ${opportunity.end}`];
    if (!decision) return [];
    const { verdict, reasons, evaluation } = decision;
    const why = reasons.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
    return [
      `${verdict} ${evaluation.buy.venue}>${evaluation.sell.venue} ${evaluation.profit} ${why}`,
    ];
  });
  return `${pipe.stderr()}${told.slice(-12).join('\n')}`;
}

const endsOf = (pipe: RunningPipe): string[] =>
  linesOf(pipe).flatMap(({ opportunity }) => opportunity?.end ?? []);

const skew = (exchange: string, bps: number): void =>
  sandbox.inject({ type: 'skew', exchange, symbol: PAIR, bps, durationMs: 600_000 });

const bothProven = (pipe: RunningPipe): Promise<unknown> =>
  until(
    () => `both books: ${pipe.lines().at(-1)} ${pipe.stderr()}`,
    () => {
      const last = pipe.lines().at(-1);
      return last !== undefined && !last.includes('null');
    },
  );

test('prices come apart and together again, with a gap in the middle', async () => {
  const tops = start();
  await bothProven(tops);
  // A busy machine may take its time.
  const action = startArbitrage('--max-age', '5s');
  const taken = (): DecisionRecord[] => decisionsOf(action, 'taken');
  const text = (): string => storyOf(action);
  // The strategy has its books when the first small difference is one for it.
  skew('bybit', 12);
  await until(text, () => decisionsOf(action, 'rejected').length > 0);
  expect(taken()).toEqual([]);
  skew('bybit', 80);
  await until(text, () => taken().length > 0);
  const ended = endsOf(action).length;
  skew('bybit', 0);
  await until(text, () => endsOf(action).slice(ended).includes('closed'));

  skew('bybit', 80);
  const before = taken().length;
  await until(text, () => taken().length > before);
  sandbox.inject({ type: 'drop-diffs', exchange: 'bybit', symbol: PAIR, count: 1 });
  const isNull = (line: string): boolean => line.includes('"bybit":null');
  await until(text, () => tops.lines().some(isNull));
  await until(text, () => endsOf(action).includes('gap'));
  await bothProven(tops);
  skew('bybit', 0);

  action.interrupt();
  expect(await action.exit).toBe(0);
  const store = await openLmdbStore(join(directory, 'store'));
  const stored: LedgerEntry[] = [];
  for await (const entry of store.ledger('arbitrage')) stored.push(entry);
  await store.close();
  // Nothing is created or lost: each balance is the sum of its movements.
  expect(stored.map(({ number }) => number)).toEqual(stored.map((_, i) => i + 1));
  expect(stored.filter(({ kind }) => kind === 'buy').length).toBeGreaterThanOrEqual(2);
});

test('a leg that fell silent is never traded', async () => {
  const tops = start();
  await bothProven(tops);
  const action = startArbitrage('--max-age', '500ms');
  const text = (): string => storyOf(action);
  skew('bybit', 12);
  await until(text, () => decisionsOf(action, 'rejected').length > 0);
  // Cheaper than Binance: nobody would sell there.
  const ended = endsOf(action).length;
  skew('bybit', -12);
  await until(text, () => endsOf(action).slice(ended).includes('closed'));
  const before = linesOf(action).length;
  // Nothing comes from Bybit, whose connection lives; then Binance becomes cheap.
  sandbox.inject({ type: 'silence', exchange: 'bybit', symbol: PAIR, durationMs: 600_000 });
  await new Promise((resolve) => {
    setTimeout(resolve, 1500);
  });
  skew('binance', -90);
  const since = (): DecisionRecord[] =>
    linesOf(action)
      .slice(before)
      .flatMap(({ decision }) => decision ?? []);
  await until(text, () =>
    since().some(({ reasons }) => reasons.some(({ reason }) => reason === 'stale')),
  );
  expect(since().filter(({ verdict }) => verdict === 'taken')).toEqual([]);
  sandbox.inject({ type: 'recover', exchange: 'bybit' });
  // Prices of Binance stay apart: now both legs are fresh.
  await until(text, () => decisionsOf(action, 'taken').length > 0);
});
