import { EXCHANGE_NAMES } from '../../logger/exchange/exchanges.ts';
import type { Command } from '../command.ts';
import { usageError } from '../exit-codes.ts';
import { runChange } from './results.ts';

export const resetCommand: Command = {
  usage: 'reset <exchange>',
  describe: "Replace an exchange's connections without losing updates (all: of every exchange)",
  positionals: { exchange: `${EXCHANGE_NAMES.join(', ')}, or all` },
  examples: [['reset binance', 'replace the connections to Binance']],
  completes: { words: [...EXCHANGE_NAMES, 'all'] },
  run: (session) => {
    const exchange = String(session.args['exchange']).toLowerCase();
    if (exchange !== 'all' && !EXCHANGE_NAMES.includes(exchange)) {
      throw usageError(
        `Unknown exchange ${exchange.slice(0, 40)}; use one of ${EXCHANGE_NAMES.join(', ')}, all`,
      );
    }
    return runChange(session, 'Reset', { exchange });
  },
};
