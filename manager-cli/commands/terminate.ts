import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { flag } from '../arguments.ts';
import type { Command, Session } from '../command.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';

const QUESTION = 'Stop the logger? Nothing is recorded until it is started again. [y/N] ';

/** Asks on the terminal. The question goes to stderr, so that stdout only carries results. */
async function isConfirmed({ io, signal }: Session): Promise<boolean> {
  // `terminal: false`, so that Ctrl-C remains a signal, as everywhere else.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  const ended = once(lines, 'close').then(() => '');
  try {
    const asked = lines.question(QUESTION, { signal });
    const answer = await Promise.race([asked, ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

export const terminateCommand: Command = {
  usage: 'terminate',
  describe: 'Stop the logger, after confirmation',
  options: { yes: { type: 'boolean', alias: 'y', describe: 'Do not ask' } },
  examples: [['terminate --yes', 'stop the logger without asking']],
  run: async (session) => {
    const { args, io, out } = session;
    if (!flag(args, 'yes')) {
      if (io.stdin.isTTY !== true) {
        throw usageError('terminate asks for confirmation, and there is no terminal: give --yes');
      }
      if (!(await isConfirmed(session))) {
        throw new CliError(EXIT.failed, 'The logger was not stopped');
      }
    }
    await (await session.client()).unary('Terminate', {});
    if (out.isJson) await out.json({ terminating: true });
    else await out.line('The logger is stopping.');
    return EXIT.done;
  },
};
