/** What a contract is, for people: in the exchange's own terms, as far as it gave them. */

import { expect, test } from 'vitest';
import { contractText } from '../../../logger/market/contract.ts';
import type { Contract } from '../../../logger/market/contract.ts';

const NOTHING: Omit<Contract, 'kind'> = {
  multiplier: null,
  underlyingPerPosition: null,
  underlying: null,
  quoteCurrency: null,
  settlementCurrency: null,
};

test.each([
  [
    {
      kind: 'inverse',
      multiplier: '-100000000',
      underlying: 'XBT',
      quoteCurrency: 'USD',
      settlementCurrency: 'XBt',
    },
    'inverse XBT/USD, multiplier -100000000, settled in XBt',
  ],
  [
    {
      kind: 'linear',
      multiplier: '1000',
      underlyingPerPosition: '10000',
      underlying: 'XBT',
      quoteCurrency: 'USDT',
      settlementCurrency: 'USDt',
    },
    'linear XBT/USDT, 10000 = 1 XBT, multiplier 1000, settled in USDt',
  ],
  [{ kind: 'quanto', multiplier: '100', underlying: 'ETH' }, 'quanto ETH, multiplier 100'],
  [{ kind: 'spot', underlyingPerPosition: '8' }, 'spot, 8 = 1 of the underlying'],
] as const)('%j', (given, text) => {
  expect(contractText({ ...NOTHING, ...given })).toBe(text);
});
