/** How far a window of orders is whole: it may end between two orders of one price. */

import type { RestingOrder } from './events.ts';
import type { ScaledInt } from './decimal.ts';

/**
 * The last price but one, so that no order at it is behind the window.
 * @param orders of a side, best first. Of one price alone: that price, as nothing nearer can be said.
 */
export function lastWholePrice(orders: readonly RestingOrder[]): ScaledInt | null {
  const last = orders.at(-1)?.price ?? null;
  return orders.findLast(({ price }) => price !== last)?.price ?? last;
}
