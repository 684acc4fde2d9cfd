/** The real process of a strategy, ended in the middle of a transfer, and started again. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO, addExact, formatExact, parseExact } from '../../pipe/market/exact.ts';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import type { DecisionRecord, LedgerEntry } from '../../pipe/records/records.ts';
import { KEY } from '../manager/fixture.ts';
import { MarketServer, image, instrument } from '../support/market-server.ts';
import { built, needs } from '../support/requirements.ts';
import { until } from '../support/until.ts';

const CHEAP = 'binance:BTCUSDT';
const DEAR = 'bybit:BTCUSDT';
const TRANSFER_S = 3;
const BALANCES = { binance: { USDT: '1000' }, bybit: { USDT: '0' } };

let directory: string;
let server: MarketServer;
let killAll: (() => Promise<unknown>)[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbitrage-'));
  await writeFile(join(directory, 'balances.json'), JSON.stringify(BALANCES));
  server = await MarketServer.start([CHEAP, DEAR].map((name) => instrument(name, 'BTC', 'USDT')));
  killAll = [];
});

afterEach(async () => {
  for (const kill of killAll) await kill();
  server.close();
  await rm(directory, { recursive: true });
});

async function feesWithLatency(latencyMs: number): Promise<void> {
  const network = {
    name: 'quick',
    withdrawFee: '0.001',
    withdrawPercent: '0',
    withdrawMin: '0.01',
    canWithdraw: true,
    canDeposit: true,
    confirmations: 0,
    blockSeconds: 0,
    processingSeconds: TRANSFER_S,
  };
  const coins = { BTC: [network] };
  const fees = { taker: '0.001', maker: '0.001', feeIn: 'received', latencyMs, coins };
  const file = { exchanges: { binance: fees, bybit: fees } };
  await writeFile(join(directory, 'fees.json'), JSON.stringify(file));
}

interface Line {
  readonly decision?: Pick<DecisionRecord, 'verdict' | 'reasons'>;
  readonly movement?: LedgerEntry;
}

interface Running {
  /** Resolves when a line is like that. */
  line(what: string, isIt: (line: Line) => boolean | undefined): Promise<unknown>;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

function start(extra = ''): Running {
  const words = '--strategy arbitrage --mode action --pairs BTCUSDT --exchanges binance,bybit';
  const more = `--transfer yes --max-transfer-time ${TRANSFER_S}s --max-age 60s --json`;
  const files = ['fees', 'balances'].flatMap((name) => [
    `--${name}`,
    join(directory, `${name}.json`),
  ]);
  const args = [
    ...`${words} ${more} ${extra}`.trim().split(' '),
    ...files,
    '--store',
    join(directory, 'records'),
  ];
  const env = { MANAGER_AUTHKEY: KEY, MANAGER_PORT: String(server.port), HOME: directory };
  const child = spawn(process.execPath, ['dist/pipe/main.js', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const closed = once(child, 'close').then(([code]) => code as number | null);
  const end: Running['end'] = (signal) => {
    child.kill(signal);
    return closed;
  };
  killAll.push(() => end('SIGKILL'));
  const lines = (): Line[] =>
    texts.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  return {
    line: (what, isIt) =>
      until(
        () => `${what}: ${texts.stdout}${texts.stderr}`,
        () => lines().some(isIt),
      ),
    end,
  };
}

const nowUs = (): number => Date.now() * 1000;

/** For the better part of an hour nothing has moved; now one is cheap and the other one dear. */
async function comeApart(): Promise<void> {
  const hourUs = nowUs() - 50 * 60_000_000;
  for (const each of [CHEAP, DEAR]) {
    await server.send(each, image(hourUs, ['99', '5'], ['101', '5']));
  }
  const us = nowUs();
  await server.send(CHEAP, image(us, ['99', '5'], ['100', '1', '101', '2']));
  await server.send(DEAR, image(us, ['103', '1.5', '102', '1'], ['104', '5']));
}

async function ledgerOf(): Promise<LedgerEntry[]> {
  const store = await openLmdbStore(join(directory, 'records'), 'read');
  const all: LedgerEntry[] = [];
  for await (const entry of store.ledger('arbitrage')) all.push(entry);
  await store.close();
  return all;
}

const kindsOf = (ledger: readonly LedgerEntry[]): string[] =>
  ledger.map(({ kind, venue, coin, amount }) => [kind, venue, amount, coin].join(' '));

const SENT = [
  'opening binance 1000 USDT',
  'opening bybit 0 USDT',
  'buy binance -100 USDT',
  'buy binance 1 BTC',
  'buy binance -151.904 USDT',
  'buy binance 1.504 BTC',
  'fee binance -0.002504 BTC',
  'withdrawal binance -2.500496 BTC',
  'transfer-fee binance -0.001 BTC',
];

describe('a strategy', needs(built('dist/pipe/main.js')), () => {
  it('killed in the middle of a transfer, goes on with it: it arrives once and is sold once', async () => {
    await feesWithLatency(20);
    const first = start();
    await server.asked();
    await comeApart();
    await first.line('a withdrawal', ({ movement }) => movement?.kind === 'withdrawal');
    expect(await first.end('SIGKILL')).toBe(null);
    const left = await ledgerOf();
    expect(kindsOf(left)).toEqual(SENT);
    const dueUs = (left[7]?.atUs ?? 0) + TRANSFER_S * 1_000_000;
    await until('the transfer to be due', () => nowUs() > dueUs);

    const again = start();
    await again.line('the deposit', ({ movement }) => movement?.kind === 'deposit');
    const us = nowUs();
    await server.send(CHEAP, image(us, ['99', '5'], ['110', '5']));
    await server.send(DEAR, image(us, ['98', '5'], ['111', '5']));
    await again.line('the sale', ({ movement }) => movement?.kind === 'sell');
    expect(await again.end('SIGTERM')).toBe(0);
    const ledger = await ledgerOf();
    expect(kindsOf(ledger)).toEqual([
      ...SENT,
      'deposit bybit 2.500496 BTC',
      // The lot is 0.001.
      'sell bybit -2.5 BTC',
      'sell bybit 245 USDT',
      'fee bybit -0.245 USDT',
    ]);
    expect(ledger.map(({ number }) => number)).toEqual(ledger.map((_, place) => place + 1));
    expect(ledger[9]?.dueUs).toBe(dueUs);
    expect(ledger[9]?.atUs).toBeGreaterThan(dueUs);
    const sums = new Map<string, ReturnType<typeof parseExact>>();
    for (const { venue, coin, amount, balance } of ledger) {
      const sum = addExact(sums.get(`${venue} ${coin}`) ?? ZERO, parseExact(amount));
      sums.set(`${venue} ${coin}`, sum);
      expect(balance).toBe(formatExact(sum));
    }
    expect(Object.fromEntries([...sums].map(([of, sum]) => [of, formatExact(sum)]))).toEqual({
      'binance USDT': '748.096',
      'binance BTC': '0',
      'bybit BTC': '0.000496',
      'bybit USDT': '244.755',
    });

    // What it lost keeps the next run on this day from trading.
    const third = start('--max-daily-loss 5');
    await server.asked();
    await comeApart();
    await third.line('the limit', ({ decision }) =>
      decision?.reasons.some(({ detail }) => detail === 'the result of this day is -7.100440608'),
    );
    expect(await third.end('SIGTERM')).toBe(0);
  });

  it('stopped with an order under way, fills it before the exit, at the book as it moves on', async () => {
    await feesWithLatency(3000);
    const running = start();
    await server.asked();
    await comeApart();
    await running.line('a decision', ({ decision }) => decision?.verdict === 'taken');
    const exit = running.end('SIGTERM');
    // Whoever would not listen any more is gone by then.
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    await server.send(CHEAP, image(nowUs(), ['99', '5'], ['100', '1', '101', '0.5']));
    expect(await exit).toBe(0);
    expect(kindsOf(await ledgerOf())).toEqual([
      ...SENT.slice(0, 4),
      'buy binance -50.5 USDT',
      'buy binance 0.5 BTC',
      'fee binance -0.0015 BTC',
      'withdrawal binance -1.4975 BTC',
      'transfer-fee binance -0.001 BTC',
    ]);
  });
});
