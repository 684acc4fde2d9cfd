/** Prints the demo: numbered steps, commands as a user would type them, and their output. */

import type { CommandOutcome, Program } from './demo-process.ts';

/** Lines of a command's output that are shown; the rest is only counted. */
const SHOWN_LINES = 30;

export class Story {
  #step = 0;
  readonly #startedMs = performance.now();

  step(title: string, ...explanation: string[]): void {
    this.#step++;
    write(`\n${this.#step}. ${title}\n`);
    this.lines(explanation);
  }

  say(text: string): void {
    this.lines([text]);
  }

  /** A comparison that held. */
  checked(text: string): void {
    this.lines([`✔ ${text}`]);
  }

  command(args: readonly string[], program: Program = 'manager'): void {
    write(`\n   $ npm run -s ${program} -- ${args.map(quoted).join(' ')}\n`);
  }

  output(outcome: CommandOutcome, maxLines = SHOWN_LINES): void {
    const output = (outcome.stdout + outcome.stderr).trimEnd().split('\n');
    this.lines(output.slice(0, maxLines).map((line) => `│ ${line}`));
    if (output.length > maxLines) this.say(`│ … ${output.length - maxLines} more lines`);
    if (outcome.exitCode !== 0) this.say(`(exit code ${outcome.exitCode})`);
  }

  lines(lines: readonly string[]): void {
    for (const line of lines) write(`   ${line}\n`);
  }

  /** A growing figure: redrawn in place on a terminal, else printed once at the end. */
  progress(text: string, isLast: boolean): void {
    if (process.stdout.isTTY) write(`\r   ${text}${isLast ? '\n' : ''}`);
    else if (isLast) this.say(text);
  }

  /** @param what held, for the last line. */
  end(what: string): void {
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(1);
    write(`\nDone in ${seconds} s: ${what}.\n`);
  }
}

function quoted(argument: string): string {
  return /^[\w:@.,/=+-]+$/.test(argument) ? argument : `'${argument}'`;
}

function write(text: string): void {
  process.stdout.write(text);
}
