import { securities } from '../arguments.ts';
import { SECURITY } from '../command.ts';
import type { Command } from '../command.ts';
import { usageError } from '../exit-codes.ts';
import { runChange } from './results.ts';

export const snapshotCommand: Command = {
  usage: 'snapshot <security..>',
  describe: 'Write a base image of securities now (all: of every security)',
  positionals: { security: `${SECURITY}; all: every one` },
  examples: [
    ['snapshot binance:BTCUSDT', 'write its whole book now'],
    ['snapshot all', 'of every recorded security'],
  ],
  completes: { recorded: true, words: ['all'] },
  run: (session) => {
    const given = [session.args['security']].flat();
    if (!given.includes('all')) {
      return runChange(session, 'Snapshot', { securities: securities(session.args) });
    }
    if (given.length > 1)
      throw usageError('all cannot be combined with securities: it means every one');
    return runChange(session, 'Snapshot', { securities: ['all'] });
  },
};
