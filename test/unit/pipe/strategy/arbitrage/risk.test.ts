import { expect, it } from 'vitest';
import { transferRisk } from '../../../../../pipe/strategy/arbitrage/risk.ts';
import { PairMemory } from '../../../../../pipe/top/pair-memory.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 1440 * MINUTE_US;
/** A whole minute, and 5 s, which are left out. */
const NOW_US = 1_795_158_000_000_000 + 5_000_000;
const LAST_US = NOW_US - 5_000_000;
const QUERY = { atUs: NOW_US, delayMs: 1_200_000, percent: 90 };

/** Bid and ask in cents, one apart. */
function memoryOf(bids: readonly (readonly [us: number, bid: number | null])[]): PairMemory {
  const memory = new PairMemory(['b'], DAY_US);
  const scale = { priceExponent: 2, sizeExponent: 0 };
  for (const [us, bid] of bids) {
    const top =
      bid === null ? null : { scale, bidPrice: bid, bidSize: 1, askPrice: bid + 1, askSize: 1 };
    memory.set('b', top, us);
  }
  return memory;
}

/**
 * 61 minutes, so 41 moves over 20 minutes: the price rises by 1 cent at minute 25, and falls by 10 at minute 58.
 * Minutes 5 to 24 see the first alone (20 moves of 0.01), 38 to 40 the second alone (3 moves of 0.1), the other
 * 18 none. 90 % of 41 is 36.9: the 37th smallest is 0.01, the 38th is the last of those, the 39th is 0.1.
 */
const MOVING = [
  [LAST_US - 60 * MINUTE_US, 10_000],
  [LAST_US - 35 * MINUTE_US, 10_001],
  [LAST_US - 2 * MINUTE_US, 9991],
] as const;

it('is the move of the middle that the asked part of the last day did not exceed, up or down', () => {
  const memory = memoryOf(MOVING);
  const risk = (percent: number) => transferRisk(memory, 'b', { ...QUERY, percent });
  expect(risk(43)).toEqual({ delayMs: 1_200_000, samples: 41, move: '0' });
  expect(risk(44)).toMatchObject({ move: '0.01' });
  expect(risk(90)).toMatchObject({ move: '0.01' });
  expect(risk(92)).toMatchObject({ move: '0.01' });
  expect(risk(93)).toMatchObject({ move: '0.1' });
  expect(risk(100)).toMatchObject({ move: '0.1' });
});

it('takes no minute of an unproven book, and nothing of the last 5 s', () => {
  // Minutes 50 to 53 are not proven: neither they nor 30 to 33, which lead there, are left of 41.
  const gap = [
    [LAST_US - 10 * MINUTE_US, null],
    [LAST_US - 7 * MINUTE_US + 1, 10_001],
  ] as const;
  const late = [LAST_US + 1, 20_000] as const;
  const memory = memoryOf([MOVING[0], MOVING[1], ...gap, MOVING[2], late]);
  expect(transferRisk(memory, 'b', { ...QUERY, percent: 100 })).toMatchObject({
    samples: 37,
    move: '0.1',
  });
});

it('says nothing of fewer than 30 moves', () => {
  const from = (minutes: number) => memoryOf([[LAST_US - minutes * MINUTE_US, 10_000]]);
  expect(transferRisk(from(48), 'b', QUERY)).toMatchObject({ samples: 29, move: null });
  expect(transferRisk(from(49), 'b', QUERY)).toMatchObject({ samples: 30, move: '0' });
});
