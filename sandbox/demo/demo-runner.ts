/** Runs the demo's manager commands, shows them, and compares the books with the exchange's own. */

import type { Sandbox } from '../sandbox.ts';
import { until } from '../until.ts';
import { compareBooks } from './demo-check.ts';
import type { BookReply } from './demo-check.ts';
import { DemoError } from './demo-process.ts';
import type { CommandOutcome, DemoProcesses, Program } from './demo-process.ts';
import { Story } from './demo-story.ts';

const POLL_MS = 100;

export class DemoRunner {
  readonly story = new Story();
  readonly sandbox: Sandbox;
  readonly processes: DemoProcesses;

  constructor(sandbox: Sandbox, processes: DemoProcesses) {
    this.sandbox = sandbox;
    this.processes = processes;
  }

  /** Runs a command and shows its output. @throws DemoError for an unexpected exit code. */
  async show(
    args: readonly string[],
    expectedCode = 0,
    program: Program = 'manager',
  ): Promise<CommandOutcome> {
    this.story.command(args, program);
    const outcome = await this.run(args, expectedCode, program);
    this.story.output(outcome);
    return outcome;
  }

  /** Runs a command. @throws DemoError for an unexpected exit code. */
  async run(
    args: readonly string[],
    expectedCode = 0,
    program: Program = 'manager',
  ): Promise<CommandOutcome> {
    const outcome = await this.processes.run(args, program);
    if (outcome.exitCode === expectedCode) return outcome;
    const output = outcome.stderr.trim() || outcome.stdout.trim().slice(0, 400);
    throw new DemoError(
      `"${args.join(' ')}" exited with ${outcome.exitCode}, not ${expectedCode}: ${output}`,
    );
  }

  /** Shows a `book` command and reads its full book. */
  async book(args: readonly string[]): Promise<BookReply> {
    const command = ['book', ...args, '--json'];
    this.story.command(command);
    return JSON.parse((await this.run(command)).stdout) as BookReply;
  }

  /** @throws DemoError if the exchange had another book at that sequence. */
  check(book: BookReply, what: string): void {
    const { security, sequence } = book;
    const truth = this.sandbox.bookAtSequence(security, Number(sequence));
    if (!truth || String(truth.sequence) !== sequence) {
      throw new DemoError(`The exchange has no book of ${security} at sequence ${sequence}`);
    }
    const { equal, difference } = compareBooks(book, truth);
    if (difference !== null) {
      throw new DemoError(`${what} of ${security} at sequence ${sequence} is wrong: ${difference}`);
    }
    const tag = truth.bids[0]?.[2];
    const of = {
      string: 'orders: price, size, id and queue position',
      number: 'levels: price, size and number of orders',
    };
    const compared = `all ${equal} ${of[typeof tag as keyof typeof of] ?? 'levels: price and size'}`;
    this.story.checked(`${what} equals the exchange's own at sequence ${sequence}, ${compared}.`);
  }

  /** For a moment whose book the exchange does not have. @throws DemoError if it is not the book that was shown then. */
  checkSame(rebuilt: BookReply, shown: BookReply): void {
    const { equal, difference } = compareBooks(rebuilt, shown);
    if (difference !== null) {
      throw new DemoError(`The rebuilt book of ${rebuilt.security} is wrong: ${difference}`);
    }
    this.story.checked(`The rebuilt book equals the one shown then, all ${equal} levels.`);
  }

  /** @throws DemoError if the logger exits meanwhile; Error after `limitMs`. */
  async until(
    what: string,
    limitMs: number,
    check: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const checkLogger = async (): Promise<boolean> => {
      if (!this.processes.isLoggerRunning()) {
        throw new DemoError(`The logger has exited:${this.processes.loggerTail()}`);
      }
      return check();
    };
    await until(what, checkLogger, limitMs, POLL_MS);
  }
}
