import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { flag } from '../arguments.ts';
import type { Command, Session } from '../command.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';

const QUESTION = 'Stop the logger? Nothing is recorded until it is started again. [y/N] ';

/** Asks on the terminal; the question goes to stderr, so that stdout holds answers alone. */
async function isConfirmed({ io, signal }: Session): Promise<boolean> {
  // Not as a terminal of readline's own: Ctrl-C stays a signal then, and is heard like elsewhere.
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

/** Stops the logger as SIGTERM does. */
export const terminateCommand: Command = {
  usage: 'terminate',
  describe: 'Stop the logger, after asking',
  options: (yargs) => yargs.option('yes', { type: 'boolean', alias: 'y', describe: 'Do not ask' }),
  run: async (session) => {
    const { args, io, out } = session;
    if (!flag(args, 'yes')) {
      if (io.stdin.isTTY !== true) {
        throw usageError('terminate asks first, and there is no terminal to ask on: give --yes');
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
