/** Loss that shows in the ids of trades. */

import { describe, expect, test } from 'vitest';
import { TradeContinuity } from '../../../../logger/exchange/coinbase/trade-continuity.ts';

function watched(): { continuity: TradeContinuity; losses: [number, string][] } {
  const losses: [number, string][] = [];
  const continuity = new TradeContinuity((agreedUs, what) => losses.push([agreedUs, what]));
  return { continuity, losses };
}

describe('trade ids', () => {
  test('that follow each other are no loss, nor are older ones', () => {
    const { continuity, losses } = watched();
    for (const [id, us] of [[7, 1], [8, 2], [7, 3], [9, 4]] as const) continuity.trade(id, us); // prettier-ignore
    expect(losses).toEqual([]);
  });

  test('that jump are a loss since they last agreed', () => {
    const { continuity, losses } = watched();
    continuity.trade(7, 10);
    continuity.trade(9, 20);
    continuity.trade(11, 30);
    expect(losses).toEqual([
      [10, 'trade 9 came after 7'],
      [20, 'trade 11 came after 9'],
    ]);
  });

  test('begin after the last trade before the subscription', () => {
    const { continuity, losses } = watched();
    continuity.begin(6);
    continuity.image(5);
    continuity.trade(8, 10);
    expect(losses).toEqual([[5, 'trade 8 came after 6']]);
  });

  test('that a heartbeat names must come before the second heartbeat', () => {
    const { continuity, losses } = watched();
    continuity.trade(7, 10);
    continuity.heartbeat(8, 20);
    continuity.trade(8, 25);
    continuity.heartbeat(9, 30);
    expect(losses).toEqual([]);
    continuity.heartbeat(9, 40);
    continuity.heartbeat(9, 50);
    expect(losses).toEqual([[25, 'the exchange is at trade 9, and 8 was the last that came']]);
  });

  test('of another subscription are not compared with those of before', () => {
    const { continuity, losses } = watched();
    continuity.trade(7, 10);
    continuity.reset();
    continuity.heartbeat(90, 20);
    continuity.trade(91, 30);
    expect(losses).toEqual([]);
  });
});
