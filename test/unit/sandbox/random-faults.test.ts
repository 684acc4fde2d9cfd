import { describe, expect, test } from 'vitest';
import { drawFault, randomFaultTypes } from '../../../sandbox/faults/random-faults.ts';
import type { RandomFaultTarget } from '../../../sandbox/faults/random-faults.ts';
import { FAULT_TYPES, parseFault } from '../../../sandbox/faults/faults.ts';
import { seededRandom } from '../../../sandbox/prng.ts';
import { BINANCE } from '../../../sandbox/venues/binance/venue.ts';
import { BYBIT } from '../../../sandbox/venues/bybit/venue.ts';
import { COINBASE } from '../../../sandbox/venues/coinbase/venue.ts';

const TARGETS: readonly RandomFaultTarget[] = [
  { venue: BINANCE, symbols: ['BTCUSDT', 'ETHUSDT'] },
  { venue: COINBASE, symbols: ['BTC-USD'] },
  { venue: BYBIT, symbols: ['BTCUSDT'] },
];

describe.each(TARGETS)('random faults of $venue.name', (target) => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, () => drawFault(random, target));
  };

  test('are the same for the same seed, and different for another', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('include every fault of the venue, each valid and for one of the given symbols', () => {
    const drawn = draw(7);
    expect(new Set(drawn.map(({ fault }) => fault.type))).toEqual(
      new Set(randomFaultTypes(target)),
    );
    for (const { fault } of drawn) expect(parseFault(fault)).toEqual(fault);
    for (const { fault } of drawn) {
      if ('symbol' in fault) expect(target.symbols).toContain(fault.symbol);
    }
  });

  test('leave out unsupported faults and those that no one can notice', () => {
    const left = FAULT_TYPES.filter(
      (type) => !randomFaultTypes(target).some((one) => one === type),
    );
    const unnoticed = ['false-diffs', 'dead-stream', 'recover', 'auction', 'delist', 'skew'];
    const unsupported = FAULT_TYPES.filter((type) => !target.venue.faults.includes(type));
    expect(left.toSorted()).toEqual([...new Set([...unnoticed, ...unsupported])].toSorted());
  });
});
