import { securities } from '../arguments.ts';
import type { Command } from '../command.ts';
import { runChange } from './results.ts';

export const removeCommand: Command = {
  usage: 'remove <security..>',
  describe: 'Stop recording securities; the archive keeps their history',
  options: (yargs) => yargs,
  run: (session) => runChange(session, 'Remove', { securities: securities(session.args) }),
};
