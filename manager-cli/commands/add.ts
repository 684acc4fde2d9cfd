import { flag, securities } from '../arguments.ts';
import type { Command } from '../command.ts';
import { runChange } from './results.ts';

/** Starts recording. */
export const addCommand: Command = {
  usage: 'add <security..>',
  describe: 'Start recording securities, without touching the others',
  options: (yargs) =>
    yargs.option('wait', {
      type: 'boolean',
      default: true,
      describe: 'Return when the first proven book of each is in; --no-wait: at once',
    }),
  run: (session) =>
    runChange(session, 'Add', {
      securities: securities(session.args),
      wait: flag(session.args, 'wait'),
    }),
};
