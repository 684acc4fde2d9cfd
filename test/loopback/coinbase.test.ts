/**
 * The real logger against the sandbox's Coinbase over real sockets: every fault that its control port
 * knows, each time with the true book, order by order, as the measure.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SANDBOX_KEY } from '../../sandbox/venues/coinbase/key.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts';
import type { Fault } from '../../sandbox/faults/faults.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const BTC = 'coinbase:BTC-USD';
const ETH = 'coinbase:ETH-USD';
const KEY = {
  COINBASE_API_KEY: SANDBOX_KEY.key,
  COINBASE_API_SECRET: SANDBOX_KEY.secret,
  COINBASE_API_PASSPHRASE: SANDBOX_KEY.passphrase,
};

let sandbox: Sandbox;
let logger: TestLogger | undefined;
const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
});

afterEach(async () => {
  expect(logger?.fatal ?? []).toEqual([]);
  await logger?.discard();
  await sandbox.close();
  logger = undefined;
});

async function start(
  env: Record<string, string> = KEY,
  options: SandboxOptions = {},
): Promise<TestLogger> {
  sandbox = await startSandbox({
    seed: 11,
    symbols: ['BTCUSDT', 'ETHUSDT'],
    pace: 300,
    ...options,
  });
  const write = (message: string, fields?: object): void =>
    void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  logger = await startTestLogger(
    sandbox.venues.binance,
    {
      COINBASE_WS_URL: sandbox.venues.coinbase.wsUrl,
      COINBASE_REST_URL: sandbox.venues.coinbase.restUrl,
      SECURITIES: `${BTC},${ETH}`,
      STALE_AFTER: '1',
      ...env,
    },
    { log: { error: write, warning: write, notice: write, info: write, debug: write } },
  );
  return logger;
}

async function live(one: TestLogger, security = BTC): Promise<void> {
  await until(
    () => `${security} to be live: ${JSON.stringify(one.control.status(security))}`,
    () => one.control.status(security)?.state === 'live',
  );
}

/** What is reported of a product now is what the exchange had at that message. */
async function expectTrueOrders(one: TestLogger, security = BTC): Promise<void> {
  const answer = one.control.bookNow(security);
  if (answer.state !== 'proven') throw new Error(`No book of ${security}`);
  const product = security.slice('coinbase:'.length);
  const truth = sandbox.bookAtSequence(product, Number(answer.sequence));
  expect(answer.level).toBe('L3');
  expect(answer.bids).toEqual(truth?.bids);
  expect(answer.asks).toEqual(truth?.asks);
}

/** The book at the first, a middle and the last sequence of every interval; and no gap undeclared. */
async function expectTrueHistory(one: TestLogger, security = BTC): Promise<number> {
  await one.control.flush(security);
  const { intervals, gaps } = await one.reader.coverage({ security });
  expect(intervals).toHaveLength(gaps.length + 1);
  for (const { firstSequence, lastSequence } of intervals) {
    const [first, last] = [Number(firstSequence), Number(lastSequence)];
    for (const sequence of [first, Math.floor((first + last) / 2), last]) {
      const answer = await one.reader.bookAt({ security, position: { sequence } });
      if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
      const truth = sandbox.bookAtSequence(security.slice('coinbase:'.length), sequence);
      expect(answer.bids).toEqual(truth?.bids);
      expect(answer.asks).toEqual(truth?.asks);
    }
  }
  expect(await one.reader.verify({ security })).toMatchObject({ problems: [] });
  return gaps.length;
}

async function closedGap(one: TestLogger, security = BTC): Promise<void> {
  let found: unknown;
  const description = (): string =>
    `a gap that is closed: ${JSON.stringify([found, one.control.status(security), logged.slice(-20)])}`;
  await until(description, async () => {
    await one.control.flush(security);
    const { gaps } = await one.reader.coverage({ security });
    found = gaps;
    return gaps.length > 0 && gaps.every(({ to }) => to !== null);
  });
}

describe('full', () => {
  test('order by order what the exchange has, two products side by side', async () => {
    const one = await start();
    await live(one);
    await live(one, ETH);
    await expectTrueOrders(one);
    await expectTrueOrders(one, ETH);
    const from = sandbox.sequence('BTC-USD');
    await until('the market to go on', () => sandbox.sequence('BTC-USD') > from + 1500);
    await expectTrueOrders(one);
    expect(await expectTrueHistory(one)).toBe(0);
    const kinds = new Set<string>();
    for await (const item of one.reader.orders({ security: BTC })) {
      if (item.type === 'order') kinds.add(item.event.type);
    }
    expect([...kinds].sort()).toEqual(['change', 'done', 'match', 'open', 'received']);
  });

  test.each<[string, Fault, number]>([
    ['lost messages', { type: 'drop-diffs', symbol: 'BTC-USD', count: 3 }, 1],
    ['messages that come twice', { type: 'duplicate-diffs', symbol: 'BTC-USD', count: 9 }, 0],
    [
      'messages that can not be read',
      { type: 'harm-diffs', symbol: 'BTC-USD', count: 2, form: 'truncated' },
      1,
    ],
    [
      'sizes that are no numbers',
      { type: 'harm-diffs', symbol: 'BTC-USD', count: 2, form: 'not-a-number' },
      1,
    ],
    ['a connection that goes dead', { type: 'half-open', durationMs: 3000 }, 1],
    ['silence with heartbeats', { type: 'silence', symbol: 'BTC-USD', durationMs: 500 }, 1],
  ])('%s: live again, and nothing wrong', async (_name, change, holes) => {
    const one = await start();
    await live(one);
    await live(one, ETH);
    const from = sandbox.sequence('BTC-USD');
    sandbox.inject(change);
    await until('some time', () => sandbox.sequence('BTC-USD') > from + 300);
    if (holes > 0) await closedGap(one);
    await live(one);
    await expectTrueOrders(one);
    expect(await expectTrueHistory(one)).toBe(holes);
    if ('symbol' in change) expect(await expectTrueHistory(one, ETH)).toBe(0);
  });

  test('a connection that is cut: live again, and nothing wrong', async () => {
    const one = await start();
    await live(one);
    await live(one, ETH);
    // Each product has a connection of its own. Reconnected at once, nothing might be missed.
    sandbox.inject({ type: 'refuse-connections', count: 2 });
    sandbox.inject({ type: 'close', code: 1006 });
    await closedGap(one);
    await live(one);
    await expectTrueOrders(one);
    expect(await expectTrueHistory(one)).toBe(1);
  });

  test('silence while heartbeats count on proves loss', async () => {
    const one = await start();
    await live(one);
    sandbox.inject({ type: 'silence', symbol: 'BTC-USD', durationMs: 60_000 });
    await until('the loss to be noticed', () => one.control.status(BTC)?.state !== 'live');
    sandbox.inject({ type: 'recover' });
    await live(one);
    await expectTrueOrders(one);
    await live(one, ETH);
    expect(await expectTrueHistory(one, ETH)).toBe(0);
  });

  test('snapshots that are slow, old or broken only cost time', async () => {
    const faults: Fault[] = [
      { exchange: 'coinbase', type: 'truncated-snapshots', count: 1 },
      { exchange: 'coinbase', type: 'slow-snapshots', count: 3, delayMs: 700 },
      {
        exchange: 'coinbase',
        type: 'refuse-requests',
        status: 429,
        count: 1,
        retryAfterSeconds: 1,
      },
    ];
    const one = await start({ ...KEY, SECURITIES: '' }, { faults });
    const [result] = await one.control.add([BTC], true, AbortSignal.timeout(15_000));
    // The first request of all was the one that had to wait its turn.
    expect(result?.state === null || result?.ok).toBe(true);
    await one.control.add([BTC], true, AbortSignal.timeout(15_000));
    await live(one);
    await expectTrueOrders(one);
  });

  test('a rejected login is a failure with the exchange’s reason, and is tried again', async () => {
    // One security alone: two would share what is rejected, and one of them perhaps not be rejected.
    const env = { ...KEY, SECURITIES: BTC };
    const one = await start(env, {
      faults: [{ type: 'refuse-logins', count: 2, exchange: 'coinbase' }],
    });
    await until('the refusal', () => one.control.status(BTC)?.state === 'failed');
    expect(one.control.status(BTC)?.message).toContain('Invalid API Key');
    const { securities, status } = await one.control.health();
    expect(status).toBe('degraded');
    expect(securities[0]?.message).toContain('Invalid API Key');
    await live(one);
    await expectTrueOrders(one);
  });

  test('a wrong secret never gets in, and is nowhere to be read', async () => {
    const secret = Buffer.from('this is not the secret of anybody').toString('base64');
    const one = await start({ ...KEY, COINBASE_API_SECRET: secret });
    await until('the refusal', () => one.control.status(BTC)?.state === 'failed');
    expect(one.control.status(BTC)?.message).toMatch(/signature/i);
    const everything = [...logged, JSON.stringify(await one.control.health())].join('\n');
    for (const hidden of [secret, KEY.COINBASE_API_KEY, KEY.COINBASE_API_PASSPHRASE]) {
      expect(everything).not.toContain(hidden);
    }
  });

  test('a reset replaces the connections without losing anything', async () => {
    const one = await start();
    await live(one);
    await live(one, ETH);
    await one.control.reset('coinbase');
    const from = sandbox.sequence('BTC-USD');
    await until('the market to go on', () => sandbox.sequence('BTC-USD') > from + 300);
    await expectTrueOrders(one);
    expect(await expectTrueHistory(one)).toBe(0);
    expect(await expectTrueHistory(one, ETH)).toBe(0);
  });

  test('an unknown product is rejected with the exchange’s reason, one beside it is recorded', async () => {
    const one = await start({ ...KEY, SECURITIES: '' });
    const names = ['coinbase:NOPE-USD', BTC.toLowerCase()];
    const results = await one.control.add(names, true, AbortSignal.timeout(10_000));
    expect(results).toMatchObject([
      { security: 'coinbase:NOPE-USD', ok: false, message: expect.stringContaining('NotFound') },
      { security: BTC, ok: true, state: 'live' },
    ]);
    await expectTrueOrders(one);
  });
});

describe('level2_batch, without a key', () => {
  const PUBLIC = { SECURITIES: BTC };

  /** By price; a batch may be on its way, so the truth is asked for until the two meet. */
  async function expectTrueLevels(one: TestLogger): Promise<void> {
    await until('the same levels as the exchange', () => {
      const answer = one.control.bookNow(BTC);
      if (answer.state !== 'proven') return false;
      const { bids, asks } = sandbox.book('BTCUSDT');
      return JSON.stringify([answer.bids, answer.asks]) === JSON.stringify([bids, asks]);
    });
  }

  test('levels and trades, and no number that the exchange did not give', async () => {
    const one = await start(PUBLIC, { pace: 20 });
    await live(one);
    expect(one.control.status(BTC)).toMatchObject({ feed: 'level2_batch', proof: 'connection' });
    await expectTrueLevels(one);
    const answer = one.control.bookNow(BTC);
    expect(answer).toMatchObject({ level: 'L2', sequence: null, proof: 'connection' });
    await until('trades', async () => {
      await one.control.flush(BTC);
      return (await one.reader.trades({ security: BTC }).next()).value?.type === 'trade';
    });
    expect(await one.reader.verify()).toMatchObject({ problems: [] });
  });

  test.each<[string, Fault]>([
    ['a connection that is cut', { type: 'close', code: 1006 }],
    ['a connection that goes dead', { type: 'half-open', durationMs: 3000 }],
  ])('%s ends the interval, and another begins', async (_name, change) => {
    const one = await start(PUBLIC, { pace: 20 });
    await live(one);
    sandbox.inject(change);
    await closedGap(one);
    await live(one);
    await expectTrueLevels(one);
    const { intervals, gaps } = await one.reader.coverage({ security: BTC });
    expect(intervals).toHaveLength(2);
    expect(gaps).toMatchObject([{ cause: 'connection', firstMissing: null, lastMissing: null }]);
  });

  test('a reset begins a new interval with next to nothing between', async () => {
    const one = await start(PUBLIC, { pace: 20 });
    await live(one);
    await one.control.reset('coinbase');
    await closedGap(one);
    await live(one);
    await expectTrueLevels(one);
    const { gaps } = await one.reader.coverage({ security: BTC });
    const [gap] = gaps;
    // A few milliseconds, unless the machine is busy.
    expect(Date.parse(gap?.to ?? '') - Date.parse(gap?.from ?? '')).toBeLessThan(10_000);
  });

  test('trades that do not come prove a loss', async () => {
    const one = await start(PUBLIC, { pace: 300 });
    await live(one);
    sandbox.inject({ type: 'silence', symbol: 'BTC-USD', durationMs: 60_000 });
    await until('the loss to be noticed', () => one.control.status(BTC)?.state !== 'live');
    sandbox.inject({ type: 'recover' });
    await live(one);
    const { gaps } = await one.reader.coverage({ security: BTC });
    expect(gaps).toMatchObject([{ cause: 'connection' }]);
  });

  test('full without a key is rejected before anything is opened', async () => {
    sandbox = await startSandbox({ symbols: ['BTCUSDT'] });
    await expect(
      startTestLogger(sandbox.venues.binance, { COINBASE_FEED: 'full' }),
    ).rejects.toThrow(/COINBASE_FEED is "full", which needs COINBASE_API_KEY/);
  });
});
