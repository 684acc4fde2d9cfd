/** The options of arbitrage, and what a run's record keeps of them. */

import type { Options } from 'yargs';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { parseDurationUs } from '../../../logger/market/time.ts';
import { formatExact, isPlainDecimal, parseExact } from '../../market/exact.ts';

/** Plain JSON. */
export interface ArbitrageSettings {
  /** Between best prices, before fees: what is closer is neither decided nor recorded. Absent in old records: '0'. */
  readonly minEdgeBps?: string;
  /** In quote; what an opportunity has to bring at least. */
  readonly minProfit: string;
  /** In quote: what a buy may cost at most, without fees. */
  readonly maxNotional: string | null;
  /** A book whose last message is as old is not traded. */
  readonly maxAgeUs: number;
  /** Buy, withdraw, sell after the transfer; else both venues have balances. */
  readonly transfer: boolean;
  readonly maxTransferTimeUs: number;
  /** Of the moves of the price over the time of a transfer, the part that must not be worse: in percent. */
  readonly riskPercent: number;
  readonly maxDailyLoss: string | null;
  readonly maxOpenTransfers: number;
  /** Actions in a row with a failed order, after which all is halted. */
  readonly maxFailures: number;
}

const text = (describe: string, byDefault?: string): Options => ({
  type: 'string',
  requiresArg: true,
  describe,
  ...(byDefault !== undefined && { defaultDescription: byDefault }),
});

export const ARBITRAGE_OPTIONS: Readonly<Record<string, Options>> = {
  'min-edge-bps': text(
    'Look only at prices so many basis points apart, before fees; what is closer is counted, not recorded',
    '0: every bid above an ask',
  ),
  'min-profit': text('What an opportunity has to bring at least, in quote', '0: anything'),
  'max-notional': text('What a buy may cost at most, in quote', 'no limit'),
  'max-age': text(
    'A book whose last message is this old is not traded; more than the pace of its feed',
    '500ms',
  ),
  transfer: { ...text('Buy, withdraw, sell after the transfer', 'no'), choices: ['yes', 'no'] },
  'max-transfer-time': text('How long a transfer may take', '60m'),
  'risk-quantile': text(
    'The part of the last day’s price moves over a transfer that profit has to survive',
    '0.9',
  ),
  'max-daily-loss': text('Halt after a loss of so much on a UTC day, in quote', 'no limit'),
  'max-open-transfers': text('Withdrawals on their way at a time', '1'),
  'max-failures': text('Halt after so many actions in a row with a failed order', '3'),
};

/** @throws InvalidArgumentError that names the option. */
export function arbitrageSettings(options: Readonly<Record<string, unknown>>): ArbitrageSettings {
  const { transfer } = options;
  if (transfer !== undefined && transfer !== 'yes' && transfer !== 'no') {
    throw new InvalidArgumentError('--transfer: yes or no');
  }
  return {
    minEdgeBps: decimal(options, 'min-edge-bps') ?? '0',
    minProfit: decimal(options, 'min-profit') ?? '0',
    maxNotional: decimal(options, 'max-notional'),
    maxAgeUs: duration(options, 'max-age', '500ms'),
    transfer: transfer === 'yes',
    maxTransferTimeUs: duration(options, 'max-transfer-time', '60m'),
    riskPercent: percent(options, 'risk-quantile', '0.9'),
    maxDailyLoss: decimal(options, 'max-daily-loss'),
    maxOpenTransfers: count(options, 'max-open-transfers', '1'),
    maxFailures: count(options, 'max-failures', '3'),
  };
}

function textOf(options: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = options[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidArgumentError(`--${name}: give it once`);
}

function decimal(options: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = textOf(options, name);
  if (value === undefined) return null;
  if (!isPlainDecimal(value) || value.startsWith('-')) {
    throw new InvalidArgumentError(`--${name}: not a plain decimal: ${JSON.stringify(value)}`);
  }
  return formatExact(parseExact(value));
}

function duration(
  options: Readonly<Record<string, unknown>>,
  name: string,
  byDefault: string,
): number {
  return parseDurationUs(textOf(options, name) ?? byDefault, `--${name}`);
}

function count(
  options: Readonly<Record<string, unknown>>,
  name: string,
  byDefault: string,
): number {
  const value = textOf(options, name) ?? byDefault;
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError(`--${name}: not a whole number from 1: ${JSON.stringify(value)}`);
}

function percent(
  options: Readonly<Record<string, unknown>>,
  name: string,
  byDefault: string,
): number {
  const value = textOf(options, name) ?? byDefault;
  if (/^(?:0\.\d\d?|1(?:\.0)?)$/.test(value)) {
    const { value: units, exponent } = parseExact(value);
    return Number(units * 10n ** BigInt(2 - exponent));
  }
  throw new InvalidArgumentError(`--${name}: not a part like 0.9: ${JSON.stringify(value)}`);
}
