/** One stream dies while its connection lives on: found, declared from the last evidence, proven again. */

import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { SANDBOX_KEY } from '../../sandbox/venues/coinbase/key.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts';
import { allReceived, nextMessage } from '../support/arrivals.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { expectTrueBook } from '../support/true-book.ts';

const KEY = {
  COINBASE_API_KEY: SANDBOX_KEY.key,
  COINBASE_API_SECRET: SANDBOX_KEY.secret,
  COINBASE_API_PASSPHRASE: SANDBOX_KEY.passphrase,
};
/** Questions come within a second of silence instead of three to thirty. */
const LIMITS = { minSilenceMs: 1000, answerWithinMs: 1000, probePauseMs: 500 };

interface Case {
  readonly name: string;
  readonly security: string;
  readonly symbol: string;
  readonly env: Readonly<Record<string, string>>;
}

const CASES: readonly Case[] = [
  { name: 'depth beside living trades', security: 'binance:BTCUSDT', symbol: 'BTCUSDT', env: {} },
  { name: 'full with heartbeats', security: 'coinbase:BTC-USD', symbol: 'BTC-USD', env: KEY },
  { name: 'level2_batch beside matches', security: 'coinbase:BTC-USD', symbol: 'BTC-USD', env: {} },
];

const sandboxes: Sandbox[] = [];
const loggers: TestLogger[] = [];

afterEach(async () => {
  const [started, exchanges] = [loggers.splice(0), sandboxes.splice(0)];
  // A later one may record in the directory of an earlier one.
  for (const one of started.toReversed()) await one.discard();
  for (const exchange of exchanges) await exchange.close();
  expect(started.flatMap((one) => one.fatal)).toEqual([]);
});

async function start(
  securities: string,
  env: Readonly<Record<string, string>>,
  options: SandboxOptions = {},
  limits = LIMITS,
) {
  const exchange = await startSandbox({
    seed: 3,
    symbols: ['BTCUSDT', 'ETHUSDT'],
    pace: 300,
    ...options,
  });
  sandboxes.push(exchange);
  const one = await startTestLogger(
    exchange.venues.binance,
    {
      COINBASE_WS_URL: exchange.venues.coinbase.wsUrl,
      COINBASE_REST_URL: exchange.venues.coinbase.restUrl,
      SECURITIES: securities,
      ...env,
    },
    { limits },
  );
  loggers.push(one);
  await live(one, securities);
  return { exchange, one };
}

async function live(one: TestLogger, securities: string): Promise<void> {
  for (const security of securities.split(',')) {
    await until(
      () => `${security} to be live: ${JSON.stringify(one.control.status(security))}`,
      () => one.control.status(security)?.state === 'live',
    );
  }
}

describe.each(CASES)('$name', ({ security, symbol, env }) => {
  const other = security.replace('BTC', 'ETH');

  test('is found; the gap begins with the last evidence, and only there', async () => {
    const { exchange, one } = await start(`${security},${other}`, env);
    await until('a few steps', () => (one.control.status(security)?.messageRate ?? 0) > 0);
    const beforeMs = await nextMessage(one, security);
    exchange.inject({ type: 'dead-stream', symbol });
    const receivedMs = await allReceived();
    await until('doubt', () => one.control.status(security)?.state === 'stale', 15_000);
    const said = one.control.status(security);
    expect(said?.message).toContain('since');
    expect((await one.control.health()).status).toBe('degraded');
    // `book`, `coverage` and `health` say the same of this moment.
    const now = one.control.bookNow(security);
    const { gaps: open } = await one.reader.coverage({ security });
    expect(now).toMatchObject({ state: 'gap', gap: { from: open.at(-1)?.from } });
    await until('the gap', () => one.control.status(security)?.gaps === 1, 15_000);
    await live(one, security);
    await one.control.flush(security);
    const { gaps } = await one.reader.coverage({ security });
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.cause).toBe('connection');
    const fromMs = Date.parse(gaps[0]?.from ?? '');
    expect(fromMs).toBeGreaterThan(beforeMs - 1500);
    expect(fromMs).toBeLessThan(receivedMs);
    expect((await one.reader.coverage({ security: other })).gaps).toEqual([]);
    const book = one.control.bookNow(security);
    if (book.state !== 'proven') throw new Error('no book');
    if (book.sequence === null) return;
    expectTrueBook(book, exchange.bookAtSequence(symbol, Number(book.sequence)));
  }, 120_000);

  test('and a restart or a removal in the silence claims nothing of it', async () => {
    const check = async (cause: 'restart' | 'removed'): Promise<void> => {
      // The question comes too late.
      const limits = { minSilenceMs: 60_000, answerWithinMs: 60_000, probePauseMs: 500 };
      const { exchange, one } = await start(security, env, {}, { ...LIMITS, ...limits });
      await until('a few steps', () => (one.control.status(security)?.messageRate ?? 0) > 0);
      const diedUs = Date.now() * 1000;
      const sent = exchange.sequence(security);
      exchange.inject({ type: 'dead-stream', symbol });
      const receivedUs = (await allReceived()) * 1000;
      await wait(2500);
      if (cause === 'removed') await one.control.remove([security]);
      else await one.stop();
      let { reader } = one;
      if (cause === 'restart') {
        const directory = { DATA_DIR: one.dataDirectory };
        const next = await startTestLogger(exchange.venues.binance, directory);
        loggers.push(next);
        ({ reader } = next);
      }
      const { intervals, gaps } = await reader.coverage({ security });
      const endUs = Date.parse(intervals.at(-1)?.to ?? '') * 1000;
      expect(endUs).toBeLessThan(receivedUs);
      expect(endUs).toBeGreaterThan(diedUs - 5_000_000);
      const last = intervals.at(-1)?.lastSequence ?? null;
      if (last !== null) expect(Number(last)).toBeLessThanOrEqual(sent);
      expect(gaps.at(-1)).toMatchObject({ from: intervals.at(-1)?.to, cause });
    };
    await Promise.all([check('restart'), check('removed')]);
  }, 120_000);
});

test('quiet securities are asked about again and again, and never in doubt', async () => {
  const check = async (
    security: string,
    busy: string,
    env: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const options = { symbols: ['QUIETUSDT', 'BTCUSDT'], pace: 4 };
    // A busy machine may take longer to answer.
    const limits = { ...LIMITS, answerWithinMs: 6000 };
    const { one } = await start(`${security},${busy}`, env, options, limits);
    const states = new Set<string | undefined>();
    const begunMs = Date.now();
    while (Date.now() - begunMs < 12_000) {
      states.add(one.control.status(security)?.state);
      await wait(100);
    }
    expect([...states], security).toEqual(['live']);
    await one.control.flush(security);
    const { intervals, gaps } = await one.reader.coverage({ security });
    expect(gaps).toEqual([]);
    expect(intervals).toHaveLength(1);
    const endMs = Date.parse(intervals[0]?.to ?? '');
    // The first answers would be evidence for its first seconds alone.
    expect(endMs - begunMs).toBeGreaterThan(5_000);
  };
  await Promise.all([
    check('binance:QUIETUSDT', 'binance:BTCUSDT', {}),
    check('coinbase:QUIET-USD', 'coinbase:BTC-USD', KEY),
    check('coinbase:QUIET-USD', 'coinbase:BTC-USD', {}),
  ]);
}, 120_000);

test('a stream that a new subscription does not mend: the connection is replaced, others miss nothing', async () => {
  const [dead, other] = ['binance:BTCUSDT', 'binance:ETHUSDT'];
  const { exchange, one } = await start(`${dead},${other}`, {});
  exchange.inject({ type: 'silence', symbol: 'BTCUSDT', durationMs: 120_000 });
  await until('the gap', () => one.control.status(dead)?.gaps === 1, 15_000);
  await until(
    () => `a word why: ${JSON.stringify(one.control.status(dead))}`,
    () => one.control.status(dead)?.message?.includes('nothing comes in') === true,
    15_000,
  );
  exchange.inject({ type: 'recover' });
  await live(one, dead);
  await one.control.flush(dead);
  expect((await one.reader.coverage({ security: dead })).gaps).toMatchObject([
    { cause: 'connection' },
  ]);
  expect((await one.reader.coverage({ security: other })).gaps).toEqual([]);
}, 120_000);
