#!/usr/bin/env node
/** `npm run exchange`: the exchange with accounts on loopback, until it is stopped. */

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ConflictError, describeError, InvalidArgumentError } from '../logger/errors.ts';
import type { Clock } from '../logger/runtime/clock.ts';
import { startExchange } from './exchange/exchange.ts';
import type { Exchange } from './exchange/exchange.ts';
import { DEFAULT_PORT, exchangeSettings } from './exchange/settings.ts';
import type { ExchangeSettings } from './exchange/settings.ts';
import { openLmdbStore } from './exchange/store/lmdb-store.ts';
import { openMongoStore } from './exchange/store/mongodb-store.ts';
import type { ExchangeStore } from './exchange/store/store.ts';
import { lockDirectory } from './server/directory-lock.ts';
import { systemClock } from './server/system-clock.ts';

const HOST = '127.0.0.1';
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(): Promise<number> {
  const { reset } = await readOptions();
  const settings = exchangeSettings(process.env);
  const stopped = nextSignal();
  const clock = systemClock();
  let fail: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const store = await openStore(settings, clock);
  const { port, users, hotOrders } = settings;
  const exchange = await startExchange({
    store,
    clock,
    host: HOST,
    port,
    users,
    hotOrders,
    reset,
    onFailed: fail,
  });
  process.stdout.write(`${describe(exchange, settings)}\n`);
  await Promise.race([stopped, failure]);
  await exchange.close();
  return 0;
}

async function openStore(settings: ExchangeSettings, clock: Clock): Promise<ExchangeStore> {
  if (settings.mongodb !== null) return openMongoStore(settings.mongodb, { clock });
  await lockDirectory(settings.directory);
  return openLmdbStore(settings.directory);
}

function describe({ port, isNew, runner }: Exchange, settings: ExchangeSettings): string {
  const address = `ws://${HOST}:${port}`;
  const [user] = settings.users;
  const { openOrders, orderId } = runner.state.position;
  const state = isNew
    ? 'a new exchange: 10000 cash and 20000 microbitcoin each'
    : `goes on after ${orderId} orders, of which ${openOrders} are open (--reset: begin anew)`;
  const variable = port === DEFAULT_PORT ? '' : `EXCHANGE_PORT=${port} `;
  const example = { ...user, side: 'Buy', price: 3.14, size: 200 };
  return [
    `XBTUSD at ${address}: ${state}.`,
    `Stored in ${settings.mongodb === null ? settings.directory : 'MongoDB'}.`,
    '',
    'Trade, in other terminals:',
    ...settings.users
      .slice(0, 2)
      .map(({ username }) => `  ${variable}npm run -s trader -- --user ${username}`),
    'or over the WebSocket:',
    `  ${JSON.stringify(example)}`,
    'Record it:',
    `  SANDBOX_WS_URL=${address} SANDBOX_REST_URL=http://${HOST}:${port} npm start`,
    '  npm run -s manager -- add sandbox:XBTUSD',
    '',
    'Stop with Ctrl-C.',
  ].join('\n');
}

async function readOptions(): Promise<{ readonly reset: boolean }> {
  const given = await yargs(hideBin(process.argv))
    .scriptName('npm run exchange --')
    .usage(
      `$0 [options]\n\nAn exchange with accounts on loopback. Variables: EXCHANGE_PORT (6789), EXCHANGE_DATA_DIR (exchange-data), MONGODB_ENDPOINT (instead of the directory), EXCHANGE_USERS (name:password,…; at the beginning), EXCHANGE_HOT_ORDERS (20000 a side in memory).`,
    )
    .options({
      reset: { type: 'boolean', default: false, describe: 'Delete everything and begin anew' },
    })
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw new InvalidArgumentError(message ?? describeError(error));
    })
    .parseAsync();
  const { reset, help, version } = given as typeof given & Record<string, unknown>;
  if (help === true || version === true) process.exit(0);
  return { reset };
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function hintOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return ' (stop the other process, or set another EXCHANGE_PORT)';
  }
  if (error instanceof ConflictError) return ' (stop it, or set another EXCHANGE_DATA_DIR)';
  return '';
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`exchange: ${describeError(error)}${hintOf(error)}\n`);
  process.exit(error instanceof InvalidArgumentError ? EXIT_USAGE : EXIT_FAILED);
}
