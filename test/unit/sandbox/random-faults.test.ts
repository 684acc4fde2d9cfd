import { describe, expect, test } from 'vitest';
import { drawFault, faultTypes } from '../../../sandbox/faults/random-faults.ts';
import type { Target } from '../../../sandbox/faults/random-faults.ts';
import { SWITCH_TYPES, parseSwitch } from '../../../sandbox/faults/fault-injector.ts';
import { seededRandom } from '../../../sandbox/prng.ts';

const TARGETS: readonly Target[] = [
  { exchange: 'binance', symbols: ['BTCUSDT', 'ETHUSDT'] },
  { exchange: 'coinbase', symbols: ['BTC-USD'] },
];

describe.each(TARGETS)('faults of $exchange by chance', (target) => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, () => drawFault(random, target));
  };

  test('are the same for the same seed, and others for another', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('are every one that it knows, each a switch of the sandbox', () => {
    const drawn = draw(7);
    expect(new Set(drawn.map(({ change }) => change.type))).toEqual(new Set(faultTypes(target)));
    for (const { change } of drawn) expect(parseSwitch(change)).toEqual(change);
    for (const { change } of drawn) {
      if ('symbol' in change) expect(target.symbols).toContain(change.symbol);
    }
  });

  test('leave out what it has not, and lies', () => {
    const left = SWITCH_TYPES.filter((type) => !faultTypes(target).some((one) => one === type));
    const logins = target.exchange === 'binance' ? ['refuse-logins'] : [];
    expect(left).toEqual(['false-diffs', ...logins, 'recover']);
  });
});
