import { flag, securities } from '../arguments.ts';
import { SECURITY } from '../command.ts';
import type { Command } from '../command.ts';
import { runChange } from './results.ts';

export const addCommand: Command = {
  usage: 'add <security..>',
  describe: 'Start recording securities',
  positionals: { security: SECURITY },
  options: {
    wait: {
      type: 'boolean',
      default: true,
      describe: 'Wait for the first proven book of each; --no-wait: return at once',
    },
  },
  examples: [
    ['add binance:BTCUSDT coinbase:BTC-USD', 'record two securities from now on'],
    ['add binance:ETHUSDT --no-wait', 'return before its first book is proven'],
  ],
  run: (session) =>
    runChange(session, 'Add', {
      securities: securities(session.args),
      wait: flag(session.args, 'wait'),
    }),
};
