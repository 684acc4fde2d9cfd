/** How the demo talks: steps in plain words, commands as a user would type them, their output. */

import type { CommandOutcome } from './demo-process.ts';

/** Lines of a command's output that are shown; the rest is counted. */
const SHOWN_LINES = 30;

export class Story {
  #step = 0;
  readonly #started = performance.now();

  step(title: string, ...explanation: string[]): void {
    this.#step++;
    write(`\n${this.#step}. ${title}\n`);
    for (const line of explanation) write(`   ${line}\n`);
  }

  say(text: string): void {
    write(`   ${text}\n`);
  }

  /** Something compared and found right. */
  proven(text: string): void {
    write(`   ✔ ${text}\n`);
  }

  command(args: readonly string[]): void {
    write(`\n   $ npm run -s manager -- ${args.map(quoted).join(' ')}\n`);
  }

  output(outcome: CommandOutcome, lines = SHOWN_LINES): void {
    const text = (outcome.stdout + outcome.stderr).trimEnd().split('\n');
    for (const line of text.slice(0, lines)) write(`   │ ${line}\n`);
    if (text.length > lines) write(`   │ … ${text.length - lines} more lines\n`);
    if (outcome.exitCode !== 0) write(`   (exit code ${outcome.exitCode})\n`);
  }

  lines(lines: readonly string[]): void {
    for (const line of lines) write(`   ${line}\n`);
  }

  /** A figure that grows: one line on a terminal, now and then a line elsewhere. */
  progress(text: string, isLast: boolean): void {
    if (process.stdout.isTTY) write(`\r   ${text}${isLast ? '\n' : ''}`);
    else if (isLast) write(`   ${text}\n`);
  }

  end(): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    write(
      `\nDone in ${seconds} s: every book was what the exchange had, and every hole was told.\n`,
    );
  }
}

function quoted(argument: string): string {
  return /^[\w:@.,/=+-]+$/.test(argument) ? argument : `'${argument}'`;
}

function write(text: string): void {
  process.stdout.write(text);
}
