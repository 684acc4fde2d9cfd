#!/usr/bin/env node
/**
 * `npm run demo:exchange`: two traders and the exchange with accounts, step by step. In the middle the exchange
 * is killed, and goes on where it was. The balances are compared with those that the rules demand; exit code 1
 * if they differ.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { describeError, InvariantError } from '../../logger/errors.ts';
import { openLmdbStore } from '../exchange/store/lmdb-store.ts';
import { balancesOf } from '../exchange/trader/trader-lines.ts';
import type { Incoming } from '../exchange/trader/trader-lines.ts';

const MAIN = join(dirname(fileURLToPath(import.meta.url)), '..', 'exchange-main.js');

/** Cash, microbitcoin, and both on hold. */
type Expected = readonly [cash: number, coin: number, cashHeld: number, coinHeld: number];

const START: Expected = [10_000, 20_000, 0, 0];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The exchange as a process, on the same directory each time. */
class ExchangeProcess {
  readonly #directory: string;
  #child: ChildProcess | null = null;
  port = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    const env = {
      ...process.env,
      EXCHANGE_PORT: '0',
      EXCHANGE_DATA_DIR: this.#directory,
      EXCHANGE_USERS: '',
      MONGODB_ENDPOINT: '',
    };
    const child = spawn(process.execPath, [MAIN], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.port = await new Promise((resolve, reject) => {
      let text = '';
      child.once('exit', (code) => reject(new Error(`The exchange ended with ${code}`)));
      child.stdout?.on('data', (data: Buffer) => {
        text += data.toString();
        const [first, port] = /^XBTUSD at ws:\S+:(\d+).*$/m.exec(text) ?? [];
        if (first === undefined) return;
        say(first);
        resolve(Number(port));
      });
    });
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

/** A trader's connection; what it gets is shown. */
class DemoTrader {
  readonly #name: string;
  readonly #password: string;
  #socket: WebSocket | null = null;
  readonly #asked = new Map<unknown, (answer: Incoming) => void>();
  #ref = 0;

  constructor(name: string, password: string) {
    this.#name = name;
    this.#password = password;
  }

  /** @param showsBook one of the traders shows what all get. */
  async connect(port: number, showsBook: boolean): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      const message = JSON.parse(text) as Incoming;
      if (showsBook && message.table === 'orderBookL2') say(`  ← ${shortened(text)}`);
      this.#asked.get(message.ref)?.(message);
    });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    await this.ask({ op: 'login', username: this.#name, password: this.#password });
  }

  async order(side: 'Buy' | 'Sell', price: number, size: number): Promise<void> {
    say(`\n${this.#name}: ${side} ${size} at ${price}`);
    const answer = await this.ask({ op: 'order', side, price, size });
    if (answer.error !== undefined) throw new Error(answer.error);
  }

  /** Shows the balances. @throws InvariantError if they are not as expected. */
  async expect(expected: Expected): Promise<void> {
    const { data } = await this.ask({ op: 'account' });
    const row = data?.[0] ?? {};
    say(`  ${balancesOf(row)}`);
    const found = ['cash_amount', 'microbitcoin_amount', 'cash_on_hold', 'microbitcoin_on_hold'];
    if (found.some((field, i) => row[field] !== expected[i])) {
      throw new InvariantError(`The balances of ${this.#name} are not ${expected.join(', ')}`);
    }
  }

  ask(message: Readonly<Record<string, unknown>>): Promise<Incoming> {
    const ref = ++this.#ref;
    return new Promise((resolve, reject) => {
      this.#asked.set(ref, resolve);
      this.#socket?.once('close', () => reject(new Error('The exchange closed the connection')));
      this.#socket?.send(JSON.stringify({ ...message, ref }));
    });
  }

  close(): void {
    this.#socket?.terminate();
  }
}

async function play(exchange: ExchangeProcess): Promise<void> {
  const one = new DemoTrader('username1', 'password1');
  const two = new DemoTrader('username2', 'password2');
  const connect = async (): Promise<void> => {
    await exchange.start();
    await one.connect(exchange.port, true);
    await two.connect(exchange.port, false);
  };
  await connect();
  await one.expect(START);
  await two.expect(START);
  await one.order('Buy', 3.14, 200);
  await one.expect([9372, 20_000, 628, 0]);
  await two.expect(START);
  await one.order('Buy', 3.15, 300);
  await one.expect([8427, 20_000, 1573, 0]);

  say('\nThe exchange is killed (SIGKILL), and started again:');
  await exchange.end('SIGKILL');
  await connect();
  await one.expect([8427, 20_000, 1573, 0]);
  await two.expect(START);

  await two.order('Sell', 3.11, 600);
  await one.expect([8427, 20_500, 0, 0]);
  await two.expect([11_555, 19_400, 0, 100]);
  one.close();
  two.close();
}

/** Nobody can log in as admin: it is read from the store. */
async function showAdmin(directory: string): Promise<void> {
  const store = await openLmdbStore(directory);
  const [admin] = (await store.load())?.accounts ?? [];
  await store.close();
  say(`\nadmin: cash ${(admin?.cash ?? 0) / 100}, the price differences: 300 × 0.04 + 200 × 0.03`);
  if (admin?.cash !== 1800) throw new InvariantError('admin does not have 18');
  say('Cash: 8427 + 11555 + 18 = 20000. Microbitcoin: 20500 + 19400 + 100 = 40000.');
}

function shortened(text: string): string {
  const types = /"keys":.*?"filter":\{[^}]*\},/;
  return text.replace(types, '').replace(/,"priceText":"[^"]*"/g, '');
}

const directory = await mkdtemp(join(tmpdir(), 'demo-exchange-'));
const exchange = new ExchangeProcess(directory);
try {
  await play(exchange);
  await exchange.end('SIGTERM');
  await showAdmin(directory);
} catch (error) {
  process.stderr.write(`demo: ${describeError(error)}\n`);
  process.exitCode = 1;
} finally {
  await exchange.end('SIGTERM');
  await rm(directory, { recursive: true, force: true });
}
