/** `export --type orders`: what a fake Coinbase said about orders, message by message. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseTimeUs } from '../../logger/market/time.ts';
import { AskedLogger, BTC_USD, WITH_KEY } from '../support/asked-logger.ts';
import {
  activate,
  change,
  done,
  match,
  open,
  orderBook,
  received,
  timeText,
} from '../support/coinbase-frames.ts';
import { answer } from '../support/fake-server.ts';
import { until } from '../support/until.ts';

/** One of each kind and form, and below what is to be read of it. */
const FRAMES = [
  received(102, { price: '89990.50', size: '0.50000000', client_oid: 'mine, of "course"' }),
  open(103, { order_id: 'order-102', price: '89990.50', remaining_size: '0.50000000' }),
  received(104, {
    order_id: 'taker',
    order_type: 'market',
    side: 'sell',
    price: undefined,
    size: undefined,
    funds: '9000.10',
  }),
  match(105, 7, { maker_order_id: 'bid-1', side: 'buy', size: '0.1' }),
  done(106, {
    order_id: 'taker',
    side: 'sell',
    reason: 'filled',
    price: undefined,
    remaining_size: undefined,
  }),
  change(107, { order_id: 'bid-3', price: '89990.00', old_size: '1', new_size: '0.25' }),
  change(108, {
    order_id: 'bid-2',
    reason: 'modify_order',
    price: undefined,
    old_price: '90000.00',
    new_price: '90000.01',
    old_size: '0.1',
    new_size: '0.2',
  }),
  activate({ timestamp: '1795158000.125' }),
  done(109, { order_id: 'order-102', price: '89990.50', remaining_size: '0.50000000' }),
];

const LINES = [
  {
    type: 'received',
    sequence: '102',
    side: 'buy',
    orderId: 'order-102',
    orderType: 'limit',
    price: '89990.5',
    size: '0.5',
    funds: null,
    clientOrderId: 'mine, of "course"',
  },
  {
    type: 'open',
    sequence: '103',
    side: 'buy',
    orderId: 'order-102',
    price: '89990.5',
    remainingSize: '0.5',
  },
  {
    type: 'received',
    sequence: '104',
    side: 'sell',
    orderId: 'taker',
    orderType: 'market',
    price: null,
    size: null,
    funds: '9000.1',
    clientOrderId: null,
  },
  {
    type: 'match',
    sequence: '105',
    // The exchange names the maker's.
    side: 'sell',
    tradeId: '7',
    makerOrderId: 'bid-1',
    takerOrderId: 'taker',
    price: '90000',
    size: '0.1',
  },
  {
    type: 'done',
    sequence: '106',
    side: 'sell',
    orderId: 'taker',
    orderType: null,
    reason: 'filled',
    price: null,
    remainingSize: null,
  },
  {
    type: 'change',
    sequence: '107',
    side: 'buy',
    orderId: 'bid-3',
    reason: 'STP',
    price: '89990',
    oldPrice: null,
    newPrice: null,
    oldSize: '1',
    newSize: '0.25',
    oldFunds: null,
    newFunds: null,
  },
  {
    type: 'change',
    sequence: '108',
    side: 'buy',
    orderId: 'bid-2',
    reason: 'modify_order',
    price: null,
    oldPrice: '90000',
    newPrice: '90000.01',
    oldSize: '0.1',
    newSize: '0.2',
    oldFunds: null,
    newFunds: null,
  },
  {
    type: 'activate',
    sequence: null,
    side: 'buy',
    orderId: 'stop',
    stopType: 'entry',
    stopPrice: '80',
    size: '2',
    funds: '50',
  },
  {
    type: 'done',
    sequence: '109',
    side: 'buy',
    orderId: 'order-102',
    orderType: null,
    reason: 'canceled',
    price: '89990.5',
    remainingSize: '0.5',
  },
].map((line) => ({
  ...line,
  exchangeTime: line.sequence === null ? '2026-11-20T07:00:00.125Z' : timeText(+line.sequence),
  receiveTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
}));

let logger: AskedLogger;

beforeEach(async () => {
  logger = await AskedLogger.start(WITH_KEY);
  await logger.subscribed();
  await logger.hears(received(101));
  await logger.hears(...FRAMES);
});

afterEach(async () => {
  expect(logger.fatal).toEqual([]);
  await logger.close();
});

interface Exported {
  readonly code: number;
  readonly lines: string[];
  readonly stderr: string;
}

/** The same of the running logger and of its archive. */
async function exported(options = ''): Promise<Exported> {
  const [asked, direct] = await logger.both(`export ${BTC_USD} --type orders${options}`);
  expect(asked).toEqual(direct);
  const { code, stdout, stderr } = asked;
  return { code, lines: stdout.split('\n').slice(0, -1), stderr };
}

describe('export --type orders', () => {
  test('is one line for each message, in the exchange’s words and order', async () => {
    const { code, lines, stderr } = await exported();
    expect([code, stderr]).toEqual([0, '']);
    expect(lines.map((line) => JSON.parse(line))).toEqual(LINES);
  });

  test('begins each line with what all have in common', async () => {
    const { lines } = await exported();
    for (const line of lines) {
      const names = Object.keys(JSON.parse(line)).slice(0, 4);
      expect(names).toEqual(['sequence', 'exchangeTime', 'receiveTime', 'type']);
    }
  });

  test('of a range holds what was received in it, the end excluded', async () => {
    const all = (await exported()).lines;
    const [from = '', to = ''] = [2, 5].map((at) => JSON.parse(all[at] ?? '').receiveTime);
    const { code, lines } = await exported(` --from ${from} --to ${to}`);
    expect(code).toBe(0);
    const us = (line: string): number => parseTimeUs(JSON.parse(line).receiveTime);
    const isInside = (line: string): boolean =>
      us(line) >= parseTimeUs(from) && us(line) < parseTimeUs(to);
    expect(lines).toEqual(all.filter(isInside));
    expect(lines).toContain(all[2]);
    expect(lines).not.toContain(all[5]);
  });

  test('as csv has a column for every field, and quotes what holds a comma', async () => {
    const { code, lines } = await exported(' --format csv');
    expect(code).toBe(0);
    const [header = '', ...rows] = lines;
    const columns = header.split(',');
    for (const line of LINES) {
      for (const name of Object.keys(line)) expect(columns).toContain(name);
    }
    expect(rows).toHaveLength(LINES.length);
    expect(rows[0]).toMatch(/,"mine, of ""course"""$/);
    for (const [i, row] of rows.slice(1).entries()) {
      const fields = row.split(',');
      const told = Object.fromEntries(columns.map((name, at) => [name, fields[at]]));
      const line: Record<string, unknown> = LINES[i + 1] ?? {};
      for (const name of columns) expect(told[name], name).toEqual(line[name] ?? '');
    }
  });

  test('over gRPC is the same text', async () => {
    const request = { security: BTC_USD, type: 'TYPE_ORDERS', format: 'FORMAT_JSONL' };
    const parts = await logger.stream('Export', request);
    const text = Buffer.concat(parts.map(({ lines }) => lines)).toString();
    expect(text.split('\n').slice(0, -1)).toEqual((await exported()).lines);
  });

  test('tells a gap in its place, and ends with 5 unless gaps are allowed', async () => {
    logger.coinbase.behaviour.rest = (url, response) => {
      if (!url.pathname.endsWith('/book')) return false;
      answer(response, 200, orderBook(119));
      return true;
    };
    // 110 to 119 never came.
    const asked = logger.coinbase.asked.length;
    logger.coinbase.send(open(120));
    await until('another snapshot', () => logger.coinbase.asked.length > asked);
    await logger.hears(done(121, { order_id: 'order-120' }));
    await logger.hears(open(122));
    const { code, lines, stderr } = await exported();
    expect(code).toBe(5);
    expect(stderr).toMatch(/^orderbook-manager: 1 gap in the export; .*--allow-gaps\n$/);
    const told = lines.map((line) => JSON.parse(line));
    expect(told.slice(0, LINES.length)).toEqual(LINES);
    const gap = { cause: 'sequence', firstMissing: '110', missing: 'sequence' };
    expect(told[LINES.length].gap).toMatchObject(gap);
    expect(told.at(-1)).toMatchObject({ type: 'open', sequence: '122' });
    const allowed = await exported(' --allow-gaps');
    expect([allowed.code, allowed.stderr]).toEqual([0, '']);
    expect(allowed.lines).toEqual(lines);
  });
});
