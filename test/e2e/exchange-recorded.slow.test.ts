import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import type { OpenedArchive, OrderItem } from '../../logger/library.ts';
import { formatScaled } from '../../logger/market/decimal.ts';
import { Accounts } from '../../sandbox/exchange/engine/accounts.ts';
import { ExchangeState } from '../../sandbox/exchange/engine/exchange-state.ts';
import { openLmdbStore } from '../../sandbox/exchange/store/lmdb-store.ts';
import { START_POSITION } from '../../sandbox/exchange/store/store.ts';
import { formatOrderId } from '../../sandbox/exchange/wire/order-ids.ts';
import { seededRandom, uniformInt } from '../../sandbox/prng.ts';
import { ExchangeClient } from '../support/exchange-client.ts';
import { startExchangeProcess } from '../support/exchange-process.ts';
import { freePort } from '../support/free-port.ts';
import { testSeed } from '../support/seeded-random.ts';
import { startTestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { startAccounts } from '../unit/sandbox/exchange/accounts-model.ts';

const XBT = 'sandbox:XBTUSD';
const SEED = String(testSeed());

/** What the exchange had, by its own journal. */
interface Truth {
  /** The messages about orders, by sequence. */
  readonly events: Map<number, string>;
  /** The orders of both sides after each sequence. */
  readonly books: Map<number, string>;
  readonly lastSequence: number;
}

async function truthOf(directory: string): Promise<Truth> {
  const store = await openLmdbStore(directory);
  const stopped = await store.load();
  if (!stopped) throw new Error('Nothing is stored');
  const { salt } = stopped;
  const id = (orderId: number): string => formatOrderId(salt, orderId);
  const state = new ExchangeState({
    accounts: new Accounts(startAccounts(2)),
    position: START_POSITION,
  });
  const [events, books] = [new Map<number, string>(), new Map<number, string>()];
  const side = (of: 'buy' | 'sell'): string[] =>
    [...state.orders(of)].map((o) => `${price(o.price)} ${o.remaining} ${id(o.id)}`);
  const all: [number, string][] = [];
  for await (const { commands } of store.journal()) {
    for (const command of commands) {
      const outcome = state.execute(command);
      if (outcome.kind === 'rejected') throw new Error(outcome.error);
      for (const event of outcome.events) {
        if (event.type === 'opened') {
          all.push([
            event.sequence,
            `open ${id(event.orderId)} ${event.side} ${price(event.price)} ${event.remaining}`,
          ]);
        } else if (event.type === 'matched') {
          // As an export writes it: the taker's side.
          all.push([
            event.sequence,
            `match ${event.tradeId} ${id(event.makerOrderId)} ${id(event.takerOrderId)} ${event.takerSide} ${price(event.price)} ${event.size}`,
          ]);
        } else if (event.type === 'done' && event.sequence !== null) {
          all.push([
            event.sequence,
            `done ${id(event.orderId)} ${event.side} ${price(event.price ?? 0)} ${event.remaining}`,
          ]);
        }
      }
      books.set(state.position.bookSequence, JSON.stringify([side('buy'), side('sell')]));
    }
  }
  // The numbers begin somewhere else than at 0.
  const shift = stopped.position.bookSequence - state.position.bookSequence;
  for (const [sequence, line] of all) events.set(sequence + shift, line);
  await store.close();
  return {
    events,
    books: new Map([...books].map(([sequence, book]) => [sequence + shift, book])),
    lastSequence: stopped.position.bookSequence,
  };
}

function lineOf(event: OrderItem['event']): string {
  switch (event.type) {
    case 'open':
      return `open ${event.orderId} ${event.side} ${event.price} ${event.remainingSize}`;
    case 'match':
      return `match ${event.tradeId} ${event.makerOrderId} ${event.takerOrderId} ${event.side} ${event.price} ${event.size}`;
    case 'done':
      return `done ${event.orderId} ${event.side} ${event.price} ${event.remainingSize}`;
    default:
      throw new Error(`The exchange sends no ${event.type}`);
  }
}

function price(cents: number): string {
  return formatScaled(cents, 2);
}

/** Both traders at once, each with so many orders and cancels. */
async function trade(port: number, seed: string, count: number): Promise<void> {
  const random = seededRandom(seed);
  const one = async (number: number): Promise<void> => {
    const client = await ExchangeClient.connect(port);
    const login = { op: 'login', username: `username${number}`, password: `password${number}` };
    await client.ask(login);
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const id = ids[uniformInt(random, ids.length)];
      const order = {
        op: 'order',
        side: random.next() < 0.5 ? 'Buy' : 'Sell',
        price: (300 + uniformInt(random, 30)) / 100,
        size: 1 + uniformInt(random, 40),
      };
      const cancels = id !== undefined && random.next() < 0.4;
      const answer = await client.ask(cancels ? { op: 'cancel', id } : order);
      if (answer.id !== undefined) ids.push(answer.id);
    }
    await client.close();
  };
  await Promise.all([one(1), one(2)]);
}

async function bookAt(archive: OpenedArchive, sequence: number): Promise<string | null> {
  const found = await archive.ordersAt(XBT, { sequence });
  if (!('bids' in found)) return null;
  const rows = (orders: readonly (readonly string[])[]): string[] =>
    orders.map((order) => order.join(' '));
  return JSON.stringify([rows(found.bids), rows(found.asks)]);
}

it(`what the exchange had is what the archive gives back, order by order (SEED=${SEED})`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'exchange-'));
  const port = await freePort();
  const env = {
    EXCHANGE_PORT: String(port),
    EXCHANGE_DATA_DIR: directory,
    MONGODB_ENDPOINT: '',
  };
  let exchange = await startExchangeProcess(env);
  await trade(port, `${SEED} 0`, 100);
  const urls = { wsUrl: `ws://127.0.0.1:${port}`, restUrl: `http://127.0.0.1:${port}` };
  const logger = await startTestLogger(urls, {
    SECURITIES: XBT,
    SANDBOX_WS_URL: urls.wsUrl,
    SANDBOX_REST_URL: urls.restUrl,
  });
  const isLive = (): boolean => logger.control.status(XBT)?.state === 'live';
  const allRecorded = async (): Promise<void> => {
    const client = await ExchangeClient.connect(port);
    const { sequence } = await client.next((message) => message.sequence !== undefined);
    await client.close();
    const isRecorded = (): boolean => logger.control.status(XBT)?.sequence === String(sequence);
    await until(`${sequence} to be recorded`, isRecorded);
  };
  await until('the exchange to be recorded', isLive);
  await trade(port, `${SEED} 1`, 500);
  await allRecorded();
  // Killed while it is recorded: a gap that says so, and the exchange's book again afterwards.
  await exchange.stop('SIGKILL');
  await until('the end to be seen', () => !isLive());
  exchange = await startExchangeProcess(env);
  await until('the exchange to be recorded again', isLive, 30_000);
  await trade(port, `${SEED} 2`, 500);
  await allRecorded();
  await exchange.stop('SIGTERM');
  const truth = await truthOf(directory);
  const { dataDirectory, fatal } = logger;
  await logger.stop();
  expect(fatal).toEqual([]);

  const archive = await openArchive(dataDirectory);
  const gaps: unknown[] = [];
  let events = 0;
  for await (const item of archive.orderEvents(XBT)) {
    if (item.type === 'gap') {
      gaps.push(item);
      continue;
    }
    const { event } = item;
    const sequence = Number(item.sequence);
    events++;
    expect(lineOf(event)).toBe(truth.events.get(sequence));
    if (events % 25 === 0) {
      const expected = truth.books.get(sequence);
      if (expected !== undefined) expect(await bookAt(archive, sequence)).toBe(expected);
    }
  }
  expect(events).toBeGreaterThan(100);
  // All but those from before the recording.
  expect(events).toBeGreaterThan(truth.events.size * 0.7);
  expect(await bookAt(archive, truth.lastSequence)).toBe(truth.books.get(truth.lastSequence));
  expect(gaps.length).toBeLessThan(2);
  await archive.close();
  await Promise.all([dataDirectory, directory].map((one) => rm(one, { recursive: true })));
});
