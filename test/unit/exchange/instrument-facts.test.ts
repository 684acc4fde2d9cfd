/** What each simulated exchange says of its product, by way of a whole logger: at the port and in the archive. */

import { afterEach, expect, test } from 'vitest';
import type { InstrumentFacts } from '../../../logger/market/instrument.ts';
import { EXCHANGE_CASES } from '../../support/exchange-cases.ts';
import { Simulation } from '../../support/simulation.ts';
import { until } from '../../support/until.ts';

const SPOT: InstrumentFacts = {
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.01',
  lotSize: '0.00001',
  minSize: '0.00001',
  minNotional: '5',
  contract: null,
};
const BITFINEX: InstrumentFacts = {
  ...SPOT,
  quote: 'UST',
  tickSize: null,
  lotSize: '0.00000001',
  minSize: '0.00004',
  minNotional: null,
};

const EXPECTED: Readonly<Record<string, unknown>> = {
  binance: SPOT,
  'coinbase full': { ...SPOT, quote: 'USD', minSize: null, minNotional: '1' },
  'bitfinex p0': BITFINEX,
  'bitfinex r0': BITFINEX,
  bybit: SPOT,
  bitmex: {
    ...SPOT,
    base: 'XBT',
    quote: 'USD',
    lotSize: '1',
    minSize: null,
    minNotional: null,
    contract: expect.objectContaining({ kind: 'inverse', settlementCurrency: 'XBt' }),
  },
};

let simulation: Simulation;

afterEach(async () => {
  await simulation.close();
});

test.each(Object.entries(EXCHANGE_CASES))('%s', async (name, { security, venue, create }) => {
  simulation = new Simulation({ securities: [security], depthLevels: 10, pace: 1 });
  const { core, archive } = await simulation.start(venue.name, create);
  expect(core.control.instruments()).toEqual([{ security, facts: EXPECTED[name] }]);
  await until('it to be kept', async () => {
    await simulation.clock.advanceAsync(10);
    return (await archive.instruments?.history(security))?.length === 1;
  });
  const [kept] = (await archive.instruments?.history(security)) ?? [];
  expect(kept?.facts).toEqual(EXPECTED[name]);
});
