import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Accounts } from '../../sandbox/exchange/engine/accounts.ts';
import { ExchangeState } from '../../sandbox/exchange/engine/exchange-state.ts';
import type { Position } from '../../sandbox/exchange/engine/exchange-state.ts';
import { openLmdbStore } from '../../sandbox/exchange/store/lmdb-store.ts';
import { openMongoStore } from '../../sandbox/exchange/store/mongodb-store.ts';
import { START_POSITION } from '../../sandbox/exchange/store/store.ts';
import type { ExchangeStore } from '../../sandbox/exchange/store/store.ts';
import { publicMessages } from '../../sandbox/exchange/wire/messages.ts';
import { parseOrderId } from '../../sandbox/exchange/wire/order-ids.ts';
import { seededRandom, uniformInt } from '../../sandbox/prng.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import type { Random } from '../../logger/runtime/random.ts';
import { ExchangeClient } from '../support/exchange-client.ts';
import { startExchangeProcess } from '../support/exchange-process.ts';
import { freshDatabase, mongoUri, uriOf } from '../support/mongodb.ts';
import { until } from '../support/until.ts';
import { scaled } from '../support/scaled.ts';
import { testSeed } from '../support/seeded-random.ts';
import { startAccounts } from '../unit/sandbox/exchange/accounts-model.ts';

const SEED = String(testSeed());
const KILLS = Number(process.env['KILLS'] ?? scaled({ fast: 3, full: 25 }));
const MONGO_KILLS = Number(process.env['KILLS'] ?? scaled({ fast: 1, full: 5 }));

/** What all runs so far have come to, by the journal. */
class Replay {
  readonly state = new ExchangeState({
    accounts: new Accounts(startAccounts(2)),
    position: START_POSITION,
  });
  /** Every message about the book, in order. */
  readonly messages: string[] = [];
  #batch = 0;
  /** Where the numbers of the book begin. */
  #firstSequence: number | null = null;

  /** As if the numbers had begun at 0. */
  #fromZero(position: Position): Position {
    this.#firstSequence ??= position.bookSequence - this.state.position.bookSequence;
    return { ...position, bookSequence: position.bookSequence - this.#firstSequence };
  }

  /** Goes on to the end of the journal, and compares with what is stored beside it. */
  async follow(store: ExchangeStore): Promise<void> {
    const stopped = await store.load();
    if (!stopped) throw new Error('Nothing is stored');
    for await (const { batch, timeUs, commands, position } of store.journal()) {
      if (batch <= this.#batch) continue;
      expect(batch).toBe(++this.#batch);
      const executed = commands.map((command) => {
        const outcome = this.state.execute(command);
        expect(outcome.kind).toBe('accepted');
        return { command, outcome };
      });
      expect(this.state.position).toEqual(this.#fromZero(position));
      const { orderBookL2 } = publicMessages(stopped.salt, { executed, timeUs, accounts: [] });
      this.messages.push(...orderBookL2);
    }
    const { accounts } = this.state;
    expect(stopped.batch).toBe(this.#batch);
    expect(this.#fromZero(stopped.position)).toEqual(this.state.position);
    expect(stopped.accounts).toMatchObject(accounts.all());
    expect(accounts.totals()).toEqual({ cash: 2_000_000, coin: 40_000 });
    for (const side of ['buy', 'sell'] as const) {
      const stored = (await store.page(side, undefined, 1_000_000)).map(({ id, remaining }) => [
        id,
        remaining,
      ]);
      const expected = [...this.state.orders(side)].map(({ id, remaining }) => [id, remaining]);
      expect(stored).toEqual(expected);
    }
  }
}

async function logIn(port: number, number: number): Promise<ExchangeClient> {
  const client = await ExchangeClient.connect(port);
  await client.ask({ op: 'login', username: `username${number}`, password: `password${number}` });
  return client;
}

/**
 * Orders and cancels as fast as they are answered, until the connection ends.
 * @param acknowledged takes the ids in the answers.
 */
async function trade(
  client: ExchangeClient,
  random: Random,
  acknowledged: string[],
): Promise<void> {
  const one = async (): Promise<void> => {
    while (client.socket.readyState === client.socket.OPEN) {
      const price = (300 + uniformInt(random, 20)) / 100;
      const side = random.next() < 0.5 ? 'Buy' : 'Sell';
      const order = { op: 'order', side, price, size: 1 + uniformInt(random, 50) };
      const known = acknowledged.at(-1 - uniformInt(random, 30));
      const cancels = random.next() < 0.4 && known !== undefined;
      const message = cancels ? { op: 'cancel', id: known } : order;
      const answer = await Promise.race([client.ask(message), client.closed]);
      if (typeof answer !== 'number' && answer.id !== undefined) acknowledged.push(answer.id);
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
}

async function killAgainAndAgain(given: {
  readonly kills: number;
  readonly env: Readonly<Record<string, string>>;
  readonly open: () => Promise<ExchangeStore>;
}): Promise<void> {
  const random = seededRandom(SEED);
  const replay = new Replay();
  let acknowledgedInAll = 0;
  for (let kill = 0; kill < given.kills; kill++) {
    const running = await startExchangeProcess(given.env);
    const reader = await ExchangeClient.connect(running.port);
    await reader.next(() => true);
    const from = replay.messages.length;
    const clients = [await logIn(running.port, 1), await logIn(running.port, 2)];
    const acknowledged: string[] = [];
    const trading = clients.map((client) => trade(client, random, acknowledged));
    // Every other time at any moment, also before the first answer.
    if (kill % 2 === 0) await until('an answer', () => acknowledged.length > 0);
    await sleep(uniformInt(random, 400));
    await running.stop('SIGKILL');
    await Promise.all(trading);
    await reader.closed;
    acknowledgedInAll += acknowledged.length;
    const store = await given.open();
    await replay.follow(store);
    const { salt = '' } = (await store.load()) ?? {};
    await store.close();
    // Whatever was acknowledged is stored, and whatever was told has happened, in that order.
    for (const id of acknowledged) {
      expect(parseOrderId(salt, id)).toBeLessThanOrEqual(replay.state.position.orderId);
    }
    const told = reader.messages.slice(1).map((message) => JSON.stringify(message));
    const happened = replay.messages.slice(from, from + told.length);
    expect(told).toEqual(happened.map((text) => JSON.stringify(JSON.parse(text))));
  }
  expect(acknowledgedInAll).toBeGreaterThan(given.kills / 2);
}

it(`an exchange that is killed at any moment goes on as if it had not been (SEED=${SEED})`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'exchange-'));
  await killAgainAndAgain({
    kills: KILLS,
    env: { EXCHANGE_DATA_DIR: directory, MONGODB_ENDPOINT: '' },
    open: () => openLmdbStore(directory),
  });
  await rm(directory, { recursive: true });
}, 3_600_000);

it.skipIf(mongoUri === undefined)(
  `the same with MongoDB (SEED=${SEED})`,
  async () => {
    const uri = uriOf(freshDatabase());
    await killAgainAndAgain({
      kills: MONGO_KILLS,
      env: { MONGODB_ENDPOINT: uri },
      open: () => openMongoStore(uri, { clock: systemClock() }),
    });
  },
  3_600_000,
);
