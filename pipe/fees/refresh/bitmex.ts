/**
 * BitMEX: `/instrument/active` has the fees of trades, `/wallet/assets` the withdrawals of each network in smallest
 * units, `/wallet/networks` the confirmations of deposits. Fields as in BitMEX's API explorer (swagger), which marks
 * none of the three as needing a key.
 */

import { compareExact, parseExact } from '../../market/exact.ts';
import {
  atScale,
  commonCoin,
  commonNetwork,
  decimalOf,
  fieldsOf,
  isCount,
  known,
  listOf,
} from './published.ts';
import type {
  ExchangeFigures,
  Fields,
  NetworkFigures,
  PublicFees,
  PublishedNetwork,
} from './published.ts';

/** Type of an instrument: spot. */
const SPOT = 'IFXXXP';

export const bitmexFees: PublicFees = {
  exchange: 'bitmex',
  setting: 'BITMEX_REST_URL',
  defaultUrl: 'https://www.bitmex.com',
  paths: ['/api/v1/instrument/active', '/api/v1/wallet/assets', '/api/v1/wallet/networks'],
  read: ([instruments, assets, networks]) => ({
    figures: tradeFees(listOf(instruments, 'The list of instruments')),
    networks: networksOf(
      listOf(assets, 'The list of assets'),
      listOf(networks, 'The list of networks'),
    ),
  }),
};

/** The highest of all spot instruments: the table has one figure for all. */
function tradeFees(instruments: readonly unknown[]): ExchangeFigures {
  const spot = instruments.map(fieldsOf).filter(({ typ }) => typ === SPOT);
  const highest = (name: string): string | undefined =>
    spot
      .map((each) => decimalOf(each[name]))
      .filter((each) => each !== undefined)
      .reduce<string | undefined>((most, each) => {
        return most === undefined || compareExact(parseExact(each), parseExact(most)) > 0
          ? each
          : most;
      }, undefined);
  return known<ExchangeFigures>({ taker: highest('takerFee'), maker: highest('makerFee') });
}

function networksOf(assets: readonly unknown[], networks: readonly unknown[]): PublishedNetwork[] {
  const confirmations = new Map<string, number>();
  for (const each of networks.map(fieldsOf)) {
    const name = commonNetwork(each['network'] ?? each['asset']);
    const count = each['depositConfirmations'];
    if (name !== undefined && isCount(count)) confirmations.set(name, count);
  }
  return assets.map(fieldsOf).flatMap((asset) => {
    const own = asset['networks'];
    if (!Array.isArray(own)) return [];
    return own.map(fieldsOf).flatMap((each) => {
      const network = commonNetwork(each['asset']);
      if (network === undefined) return [];
      const coin = commonCoin('bitmex', asset['asset'] ?? asset['currency']);
      return [{ coin, network, figures: figuresOf(asset, each, confirmations.get(network)) }];
    });
  });
}

function figuresOf(asset: Fields, network: Fields, confirmations?: number): NetworkFigures {
  const isOn = (name: string): boolean | undefined => {
    const value = network[name];
    return typeof value === 'boolean' ? value : undefined;
  };
  return known<NetworkFigures>({
    withdrawFee: atScale(network['withdrawalFee'], asset['scale']),
    withdrawMin: atScale(asset['minWithdrawalAmount'], asset['scale']),
    canDeposit: isOn('depositEnabled'),
    canWithdraw: isOn('withdrawalEnabled'),
    confirmations,
  });
}
