import { securities } from '../arguments.ts';
import { SECURITY } from '../command.ts';
import type { Command } from '../command.ts';
import { runChange } from './results.ts';

export const removeCommand: Command = {
  usage: 'remove <security..>',
  describe: 'Stop recording securities; the archive keeps their history',
  positionals: { security: SECURITY },
  examples: [['remove binance:BTCUSDT', 'stop recording it; its history stays']],
  completes: { recorded: true },
  run: (session) => runChange(session, 'Remove', { securities: securities(session.args) }),
};
