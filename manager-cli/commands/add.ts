import { flag, securities } from '../arguments.ts';
import type { Command } from '../command.ts';
import { runChange } from './results.ts';

export const addCommand: Command = {
  usage: 'add <security..>',
  describe: 'Start recording securities',
  options: (yargs) =>
    yargs.option('wait', {
      type: 'boolean',
      default: true,
      describe: 'Wait for the first proven book of each; --no-wait: return at once',
    }),
  run: (session) =>
    runChange(session, 'Add', {
      securities: securities(session.args),
      wait: flag(session.args, 'wait'),
    }),
};
