/** The exchange rejects streams, or does not list a symbol any more: what is recorded, said and retried. */

import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { SANDBOX_KEY } from '../../sandbox/venues/coinbase/key.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { allReceived, nextMessage } from '../support/arrivals.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const KEY = {
  COINBASE_API_KEY: SANDBOX_KEY.key,
  COINBASE_API_SECRET: SANDBOX_KEY.secret,
  COINBASE_API_PASSPHRASE: SANDBOX_KEY.passphrase,
};
/** Questions come within a second of silence instead of three to thirty. */
const LIMITS = { minSilenceMs: 1000, answerWithinMs: 1000, probePauseMs: 500 };

let sandbox: Sandbox | undefined;
let logger: TestLogger | undefined;

afterEach(async () => {
  expect(logger?.fatal ?? []).toEqual([]);
  await logger?.discard();
  await sandbox?.close();
  logger = sandbox = undefined;
});

async function live(one: TestLogger, ...securities: string[]): Promise<void> {
  for (const security of securities) {
    await until(
      () => `${security} to be live: ${JSON.stringify(one.control.status(security))}`,
      () => one.control.status(security)?.state === 'live',
    );
  }
}

describe.each([
  ['binance depth', 'binance:BTCUSDT', 'BTCUSDT', {}],
  ['coinbase full', 'coinbase:BTC-USD', 'BTC-USD', KEY],
  ['coinbase level2_batch', 'coinbase:BTC-USD', 'BTC-USD', {}],
] as const)('%s', (_name, security, symbol, env) => {
  const [exchange = ''] = security.split(':');
  const other = security.replace('BTC', 'ETH');

  async function start(): Promise<{ readonly market: Sandbox; readonly one: TestLogger }> {
    const market = (sandbox = await startSandbox({
      seed: 5,
      symbols: ['BTCUSDT', 'ETHUSDT'],
      pace: 300,
    }));
    const { binance, coinbase } = market.venues;
    const one = (logger = await startTestLogger(
      binance,
      {
        COINBASE_WS_URL: coinbase.wsUrl,
        COINBASE_REST_URL: coinbase.restUrl,
        SECURITIES: `${security},${other}`,
        ...env,
      },
      { limits: LIMITS },
    ));
    await live(one, security, other);
    return { market, one };
  }

  /** The gap in which it is now, by three accounts that have to agree. */
  async function openGap(
    one: TestLogger,
  ): Promise<{ readonly from: string; readonly cause: string }> {
    const { gaps, intervals } = await one.reader.coverage({ security });
    const gap = gaps.at(-1);
    expect(gap).toMatchObject({ to: null, from: intervals.at(-1)?.to });
    const now = one.control.bookNow(security);
    if (now.state !== 'gap') throw new Error('a book in a gap');
    expect(now.gap.from).toBe(gap?.from);
    expect((await one.control.health()).status).toBe('degraded');
    return { from: gap?.from ?? '', cause: gap?.cause ?? '' };
  }

  test('rejected after a cut: a gap while it lasts, then live again, others at once', async () => {
    const { market, one } = await start();
    const beforeMs = await nextMessage(one, security);
    const cutMs = Date.now();
    market.inject({ type: 'refuse-subscriptions', exchange, symbol, durationMs: 600_000 });
    market.inject({ type: 'close', exchange, code: 1006 });
    await until('the cut', () => one.control.status(security)?.state !== 'live');
    const downMs = Date.now();
    await until('the rejection', () => one.control.status(security)?.state === 'failed');
    await live(one, other);
    expect(one.control.status(security)?.message).toMatch(/[Ii]nternal (server )?error/);
    const { from, cause } = await openGap(one);
    expect(cause).toBe('connection');
    expect(Date.parse(from)).toBeGreaterThan(beforeMs - 1500);
    expect(Date.parse(from)).toBeLessThanOrEqual(downMs);
    for (; Date.now() - cutMs < 2400; await wait(50)) {
      expect(one.control.status(security)?.state).toBe('failed');
    }
    market.inject({ type: 'recover', exchange });
    await live(one, security);
    await one.control.flush(security);
    const { gaps } = await one.reader.coverage({ security });
    expect(gaps).toMatchObject([{ from, cause: 'connection' }]);
  }, 120_000);

  test('rejected when a dead stream is renewed: failed for that reason, then live again', async () => {
    const { market, one } = await start();
    market.inject({ type: 'refuse-subscriptions', exchange, symbol, durationMs: 60_000 });
    market.inject({ type: 'dead-stream', symbol });
    await until('the rejection', () => one.control.status(security)?.state === 'failed');
    expect(one.control.status(security)?.message).toMatch(/[Ii]nternal (server )?error/);
    const { from, cause } = await openGap(one);
    market.inject({ type: 'recover', exchange });
    await live(one, security);
    await one.control.flush(security);
    expect((await one.reader.coverage({ security })).gaps).toMatchObject([{ from, cause }]);
  }, 120_000);

  test('what is removed while it is rejected keeps the cause', async () => {
    const { market, one } = await start();
    market.inject({ type: 'refuse-subscriptions', exchange, symbol, durationMs: 60_000 });
    market.inject({ type: 'close', exchange, code: 1006 });
    await until('the rejection', () => one.control.status(security)?.state === 'failed');
    await one.control.remove([security]);
    market.inject({ type: 'recover', exchange });
    const [added] = await one.control.add([security], true, new AbortController().signal);
    expect(added).toMatchObject({ ok: true, state: 'live' });
    await one.control.flush(security);
    const { gaps } = await one.reader.coverage({ security });
    expect(gaps).toMatchObject([{ cause: 'connection' }]);
  }, 120_000);

  test('rejected on a replacement: the old connection goes on, and nothing is missed', async () => {
    const { market, one } = await start();
    market.inject({ type: 'refuse-subscriptions', exchange, symbol, durationMs: 60_000 });
    const reset = one.control.reset(exchange);
    const states = new Set<string | undefined>();
    for (let i = 0; i < 13; i++) {
      states.add(one.control.status(security)?.state);
      await wait(100);
    }
    expect([...states]).toEqual(['live']);
    market.inject({ type: 'recover', exchange });
    await reset;
    await live(one, security, other);
    await one.control.flush(security);
    const { gaps } = await one.reader.coverage({ security });
    // Without sequences a new connection begins a new book.
    expect(gaps).toHaveLength(env === KEY || exchange === 'binance' ? 0 : 1);
  }, 120_000);

  test.each(['silently', 'with a cut'])(
    'delisted %s: failed, a gap, and live when it is listed again',
    async (how) => {
      const { market, one } = await start();
      const beforeMs = await nextMessage(one, security);
      market.inject({ type: 'delist', exchange, symbol });
      if (how === 'with a cut') market.inject({ type: 'close', exchange, code: 1006 });
      const receivedMs = await allReceived();
      await until(
        () => `the end: ${JSON.stringify(one.control.status(security))}`,
        () => one.control.status(security)?.state === 'failed',
      );
      await until(
        () => `the reason: ${JSON.stringify(one.control.status(security))}`,
        () => /Invalid symbol|NotFound/.test(one.control.status(security)?.message ?? ''),
      );
      const { from, cause } = await openGap(one);
      // Heartbeats may have told of messages that never came.
      expect(['connection', 'other', 'sequence']).toContain(cause);
      expect(Date.parse(from)).toBeGreaterThan(beforeMs - 2000);
      expect(Date.parse(from)).toBeLessThan(receivedMs + 1500);
      expect((await one.control.list()).map((row) => [row.security, row.state])).toEqual([
        [security, 'failed'],
        [other, 'live'],
      ]);
      market.inject({ type: 'recover', exchange });
      await live(one, security);
      await one.control.flush(security);
      expect((await one.reader.coverage({ security })).gaps).toMatchObject([{ from, cause }]);
    },
    120_000,
  );
});
