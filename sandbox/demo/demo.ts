#!/usr/bin/env node
/**
 * `npm run demo`: a sandbox exchange, a logger and its manager CLI, without network or anything from
 * before. Records, asks for the book now and in the past, provokes a gap, and holds every answer
 * against what the exchange itself had. Ends with 0 only when everything was right, and leaves
 * neither processes nor files behind, whichever way it ends.
 */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describeError } from '../../logger/errors.ts';
import { formatTimeUs, parseTimeUs } from '../../logger/market/time.ts';
import { compareBooks, ladder, queues } from './demo-check.ts';
import type { BookReply } from './demo-check.ts';
import { DemoError, DemoProcesses, freePort } from './demo-process.ts';
import type { CommandOutcome } from './demo-process.ts';
import { Story } from './demo-story.ts';
import { loggerSettings } from '../logger-settings.ts';
import { startSandbox } from '../sandbox.ts';
import type { Sandbox } from '../sandbox.ts';

const BUSY = 'binance:BTCUSDT';
const DEEP = 'binance:DEEPUSDT';
const QUEUED = 'coinbase:BTC-USD';
const DEMO_LIMIT_MS = 50_000;
const LADDER_DEPTH = 6;
const SHOWN_QUEUE = 4;
/** The market goes on for so many book updates before the demo looks back. */
const UPDATES_BEFORE_LOOKING_BACK = 1000;
const UPDATES_LIMIT_MS = 15_000;
const GAP_LIMIT_MS = 15_000;
const DROPPED_DIFFS = 4;
const SHOWN_TRADES = 5;
const EXIT_NOT_RECORDED = 5;

interface GapReply {
  readonly from: string;
  readonly to: string | null;
  readonly cause: string;
  readonly firstMissing: string | null;
  readonly lastMissing: string | null;
}

class Demo {
  readonly #story = new Story();
  readonly #sandbox: Sandbox;
  readonly #processes: DemoProcesses;
  readonly #directory: string;

  constructor(sandbox: Sandbox, processes: DemoProcesses, directory: string) {
    this.#sandbox = sandbox;
    this.#processes = processes;
    this.#directory = directory;
  }

  async play(): Promise<void> {
    await this.#start();
    const past = await this.#bookNow();
    const queue = await this.#queueNow();
    await this.#waitForUpdates();
    await this.#bookInThePast(past);
    await this.#queueInThePast(queue);
    await this.#deepBook();
    await this.#gap();
    await this.#trades();
    await this.#stop(past);
    this.#story.end();
  }

  async #start(): Promise<void> {
    this.#story.step(
      'A sandbox exchange and a logger',
      `The exchange runs inside this process. It speaks as Binance does at ${this.#sandbox.wsUrl},`,
      `and as Coinbase does at ${this.#sandbox.coinbaseWsUrl}.`,
      'The logger is a process of its own. It has an empty archive and records nothing yet.',
    );
    await this.#processes.startLogger();
    this.#story.say('The logger is up, and its manager port answers.');
    this.#story.step(
      'Record three books of two exchanges',
      '"add" comes back when the first proven book of each is in.',
    );
    await this.#show(['add', BUSY, DEEP, QUEUED]);
    await this.#show(['list']);
    await this.#show(['health']);
  }

  async #bookNow(): Promise<BookReply> {
    this.#story.step('The book now');
    const now = await this.#book(['book', BUSY], true);
    this.#story.lines(ladder(now, LADDER_DEPTH));
    this.#prove(now, 'That book');
    return now;
  }

  async #queueNow(): Promise<BookReply> {
    this.#story.step(
      'Whose turn it is',
      'Coinbase tells of every single order, so the book is its queues, in order.',
    );
    const now = await this.#book(['book', QUEUED], true);
    this.#story.lines(queues(now, SHOWN_QUEUE));
    this.#prove(now, 'That book');
    return now;
  }

  async #queueInThePast(past: BookReply): Promise<void> {
    this.#story.step('The queues in the past', 'The same moment again, rebuilt order by order.');
    const then = await this.#book(['book', QUEUED, '--at', past.receiveTime], true);
    this.#story.lines(queues(then, SHOWN_QUEUE));
    if (then.sequence !== past.sequence) {
      throw new DemoError(
        `The queues at ${past.receiveTime} should have sequence ${past.sequence}, and have ${then.sequence}`,
      );
    }
    this.#prove(then, 'The rebuilt book');
    this.#story.say('By price, it is the book that one has elsewhere:');
    await this.#show(['book', QUEUED, '--level', '2', '--depth', '3']);
  }

  async #waitForUpdates(): Promise<void> {
    this.#story.step('Let the market go on');
    const from = this.#sandbox.book('BTCUSDT').sequence;
    await this.#until('the market to go on', UPDATES_LIMIT_MS, async () => {
      const updates = this.#sandbox.book('BTCUSDT').sequence - from;
      const isEnough = updates >= UPDATES_BEFORE_LOOKING_BACK;
      this.#story.progress(`${updates} updates of the book since then`, isEnough);
      return isEnough;
    });
  }

  async #bookInThePast(past: BookReply): Promise<void> {
    this.#story.step(
      'The book in the past',
      'The market has moved on. The same book again, rebuilt from the archive, by its time …',
    );
    const byTime = await this.#book(['book', BUSY, '--at', past.receiveTime], true);
    this.#story.lines(ladder(byTime, LADDER_DEPTH));
    if (byTime.sequence !== past.sequence) {
      throw new DemoError(
        `The book at ${past.receiveTime} should have sequence ${past.sequence}, and has ${byTime.sequence}`,
      );
    }
    this.#prove(byTime, 'The rebuilt book');
    this.#story.say('… and by its sequence.');
    this.#prove(await this.#book(['book', BUSY, '--sequence', String(past.sequence)], true), 'It');
    const { bids } = this.#sandbox.book('BTCUSDT');
    this.#story.say(`(The best bid was ${past.bids[0]?.[0]} then and is ${bids[0]?.[0]} now.)`);
  }

  async #deepBook(): Promise<void> {
    this.#story.step(
      'A book deeper than the exchange shows',
      "Binance's image ends at 5000 levels a side: the answer says up to which price it is complete.",
    );
    const book = await this.#book(['book', DEEP], true);
    const { bid, ask } = book.horizon;
    if (bid === null || ask === null) {
      throw new DemoError('The deep book should have a horizon on both sides, and has none');
    }
    this.#story.say(`Complete from ${bid} to ${ask}.`);
    this.#prove(book, 'Up to there the book');
  }

  async #gap(): Promise<void> {
    this.#story.step(
      'A hole in the feed',
      `The exchange now loses ${DROPPED_DIFFS} updates on the way. The logger must notice, declare the gap`,
      'and start again from a fresh image.',
    );
    this.#sandbox.misbehave({ type: 'drop-diffs', symbol: 'BTCUSDT', count: DROPPED_DIFFS });
    let gap: GapReply | undefined;
    await this.#until('the gap to be declared and over', GAP_LIMIT_MS, async () => {
      const outcome = await this.#run(['coverage', BUSY, '--json']);
      gap = (JSON.parse(outcome.stdout) as { gaps: GapReply[] }).gaps.at(-1);
      return gap !== undefined && gap.to !== null;
    });
    if (!gap?.to) throw new DemoError('There is no gap');
    await this.#show(['coverage', BUSY]);
    if (gap.cause !== 'sequence') throw new DemoError(`The cause of the gap is ${gap.cause}`);
    this.#story.say('Nobody gets a book from inside the gap:');
    const fromUs = parseTimeUs(gap.from);
    const insideUs = Math.floor(fromUs + (parseTimeUs(gap.to) - fromUs) / 2);
    const refused = await this.#show(
      ['book', BUSY, '--at', formatTimeUs(insideUs)],
      EXIT_NOT_RECORDED,
    );
    if (/\bbids?\b/.test(refused.stdout)) {
      throw new DemoError('A book was shown from inside the gap');
    }
    this.#story.proven('Exit code 5: that moment was not recorded.');
    this.#prove(await this.#book(['book', BUSY], true), 'After the gap the book');
  }

  async #trades(): Promise<void> {
    this.#story.step('The trades', 'One a line, for scripts.');
    const args = ['export', BUSY, '--type', 'trades', '--format', 'jsonl', '--allow-gaps'];
    this.#story.command(args);
    const outcome = await this.#run(args);
    this.#story.output({ ...outcome, stderr: '' }, SHOWN_TRADES);
    const lines = outcome.stdout.trim().split('\n');
    const exported = lines
      .map((line) => JSON.parse(line) as ExportedTrade)
      .filter((line) => line.tradeId !== undefined);
    const told = await this.#toldTrades();
    let checked = 0;
    for (const trade of exported) {
      const truth = told.get(String(trade.tradeId));
      if (truth === undefined) continue;
      const mine = `${trade.price} ${trade.size} ${trade.side}`;
      if (mine !== truth) {
        throw new DemoError(`Trade ${trade.tradeId} is ${mine}, and was ${truth} at the exchange`);
      }
      checked++;
    }
    if (checked === 0) throw new DemoError('None of the exported trades is known to the exchange');
    this.#story.proven(`${checked} trades have the price, size and side that the exchange tells.`);
  }

  /** The exchange's own list of recent trades, as `price size side` by id. */
  async #toldTrades(): Promise<Map<string, string>> {
    const url = `${this.#sandbox.restUrl}/api/v3/trades?symbol=BTCUSDT&limit=1000`;
    const rows = (await (await fetch(url)).json()) as RestTrade[];
    const plain = (decimal: string): string => decimal.replace(/\.?0+$/, '');
    return new Map(
      rows.map((row) => [
        String(row.id),
        `${plain(row.price)} ${plain(row.qty)} ${row.isBuyerMaker ? 'sell' : 'buy'}`,
      ]),
    );
  }

  async #stop(past: BookReply): Promise<void> {
    this.#story.step('Stop', 'Removing ends the recording, the archive keeps what there is.');
    await this.#show(['remove', DEEP]);
    await this.#show(['list']);
    await this.#show(['terminate', '--yes']);
    const exitCode = await this.#processes.loggerExit();
    if (exitCode !== 0) {
      const tail = this.#processes.loggerTail();
      throw new DemoError(`The logger ended with exit code ${exitCode}:${tail}`);
    }
    this.#story.say('The logger has ended by itself, with exit code 0.');
    this.#story.step('The archive alone', 'Reading needs no running logger.');
    const archive = ['--archive', this.#directory];
    await this.#show(['verify', ...archive]);
    const args = ['book', BUSY, '--sequence', String(past.sequence), ...archive];
    this.#prove(await this.#book(args, true), 'The book from the beginning');
  }

  /** Runs a command and shows it. @throws DemoError when it ends otherwise than expected. */
  async #show(args: readonly string[], expected = 0): Promise<CommandOutcome> {
    this.#story.command(args);
    const outcome = await this.#run(args, expected);
    this.#story.output(outcome);
    return outcome;
  }

  async #run(args: readonly string[], expected = 0): Promise<CommandOutcome> {
    const outcome = await this.#processes.run(args);
    if (outcome.exitCode === expected) return outcome;
    const said = outcome.stderr.trim() || outcome.stdout.trim().slice(0, 400);
    throw new DemoError(
      `"${args.join(' ')}" ended with exit code ${outcome.exitCode}, not ${expected}: ${said}`,
    );
  }

  /** A book in full depth. */
  async #book(args: readonly string[], isShown = false): Promise<BookReply> {
    const full = [...args, '--json'];
    if (isShown) this.#story.command(full);
    return JSON.parse((await this.#run(full)).stdout) as BookReply;
  }

  /** @throws DemoError where the exchange had another book at that sequence. */
  #prove(book: BookReply, what: string): void {
    const symbol = book.security.slice(book.security.indexOf(':') + 1);
    const sequence = Number(book.sequence);
    const isQueued = book.security === QUEUED;
    const truth = isQueued
      ? this.#sandbox.ordersAtSequence(symbol, sequence)
      : this.#sandbox.bookAtSequence(symbol, sequence);
    if (!truth || String(truth.sequence) !== book.sequence) {
      throw new DemoError(`The exchange knows no book of ${symbol} at sequence ${book.sequence}`);
    }
    const { equal, difference } = compareBooks(book, truth);
    if (difference !== null) {
      throw new DemoError(
        `${what} of ${symbol} at sequence ${book.sequence} is wrong: ${difference}`,
      );
    }
    this.#story.proven(
      `${what} equals what the exchange had at sequence ${book.sequence}: all ${equal} ${isQueued ? 'orders, price, size, id and place.' : 'levels, price and size.'}`,
    );
  }

  async #until(what: string, limitMs: number, check: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!(await check())) {
      if (!this.#processes.isLoggerRunning()) {
        throw new DemoError(`The logger has ended:${this.#processes.loggerTail()}`);
      }
      if (performance.now() > deadline) {
        throw new DemoError(`Waited ${limitMs / 1000} s for ${what}, in vain`);
      }
      await wait(100);
    }
  }
}

interface ExportedTrade {
  readonly tradeId?: string | number;
  readonly price: string;
  readonly size: string;
  readonly side: string;
}

interface RestTrade {
  readonly id: number;
  readonly price: string;
  readonly qty: string;
  readonly isBuyerMaker: boolean;
}

/** Resolves with the exit code of whatever asks for an early end. */
function interruption(): Promise<number> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(130));
    process.once('SIGTERM', () => resolve(143));
    setTimeout(() => {
      process.stderr.write(`demo: not done after ${DEMO_LIMIT_MS / 1000} s\n`);
      resolve(1);
    }, DEMO_LIMIT_MS).unref();
  });
}

async function main(): Promise<number> {
  const interrupted = interruption();
  const directory = await mkdtemp(join(tmpdir(), 'orderbook-demo-'));
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeDirectory);
  const sandbox = await startSandbox({ seed: 'demo', pace: 400 });
  const processes = new DemoProcesses({
    dataDirectory: directory,
    managerPort: await freePort(),
    authkey: randomBytes(24).toString('hex'),
    exchanges: loggerSettings(sandbox),
  });
  // Should this process end without getting to `close` below.
  process.once('exit', () => processes.killAll());
  const played = new Demo(sandbox, processes, directory).play().then(
    () => 0,
    (error: unknown) => {
      process.stderr.write(`\ndemo: ${describeError(error)}\n`);
      return 1;
    },
  );
  const exitCode = await Promise.race([played, interrupted]);
  await processes.close();
  await sandbox.close();
  removeDirectory();
  return exitCode;
}

// Not only the exit code: an interrupted play may still be waiting for something.
process.exit(await main());
