/** The exchange with accounts: store, batches and port, put together. */

import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from '../../logger/errors.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import { ADMIN_NAME } from './engine/accounts.ts';
import { ExchangeRunner } from './exchange-runner.ts';
import { SERVER_LIMITS } from './server/limits.ts';
import type { ServerLimits } from './server/limits.ts';
import { hashPassword } from './server/passwords.ts';
import { ExchangeServer } from './server/server.ts';
import { START_POSITION } from './store/store.ts';
import type { Beginning, ExchangeStore, StoredAccount } from './store/store.ts';
import type { Credentials } from './wire/requests.ts';

/** What everybody begins with: 10000 cash in cents, and microbitcoin. */
const START = { cash: 1_000_000, coin: 20_000 };
/** With more of them the sums could not be counted exactly. */
const MAX_USERS = 1000;

export interface ExchangeOptions {
  readonly store: ExchangeStore;
  readonly clock: Clock;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Who can trade, if the exchange begins anew. */
  readonly users: readonly Credentials[];
  /** Begins anew, whatever is stored. */
  readonly reset?: boolean;
  readonly hotOrders?: number | undefined;
  readonly limits?: Partial<ServerLimits>;
  /** The exchange has ended, since it could not store what it did. */
  readonly onFailed: (error: unknown) => void;
}

export interface Exchange {
  readonly port: number;
  readonly runner: ExchangeRunner;
  /** Whether it began anew. */
  readonly isNew: boolean;
  /** That are open. */
  connections(): number;
  close(): Promise<void>;
}

/** Closes the store, too, in the end. @throws the system's error, such as `EADDRINUSE`. */
export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const { store, clock, host, port, hotOrders } = options;
  const isNew = options.reset === true || (await store.load()) === null;
  if (isNew) await store.reset(await beginningOf(options.users, clock));
  let server: ExchangeServer | undefined;
  const runner = await ExchangeRunner.start({
    store,
    clock,
    hotOrders,
    onCommitted: (batch) => server?.publish(batch),
    onFailed: (error) => {
      void server?.close(true);
      options.onFailed(error);
    },
  });
  server = new ExchangeServer({
    runner,
    clock,
    host,
    port,
    limits: { ...SERVER_LIMITS, ...options.limits },
  });
  const serving = server;
  return {
    port: await serving.listen(),
    runner,
    isNew,
    connections: () => serving.connections,
    close: async () => {
      await runner.close();
      await serving.close();
      await store.close();
    },
  };
}

async function beginningOf(users: readonly Credentials[], clock: Clock): Promise<Beginning> {
  if (users.length > MAX_USERS) throw new InvalidArgumentError(`More than ${MAX_USERS} users`);
  const nothing = { cash: 0, cashOnHold: 0, coin: 0, coinOnHold: 0 };
  const admin = { ...nothing, user: 0, username: ADMIN_NAME, passwordHash: null };
  const traders = users.map(async ({ username, password }, index): Promise<StoredAccount> => {
    const passwordHash = await hashPassword(password);
    return { ...nothing, ...START, user: index + 1, username, passwordHash };
  });
  const accounts = [admin, ...(await Promise.all(traders))];
  // Behind all numbers of the exchange before it, so that nobody takes its book for a continuation.
  const position = { ...START_POSITION, bookSequence: clock.nowUs() };
  return { salt: randomBytes(8).toString('hex'), accounts, position };
}
