/** The public L2 feed of Coinbase as the CLI and gRPC clients get it: no invented number. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectError } from '../manager/fixture.ts';
import { AskedLogger, BTC_USD } from '../support/asked-logger.ts';
import { match, snapshot, timeText, update } from '../support/coinbase-frames.ts';
import { until } from '../support/until.ts';

const BOOK = { bids: [['90000', '1.75']], asks: [['90010', '2']] };

let logger: AskedLogger;

beforeEach(async () => {
  logger = await AskedLogger.start({}, (coinbase) => {
    coinbase.behaviour.control = (connection, message) => {
      coinbase.control(connection, message);
      if (message.type !== 'subscribe') return;
      connection.send(snapshot());
      // A first update ends the waiting for one.
      connection.send(update(0, []));
    };
  });
  await logger.subscribed();
  await logger.listed('live', ({ state }) => state === 'live');
  logger.coinbase.send(update(1, [['buy', '90000.00', '1.75000000']]));
  logger.coinbase.send(match(57, 7));
  await until('the update', async () => {
    const { json } = await logger.manager(`book ${BTC_USD} --json`);
    return json.exchangeTime === timeText(1);
  });
});

afterEach(async () => {
  expect(logger.fatal).toEqual([]);
  await logger.close();
});

describe('without a sequence', () => {
  test('the book has none, and rests on its connection', async () => {
    const { code, json } = await logger.manager(`book ${BTC_USD} --json`);
    expect(code).toBe(0);
    expect(json).toMatchObject({ level: 'L2', sequence: null, proof: 'connection', ...BOOK });
    const { receiveTime } = json;
    for (const then of await logger.both(`book ${BTC_USD} --json --at ${receiveTime}`)) {
      expect(then.json).toMatchObject({
        sequence: null,
        proof: 'connection',
        receiveTime,
        ...BOOK,
      });
    }
    const { stdout } = await logger.manager(`book ${BTC_USD}`);
    expect(stdout).toContain('proven (by connection)');
    expect(stdout).toContain('sequence  none');
  });

  test('an interval of the coverage has none', async () => {
    for (const { code, json } of await logger.both(`coverage ${BTC_USD} --json`)) {
      expect(code).toBe(0);
      expect(json).toMatchObject({
        intervals: [
          { firstSequence: null, lastSequence: null, feed: 'level2_batch', proof: 'connection' },
        ],
        gaps: [],
      });
    }
  });

  test('list, health and watch have none', async () => {
    const row = { level: 'L2', feed: 'level2_batch', proof: 'connection', sequence: null };
    expect((await logger.manager('list --json')).json).toMatchObject([row]);
    expect((await logger.manager('health --json')).json.securities).toMatchObject([row]);
    const enough = new AbortController();
    const { stdout } = await logger.manager('watch --json', {
      interrupted: enough.signal,
      onStdout: () => enough.abort(),
    });
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject(row);
  });

  test('gRPC sets none', async () => {
    const [{ head }] = await logger.stream('Book', { security: BTC_USD });
    expect(head).toMatchObject({ level: 'BOOK_LEVEL_L2', proof: 'PROOF_CONNECTION' });
    const { intervals } = await logger.unary('Coverage', { security: BTC_USD });
    const { securities } = await logger.unary('List', {});
    for (const message of [head, ...intervals, ...securities]) {
      for (const name of ['sequence', 'firstSequence', 'lastSequence']) {
        expect(message).not.toHaveProperty(name);
      }
    }
  });

  test('an exported diff has none, and a trade the one that its message has', async () => {
    const diffs = await logger.manager(`export ${BTC_USD} --type incremental`);
    const [image, diff] = diffs.stdout.split('\n').map((line) => JSON.parse(line || 'null'));
    expect(image).toMatchObject({ image: true, firstSequence: null, sequence: null });
    expect(diff).toMatchObject({ firstSequence: null, sequence: null, bids: BOOK.bids, asks: [] });
    const trades = await logger.manager(`export ${BTC_USD} --type trades`);
    expect(JSON.parse(trades.stdout)).toMatchObject({ sequence: '57', tradeId: '7', side: 'buy' });
  });

  test('there is no book at one', async () => {
    for (const sequence of [0, 1, 2, 57]) {
      const { code, json } = await logger.manager(`book ${BTC_USD} --json --sequence ${sequence}`);
      expect([code, json.state]).toEqual([5, 'gap']);
    }
  });
});

describe('a book that is recorded by price', () => {
  test('is the same with --level 2: no one knows how many orders there are', async () => {
    const asked = await logger.manager(`book ${BTC_USD} --json --level 2`);
    expect([asked.json.level, asked.json.bids, asked.json.asks]).toEqual([
      'L2',
      BOOK.bids,
      BOOK.asks,
    ]);
    // Who asks for the past sees to it that all of it is written.
    await logger.manager(`coverage ${BTC_USD}`);
    const direct = await logger.archive(`book ${BTC_USD} --json --level 2 --depth 1`);
    expect([direct.json.bids, direct.json.asks]).toEqual([BOOK.bids, BOOK.asks]);
    const [, bids] = await logger.stream('Book', { security: BTC_USD, level: 'BOOK_LEVEL_L2' });
    expect(bids.levels.bids).toEqual([{ price: '90000', size: '1.75' }]);
  });

  test('has no level 3: that is wrong usage', async () => {
    for (const run of await logger.both(`book ${BTC_USD} --level 3`)) expectError(run, 2, /level/);
    const level3 = logger.stream('Book', { security: BTC_USD, level: 'BOOK_LEVEL_L3' });
    await expect(level3).rejects.toThrow(/INVALID_ARGUMENT: level: /);
  });

  test('has no orders to export, and the refusal says what there is instead', async () => {
    const reason = /coinbase:BTC-USD was recorded by price \(level2_batch\).*ask for incremental/;
    for (const format of ['jsonl', 'csv']) {
      const line = `export ${BTC_USD} --type orders --format ${format}`;
      for (const run of await logger.both(line)) expectError(run, 2, reason);
    }
    const orders = logger.stream('Export', { security: BTC_USD, type: 'TYPE_ORDERS' });
    await expect(orders).rejects.toThrow(/INVALID_ARGUMENT: .* was recorded by price/);
  });
});
