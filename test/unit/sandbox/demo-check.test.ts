import { describe, expect, test } from 'vitest';
import { compareBooks, ladder } from '../../../sandbox/demo/demo-check.ts';
import type { BookReply } from '../../../sandbox/demo/demo-check.ts';
import type { BookRow } from '../../../sandbox/venues/venue.ts';

const BIDS: readonly BookRow[] = [
  ['10.2', '1'],
  ['10.1', '2'],
  ['9.9', '3'],
];
const ASKS: readonly BookRow[] = [
  ['10.3', '4'],
  ['10.4', '5'],
];

function reply(parts: Partial<BookReply> = {}): BookReply {
  return {
    security: 'binance:BTCUSDT',
    sequence: '7',
    receiveTime: '',
    exchangeTime: '',
    state: 'proven',
    horizon: { bid: null, ask: null },
    bids: BIDS,
    asks: ASKS,
    ...parts,
  };
}

describe('comparing books', () => {
  const truth = { bids: BIDS, asks: ASKS };

  test('equal books are equal in every level', () => {
    expect(compareBooks(reply(), truth)).toEqual({ equal: 5, beyondHorizon: 0, difference: null });
  });

  test.each([
    ['another size', { bids: [BIDS[0]!, ['10.1', '2.1'], BIDS[2]!] as BookRow[] }, 'bid level 2'],
    ['a level too few', { asks: ASKS.slice(0, 1) }, 'ask level 2'],
    ['a level too many', { asks: [...ASKS, ['10.5', '1']] as BookRow[] }, 'ask level 3'],
    ['no levels at all', { bids: [] }, 'bid level 1'],
    ['another price', { bids: [['10.21', '1'], ...BIDS.slice(1)] as BookRow[] }, 'bid level 1'],
  ])('%s is a difference', (_, parts, where) => {
    expect(compareBooks(reply(parts), truth).difference).toContain(where);
  });

  test('nothing is compared beyond the horizon', () => {
    const claimed = reply({ horizon: { bid: '10.1', ask: null }, bids: BIDS.slice(0, 2) });
    expect(compareBooks(claimed, truth)).toEqual({
      equal: 4,
      beyondHorizon: 1,
      difference: null,
    });
    const wrong = reply({ horizon: { bid: '10.1', ask: null }, bids: BIDS.slice(0, 1) });
    expect(compareBooks(wrong, truth).difference).toContain('bid level 2');
  });
});

test('the ladder has the best prices in its middle', () => {
  expect(ladder({ bids: BIDS, asks: ASKS }, 2)).toEqual([
    '  bid size  price  ask size',
    '             10.4         5',
    '             10.3         4',
    '         1   10.2',
    '         2   10.1',
  ]);
});
