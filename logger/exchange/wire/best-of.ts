/** The best price and its size on each side; a side without size is empty. */

import type { ScaledInt } from '../../market/decimal.ts';
import type { Levels } from '../../market/events.ts';
import type { BookProbe } from '../exchange.ts';
import type { ScaledSides } from './scaled-levels.ts';

export function bestOf({
  scale,
  bids,
  asks,
}: ScaledSides): Pick<BookProbe, 'scale' | 'bid' | 'ask'> {
  return { scale, bid: firstOf(bids), ask: firstOf(asks) };
}

function firstOf([price, size]: Levels): readonly [ScaledInt, ScaledInt] | null {
  return price === undefined || size === undefined || Number(size) === 0 ? null : [price, size];
}
