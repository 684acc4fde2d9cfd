/** An L3 book as the CLI and gRPC clients get it, against a story of orders that a fake Coinbase tells. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AskedLogger, BTC_USD, WITH_KEY } from '../support/asked-logger.ts';
import { change, done, match, open, received, timeText } from '../support/coinbase-frames.ts';

/** What REST tells, at sequence 100. */
const SNAPSHOT_BIDS = [
  ['90000', '0.4', 'bid-1'],
  ['90000', '0.1', 'bid-2'],
  ['89990', '1', 'bid-3'],
];
const SNAPSHOT_ASKS = [['90010', '1.25', 'ask-1']];

/** The book after the last message of each of the stories below. */
const JOINED = {
  bids: [...SNAPSHOT_BIDS.slice(0, 2), ['90000', '0.5', 'order-102'], ...SNAPSHOT_BIDS.slice(2)],
  asks: [['90005.5', '0.7', 'order-103'], ...SNAPSHOT_ASKS],
};
const TAKEN = {
  bids: [
    ['90000', '0.05', 'bid-2'],
    ['90000', '0.5', 'order-102'],
    ['89990', '1', 'bid-3'],
  ],
  asks: JOINED.asks,
};
const CHANGED = {
  bids: [
    ['90000', '0.5', 'order-102'],
    ['89990', '0.6', 'bid-3'],
    ['89990', '0.05', 'bid-2'],
  ],
  asks: [
    ['90010', '1.25', 'ask-1'],
    ['90010', '0.3', 'order-112'],
  ],
};

let logger: AskedLogger;
/** When the last message of each story was received. */
let times: { readonly joined: string; readonly taken: string; readonly changed: string };

beforeEach(async () => {
  logger = await AskedLogger.start(WITH_KEY);
  await logger.subscribed();
  // The first message behind the snapshot makes the book a proven one.
  await logger.hears(received(101, { order_id: 'order-102' }));
  // Two orders come to rest, at the end of a queue and alone.
  const joined = await logger.hears(
    open(102),
    open(103, { side: 'sell', price: '90005.50', remaining_size: '0.70000000' }),
  );
  // A seller takes the first of the queue whole and half of the second.
  const taken = await logger.hears(
    received(104, { order_id: 'taker', side: 'sell', size: '0.45' }),
    match(105, 1, { maker_order_id: 'bid-1', side: 'buy', size: '0.4' }),
    done(106, { order_id: 'bid-1', reason: 'filled', remaining_size: '0' }),
    match(107, 2, { maker_order_id: 'bid-2', side: 'buy', size: '0.05' }),
    done(108, { order_id: 'taker', side: 'sell', reason: 'filled', remaining_size: '0' }),
  );
  // One grows smaller in its place, one moves behind it, one goes, one comes.
  const changed = await logger.hears(
    change(109, { order_id: 'bid-3', price: '89990.00', old_size: '1', new_size: '0.6' }),
    change(110, {
      order_id: 'bid-2',
      reason: 'modify_order',
      price: undefined,
      old_price: '90000.00',
      new_price: '89990.00',
      old_size: '0.05',
      new_size: '0.05',
    }),
    done(111, { order_id: 'order-103', side: 'sell', price: '90005.50', remaining_size: '0.7' }),
    open(112, { side: 'sell', price: '90010.00', remaining_size: '0.3' }),
  );
  times = {
    joined: joined.receiveTime,
    taken: taken.receiveTime,
    changed: changed.receiveTime,
  };
});

afterEach(async () => {
  expect(logger.fatal).toEqual([]);
  await logger.close();
});

/** The same of the running logger and of its archive. */
async function book(options: string): Promise<any> {
  const [asked, direct] = await logger.both(`book ${BTC_USD} --json ${options}`);
  expect(asked.json).toEqual(direct.json);
  expect([asked.code, direct.code]).toEqual([0, 0]);
  return asked.json;
}

describe('book', () => {
  test('now is every order with its id, in queue order', async () => {
    const { code, json } = await logger.manager(`book ${BTC_USD} --json`);
    expect(code).toBe(0);
    expect(json).toEqual({
      security: BTC_USD,
      level: 'L3',
      at: expect.any(String),
      clock: 'receive',
      sequence: '112',
      exchangeTime: timeText(112),
      receiveTime: times.changed,
      state: 'proven',
      proof: 'sequence',
      horizon: { bid: null, ask: null },
      ...CHANGED,
    });
    expect(Date.parse(json.at)).toBeGreaterThanOrEqual(Date.parse(json.receiveTime));
  });

  test('at a time is the queues as they stood then, by either clock', async () => {
    for (const [at, sequence, rows] of [
      [times.joined, 103, JOINED],
      [times.taken, 108, TAKEN],
      [times.changed, 112, CHANGED],
    ] as const) {
      const then = await book(`--at ${at}`);
      expect(then).toMatchObject({ level: 'L3', at, clock: 'receive', receiveTime: at, ...rows });
      const exchangeTime = timeText(sequence);
      const stamped = await book(`--at ${exchangeTime} --clock exchange`);
      expect(stamped).toMatchObject({ at: exchangeTime, clock: 'exchange', exchangeTime, ...rows });
      for (const { sequence: told } of [then, stamped]) expect(told).toBe(String(sequence));
    }
  });

  test('at a sequence is the queues after that very message', async () => {
    const partly = [['90000', '0.1', 'bid-2'], ...TAKEN.bids.slice(1)];
    expect(await book('--sequence 105')).toMatchObject({ sequence: '105', bids: partly });
    expect(await book('--sequence 106')).toMatchObject({ sequence: '106', bids: partly });
    expect(await book('--sequence 107')).toMatchObject({ sequence: '107', ...TAKEN });
    expect(await book('--sequence 108')).toMatchObject({ sequence: '108', ...TAKEN });
  });

  test('outside of what was received ends with 5', async () => {
    for (const options of ['--sequence 99', '--sequence 113', '--at 2020-01-01T00:00:00Z']) {
      const { code, json } = await logger.manager(`book ${BTC_USD} --json ${options}`);
      expect([code, json.state]).toEqual([5, 'gap']);
      expect(json).not.toHaveProperty('bids');
    }
  });

  test('--depth counts prices, and shows each with all of its orders', async () => {
    const { json } = await logger.manager(`book ${BTC_USD} --json --depth 1`);
    expect(json).toMatchObject({ bids: CHANGED.bids.slice(0, 1), asks: CHANGED.asks });
    const then = await book(`--depth 1 --at ${times.joined}`);
    expect(then).toMatchObject({ bids: JOINED.bids.slice(0, 3), asks: JOINED.asks.slice(0, 1) });
    expect(await book(`--depth 2 --at ${times.joined}`)).toMatchObject(JOINED);
  });

  test('a queue that is longer than a part of the answer is whole and in order', async () => {
    const numbers = Array.from({ length: 2500 }, (_, i) => 113 + i);
    const more = numbers.map((sequence) => open(sequence, { remaining_size: '0.001' }));
    const { bids } = await logger.hears(...more);
    const queue = numbers.map((sequence) => ['90000', '0.001', `order-${sequence}`]);
    const [head, ...rest] = CHANGED.bids;
    expect(bids).toEqual([head, ...queue, ...rest]);
    expect((await book('--sequence 2612 --depth 1')).bids).toEqual([head, ...queue]);
    const byPrice = await book('--sequence 2612 --depth 1 --level 2');
    expect(byPrice.bids).toEqual([['90000', '3', 2501]]);
  });

  test('--level 2 is each price with the size and number of its orders', async () => {
    const asked = await logger.manager(`book ${BTC_USD} --json --level 2`);
    expect(asked.json).toMatchObject({
      level: 'L2',
      sequence: '112',
      proof: 'sequence',
      bids: [
        ['90000', '0.5', 1],
        ['89990', '0.65', 2],
      ],
      asks: [['90010', '1.55', 2]],
    });
    expect(await book(`--level 2 --at ${times.joined}`)).toMatchObject({
      level: 'L2',
      bids: [
        ['90000', '1', 3],
        ['89990', '1', 1],
      ],
      asks: [
        ['90005.5', '0.7', 1],
        ['90010', '1.25', 1],
      ],
    });
    expect((await book('--level 2 --depth 1 --sequence 103')).asks).toEqual([
      ['90005.5', '0.7', 1],
    ]);
  });

  test('for people shows a price once, at the head of its queue', async () => {
    const { stdout } = await logger.manager(`book ${BTC_USD} --sequence 103`);
    expect(stdout.split('\n').slice(5, -3)).toMatchInlineSnapshot(`
      [
        "  ask  90,010    1.25  ask-1",
        "  ask  90,005.5  0.7   order-103",
        "  —— spread 5.5 ——",
        "  bid  90,000    0.4   bid-1",
        "  bid            0.1   bid-2",
        "  bid            0.5   order-102",
        "  bid  89,990    1     bid-3",
        "",
      ]
    `);
    const byPrice = await logger.manager(`book ${BTC_USD} --sequence 103 --level 2`);
    expect(byPrice.stdout.split('\n').slice(5, -3)).toMatchInlineSnapshot(`
      [
        "  ask  90,010    1.25  1 order",
        "  ask  90,005.5  0.7   1 order",
        "  —— spread 5.5 ——",
        "  bid  90,000    1     3 orders",
        "  bid  89,990    1     1 order",
      ]
    `);
  });
});

test('gRPC tells order ids, or counts where the book is asked for by price', async () => {
  const [{ head }, bids, asks] = await logger.stream('Book', { security: BTC_USD });
  expect(head).toMatchObject({
    level: 'BOOK_LEVEL_L3',
    proof: 'PROOF_SEQUENCE',
    sequence: '112',
    bidCount: 3,
    askCount: 2,
  });
  const rows = (levels: any[]): unknown[] =>
    levels.map((row) => [row.price, row.size, row.orderId]);
  expect(rows(bids.levels.bids)).toEqual(CHANGED.bids);
  expect(rows(asks.levels.asks)).toEqual(CHANGED.asks);
  for (const level of bids.levels.bids) expect(level).not.toHaveProperty('orderCount');

  const byPrice = { security: BTC_USD, at: times.joined, level: 'BOOK_LEVEL_L2', depth: 1 };
  const [then, best] = await logger.stream('Book', byPrice);
  expect(then.head).toMatchObject({ level: 'BOOK_LEVEL_L2', sequence: '103', bidCount: 1 });
  expect(best.levels.bids).toEqual([{ price: '90000', size: '1', orderCount: 3 }]);
});

test('list and coverage say that every message is numbered and was seen', async () => {
  const { json } = await logger.manager('list --json');
  expect(json).toMatchObject([
    {
      security: BTC_USD,
      level: 'L3',
      state: 'live',
      feed: 'full',
      proof: 'sequence',
      sequence: '112',
      bestBid: '90000',
      bestAsk: '90010',
      message: null,
    },
  ]);
  const coverage = await logger.manager(`coverage ${BTC_USD} --json`);
  expect(coverage.json).toMatchObject({
    intervals: [{ firstSequence: '101', lastSequence: '112', feed: 'full', proof: 'sequence' }],
    gaps: [],
  });
});
