/**
 * Coinbase: `GET /currencies`. Per network: whether it is online, confirmations, smallest withdrawal, and sometimes
 * the time it takes. Withdrawal fees are estimated per withdrawal, and need a key.
 * Shape as in ccxt 4.5.84 (`coinbaseexchange.js`), read 2026-11-30.
 */

import {
  commonCoin,
  commonNetwork,
  decimalOf,
  fieldsOf,
  isCount,
  known,
  listOf,
} from './published.ts';
import type { NetworkFigures, PublicFees, PublishedNetwork } from './published.ts';

export const coinbaseFees: PublicFees = {
  exchange: 'coinbase',
  setting: 'COINBASE_REST_URL',
  defaultUrl: 'https://api.exchange.coinbase.com',
  paths: ['/currencies'],
  read: ([currencies]) => ({
    figures: {},
    networks: listOf(currencies, 'The list of currencies').flatMap(networksOf),
  }),
};

function networksOf(currency: unknown): PublishedNetwork[] {
  const { id, supported_networks: networks } = fieldsOf(currency);
  if (!Array.isArray(networks)) return [];
  return networks.flatMap((each) => {
    const published = fieldsOf(each);
    const network = commonNetwork(published['id']);
    if (network === undefined) return [];
    return [{ coin: commonCoin('coinbase', id), network, figures: figuresOf(published) }];
  });
}

function figuresOf(published: Readonly<Record<string, unknown>>): NetworkFigures {
  const { status, network_confirmations: confirmations } = published;
  const seconds = published['processing_time_seconds'];
  const isOnline = typeof status === 'string' ? status === 'online' : undefined;
  return known<NetworkFigures>({
    canWithdraw: isOnline,
    canDeposit: isOnline,
    confirmations: isCount(confirmations) ? confirmations : undefined,
    withdrawMin: decimalOf(published['min_withdrawal_amount']),
    processingSeconds: isCount(seconds) ? seconds : undefined,
  });
}
