/** Arbitrage between the venues of a pair, as the program knows it. */

import { InvalidArgumentError } from '../../../logger/errors.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { ARBITRAGE, Arbitrage } from './arbitrage.ts';
import { ARBITRAGE_OPTIONS, arbitrageSettings } from './settings.ts';

export const arbitrage: StrategyDefinition = {
  name: ARBITRAGE,
  summary: 'Buys on one exchange and sells on another where that brings a profit after all fees',
  options: ARBITRAGE_OPTIONS,
  examples: [
    [
      '--pairs BTCUSDT --exchanges binance,bybit --balances balances.json --store records',
      'on paper, until Ctrl-C',
    ],
    [
      '--mode post-mortem --archive ./data --store records --report report.html',
      'what would have come of it',
    ],
  ],
  settings: (options) => ({ ...arbitrageSettings(options) }),
  create: (context, options) => {
    const settings = arbitrageSettings(options);
    if (settings.transfer && !context.canTransfer) {
      throw new InvalidArgumentError('--transfer yes: coins can be moved on paper only');
    }
    return new Arbitrage(context, settings);
  },
};
