/** Every feed of every exchange passes the same suite. A new exchange is a file in `cases/` and a line here. */

import { expect, test } from 'vitest';
import { EXCHANGE_NAMES } from '../../logger/exchange/exchanges.ts';
import { binance } from './cases/binance.ts';
import { bitfinexP0, bitfinexR0 } from './cases/bitfinex.ts';
import { bitmex } from './cases/bitmex.ts';
import { bybitFull, bybitWindow } from './cases/bybit.ts';
import { channels } from './cases/channels.ts';
import { numbered } from './cases/numbered.ts';
import { coinbaseFull, coinbaseLevel2 } from './cases/coinbase.ts';
import { sandbox } from './cases/sandbox.ts';
import { describeConformance } from './conformance.ts';
import { Stage } from './stage.ts';

const CASES = [
  binance,
  bybitFull,
  bybitWindow,
  coinbaseFull,
  coinbaseLevel2,
  bitfinexP0,
  bitfinexR0,
  bitmex,
  sandbox,
  channels,
  numbered,
];

for (const one of CASES) describeConformance(one);

test('no exchange is left out', () => {
  for (const name of EXCHANGE_NAMES) {
    expect(CASES.map((one) => new Stage(one).exchange.name)).toContain(name);
  }
});
