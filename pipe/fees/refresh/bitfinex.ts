/**
 * Bitfinex: maps of `GET /v2/conf`. The withdrawal fee is one per currency, whatever the network; the methods say on
 * which networks a currency moves, the statuses whether these are open, and how many confirmations they need.
 * Shape as in ccxt 4.5.84 (`bitfinex.js`), read 2026-11-30.
 */

import { commonCoin, commonNetwork, decimalOf, isCount, known, listOf } from './published.ts';
import type { NetworkFigures, PublicFees, PublishedNetwork } from './published.ts';

const MAPS = ['pub:map:currency:tx:fee', 'pub:map:tx:method', 'pub:info:tx:status'];
/** In a status: the method, deposits, withdrawals, …; 1: open. */
const DEPOSITS_AT = 1;
const WITHDRAWALS_AT = 2;
const CONFIRMATIONS_AT = 11;

/** Methods of Tether, which have no network's name. */
const TETHER: Readonly<Record<string, string>> = {
  TETHERUSE: 'ethereum',
  TETHERUSX: 'tron',
  TETHERUSDTSOL: 'solana',
};

export const bitfinexFees: PublicFees = {
  exchange: 'bitfinex',
  setting: 'BITFINEX_REST_URL',
  defaultUrl: 'https://api-pub.bitfinex.com',
  paths: [`/v2/conf/${MAPS.join(',')}`],
  read: ([answer]) => {
    const [fees, methods, statuses] = MAPS.map((name, at) => {
      return byFirst(listOf(listOf(answer, 'The answer')[at], name));
    });
    return { figures: {}, networks: networksOf(fees!, methods!, statuses!) };
  },
};

type Rows = ReadonlyMap<string, readonly unknown[]>;

function byFirst(rows: readonly unknown[]): Rows {
  return new Map(rows.filter((row) => Array.isArray(row)).map((row) => [String(row[0]), row]));
}

function networksOf(fees: Rows, methods: Rows, statuses: Rows): PublishedNetwork[] {
  return [...methods].flatMap(([method, [, currencies]]) => {
    const network = TETHER[method] ?? commonNetwork(method);
    if (network === undefined || !Array.isArray(currencies)) return [];
    const status = statuses.get(method) ?? [];
    return currencies.map((currency) => ({
      coin: commonCoin('bitfinex', currency),
      network,
      figures: figuresOf(fees.get(String(currency)), status),
    }));
  });
}

function figuresOf(
  fee: readonly unknown[] | undefined,
  status: readonly unknown[],
): NetworkFigures {
  const [, amounts] = fee ?? [];
  const confirmations = status[CONFIRMATIONS_AT];
  return known<NetworkFigures>({
    withdrawFee: Array.isArray(amounts) ? decimalOf(amounts[1]) : undefined,
    canDeposit: openOf(status[DEPOSITS_AT]),
    canWithdraw: openOf(status[WITHDRAWALS_AT]),
    confirmations: isCount(confirmations) ? confirmations : undefined,
  });
}

function openOf(value: unknown): boolean | undefined {
  return value === 1 ? true : value === 0 ? false : undefined;
}
