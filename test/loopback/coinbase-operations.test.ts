/** What an operator sees of Coinbase beside another exchange: a login that is rejected, and a reset. */

import { afterEach, describe, expect, test } from 'vitest';
import { expectError } from '../manager/fixture.ts';
import type { CliRun } from '../manager/fixture.ts';
import { AskedLogger, BTC_USD, WITH_KEY } from '../support/asked-logger.ts';
import { CREDENTIALS, open, received } from '../support/coinbase-frames.ts';
import { FakeBinance } from '../support/fake-binance.ts';
import type { FakeCoinbase } from '../support/fake-coinbase.ts';
import { until } from '../support/until.ts';

const BTCUSDT = 'binance:BTCUSDT';

let logger: AskedLogger;
let binance: FakeBinance | undefined;

afterEach(async () => {
  expect(logger.fatal).toEqual([]);
  await logger.close();
  await binance?.close();
  binance = undefined;
});

describe('a rejected login', () => {
  /** An exchange that repeats in its refusal whatever it was sent. */
  function refuse(coinbase: FakeCoinbase): void {
    coinbase.behaviour.control = (connection, message) => {
      if (message.channels.includes('full') && message.key !== undefined) {
        const { key, passphrase, signature } = message;
        const reason = `Invalid API Key ${key} (${passphrase}, ${signature})`;
        connection.send({ type: 'error', message: 'Failed to subscribe', reason });
      } else {
        coinbase.control(connection, message);
      }
    };
  }

  function expectNoSecret(text: string): void {
    for (const secret of Object.values(CREDENTIALS)) expect(text).not.toContain(secret);
    for (const { messages } of logger.coinbase.connections) {
      for (const { signature = 'none' } of messages) expect(text).not.toContain(signature);
    }
  }

  test('shows in list and health in the exchange’s words, and without the key', async () => {
    logger = await AskedLogger.start(WITH_KEY, refuse);
    const row = await logger.listed('failed', ({ state }) => state === 'failed');
    expect(row).toMatchObject({ level: 'L3', feed: 'full', sequence: null, bestBid: null });
    expect(row.message).toContain('Failed to subscribe: Invalid API Key *** (***, ***)');
    const list = await logger.manager('list');
    expect(list.code).toBe(0);
    // The number of attempts grows meanwhile.
    const said = row.message?.split(', tried')[0];
    expect(list.stdout).toContain(`${BTC_USD}: ${said}`);
    const health = await logger.manager('health --json');
    expect(health.code).toBe(1);
    expect(health.json.status).toBe('degraded');
    expect(health.json.securities).toMatchObject([
      { state: 'failed', message: expect.stringContaining(said ?? '') },
    ]);
    const forPeople = await logger.manager('health');
    expect(forPeople.code).toBe(1);
    expect(forPeople.stdout).toContain(said);
    const added = await logger.manager(`add ${BTC_USD}`);
    expectError(added, 1, /Invalid API Key \*\*\*/);
    const book = await logger.manager(`book ${BTC_USD} --json`);
    expect([book.code, book.json.state]).toEqual([5, 'gap']);
    for (const { stdout, stderr } of [list, health, forPeople, added, book]) {
      expectNoSecret(stdout + stderr);
    }
  });

  test('is over as soon as the exchange grants it', async () => {
    logger = await AskedLogger.start(WITH_KEY, refuse);
    await logger.listed('failed', ({ state }) => state === 'failed');
    const { coinbase } = logger;
    coinbase.behaviour.control = (connection, message) => coinbase.control(connection, message);
    await logger.subscribed();
    await logger.hears(received(101));
    expect((await logger.manager('health')).code).toBe(0);
    const { json } = await logger.manager('list --json');
    expect(json).toMatchObject([{ state: 'live', message: null }]);
  });

  test('does not keep another exchange from being recorded', async () => {
    binance = await FakeBinance.start();
    logger = await AskedLogger.start(WITH_KEY, refuse, binance);
    await logger.listed('failed', ({ state }) => state === 'failed');
    const { code, json } = await addBinance(binance);
    expect(code).toBe(0);
    expect(json).toMatchObject([{ security: BTCUSDT, ok: true, state: 'live' }]);
  });
});

/** Adds the security of the other exchange, and sends it the diff that makes its book a proven one. */
async function addBinance(exchange: FakeBinance): Promise<CliRun> {
  const added = logger.manager(`add ${BTCUSDT} --json`);
  await until('the streams', () =>
    exchange.open.some(({ streams }) => streams.has('btcusdt@depth@100ms')),
  );
  exchange.depth('BTCUSDT', { U: 101, u: 101, b: [['10.00000000', '3.00000000']] });
  return added;
}

test('reset coinbase replaces its connections alone, and neither exchange misses anything', async () => {
  binance = await FakeBinance.start();
  logger = await AskedLogger.start(WITH_KEY, undefined, binance);
  await logger.subscribed();
  await logger.hears(received(101));
  await addBinance(binance);
  const [binanceConnection, coinbaseConnection] = [binance.latest, logger.coinbase.latest];
  const requests = binanceConnection.requests.length;

  let last = 101;
  let isDone = false;
  const reset = logger.manager('reset coinbase --json').finally(() => (isDone = true));
  await until('the reset', () => {
    logger.coinbase.send(open(++last));
    return isDone;
  });
  const { code, json } = await reset;
  expect(code).toBe(0);
  expect(json).toEqual([{ security: BTC_USD, ok: true, state: 'live', message: null }]);
  await logger.hears(open(++last));
  binance.depth('BTCUSDT', { U: 102, u: 102, a: [['11.00000000', '1.00000000']] });
  await logger.listed('at 102', ({ sequence }) => sequence === '102', BTCUSDT);

  expect(logger.coinbase.connections).toHaveLength(2);
  expect(logger.coinbase.latest).not.toBe(coinbaseConnection);
  expect(binance.connections).toEqual([binanceConnection]);
  expect(binanceConnection.isOpen).toBe(true);
  expect(binanceConnection.requests).toHaveLength(requests);
  for (const security of [BTC_USD, BTCUSDT]) {
    const coverage = await logger.manager(`coverage ${security} --json`);
    expect([coverage.json.intervals.length, coverage.json.gaps]).toEqual([1, []]);
  }
  const { json: list } = await logger.manager('list --json');
  expect(list).toMatchObject([{ state: 'live' }, { state: 'live', sequence: String(last) }]);
});
