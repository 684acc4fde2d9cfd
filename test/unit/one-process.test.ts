/**
 * Two loggers and an exchange in one process, on one clock and one seed, without a socket or a timer of
 * the machine: what a simulation needs.
 */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingReader } from '../../logger/config/read-setting.ts';
import { EXCHANGES } from '../../logger/exchange/exchanges.ts';
import { every } from '../../logger/runtime/timing.ts';
import type { Timer } from '../../logger/runtime/clock.ts';
import { profileOf } from '../../sandbox/market/symbols.ts';
import { SimulatedExchange } from '../../sandbox/simulated-exchange.ts';
import { VENUES } from '../../sandbox/venues/venues.ts';
import { inProcessNetwork } from '../support/in-process-network.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openTestCore } from '../support/test-core.ts';
import type { TestCore } from '../support/test-core.ts';

const SECURITIES = ['binance:BTCUSDT', 'coinbase:BTC-USD'];

let clock: ManualClock;
let exchange: SimulatedExchange;
let ticking: Timer;
let cores: TestCore[];

beforeEach(openWorld);
afterEach(closeWorld);

async function openWorld(): Promise<void> {
  clock = new ManualClock();
  const symbols = [{ ...profileOf('BTCUSDT'), depthLevels: 100 }];
  exchange = new SimulatedExchange({ clock, seed: 7, symbols, pace: 20 });
  ticking = every(
    clock,
    10,
    () => exchange.tick(),
    (error) => {
      throw error;
    },
  );
  cores = [await openCore('first'), await openCore('second')];
}

async function closeWorld(): Promise<void> {
  for (const one of cores) {
    await one.discard();
    expect(one.fatal).toEqual([]);
  }
  ticking.cancel();
}

/** With the real adapters, configured as from the environment. */
function openCore(address: string): Promise<TestCore> {
  const environment: Record<string, string> = {};
  for (const { name, credentials } of VENUES) {
    environment[`${name.toUpperCase()}_WS_URL`] = `ws://${name}`;
    environment[`${name.toUpperCase()}_REST_URL`] = `http://${name}`;
    Object.assign(environment, credentials);
  }
  const read = settingReader(environment);
  const exchanges = new Map(EXCHANGES.map((each) => [each.name, each.configure(read)]));
  return openTestCore(
    clock,
    { transport: inProcessNetwork(exchange, clock, address) },
    { exchanges },
  );
}

async function advanceUntil(isDone: () => boolean, maxMs: number): Promise<void> {
  for (let ms = 0; !isDone() && ms < maxMs; ms += 10) await clock.advanceAsync(10);
}

const areLive = (): boolean =>
  cores.every(({ core }) =>
    SECURITIES.every((security) => core.control.status(security)?.state === 'live'),
  );

/** Each core's live books are the exchange's own at the same sequence. */
function expectTrueBooks(): void {
  for (const { core } of cores) {
    for (const security of SECURITIES) {
      const book = core.control.bookNow(security);
      if (!('sequence' in book)) throw new Error(`No book of ${security}`);
      const truth = exchange.bookAtSequence(security, Number(book.sequence));
      expect({ bids: book.bids, asks: book.asks }).toEqual({
        bids: truth?.bids,
        asks: truth?.asks,
      });
    }
  }
}

/** Keys, sequences and checksums of all that a core has stored. */
async function recordsOf({ archive }: TestCore, security: string): Promise<string[]> {
  const found: string[] = [];
  let epoch = await archive.segmentAfter(security, 0);
  for (; epoch !== null; epoch = await archive.segmentAfter(security, epoch)) {
    const images = await archive.images(security, epoch, 0);
    const blocks = await archive.blocks(security, epoch, { afterSequence: 0 });
    for (const { header } of [...images, ...blocks]) {
      found.push(`${header.kind} ${epoch}/${header.lastSequence} ${header.checksum}`);
    }
  }
  return found;
}

test('both record the exchange’s own books, through a connection that is cut', async () => {
  for (const { core } of cores) await core.start(SECURITIES);
  await advanceUntil(areLive, 20_000);
  expect(areLive()).toBe(true);
  expectTrueBooks();
  exchange.inject({ type: 'close', code: 1006 });
  await clock.advanceAsync(10_000, 10);
  await advanceUntil(areLive, 20_000);
  expectTrueBooks();
});

test('the same seed gives the same records, byte for byte', async () => {
  const run = async (): Promise<string[]> => {
    for (const { core } of cores) await core.start(SECURITIES);
    await clock.advanceAsync(5000, 10);
    exchange.inject({ type: 'close', code: 1006 });
    await clock.advanceAsync(5000, 10);
    const found: string[] = [];
    for (const { core } of cores) await core.control.snapshot(['all']);
    for (const one of cores) {
      for (const security of SECURITIES) found.push(...(await recordsOf(one, security)));
    }
    return found;
  };
  const first = await run();
  await closeWorld();
  await openWorld();
  expect(await run()).toEqual(first);
  expect(first.length).toBeGreaterThan(8);
});
