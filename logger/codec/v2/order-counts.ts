/** The numbers of orders at the levels of a side, where the exchange counts them. */

import { assertInvariant } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import type { Levels } from '../../market/events.ts';
import type { Coder } from './coder.ts';
import { NEAR_CONTEXTS, codeNear } from './numbers.ts';

export interface OrderCountContexts {
  readonly hasOrders: number;
  /** By whether the level is deleted. */
  readonly orders: number;
}

/** @param counts one for each level; undefined for none. */
export function codeOrderCounts(
  coder: Coder,
  at: OrderCountContexts,
  levels: Levels,
  counts: readonly number[] | undefined,
): readonly number[] | undefined {
  if (coder.bit(at.hasOrders, counts === undefined ? 0 : 1) === 0) return undefined;
  const length = levels.length / 2;
  const isParallel = coder.isReading || counts?.length === length;
  assertInvariant(isParallel, 'There is a number of orders for each level or for none');
  const read: number[] = [];
  for (let i = 0; i < length; i++) {
    const isSet = (levels[2 * i + 1] as ScaledInt) === 0 ? 0 : 1;
    // Deleted levels have no orders, most others have one.
    read.push(codeNear(coder, at.orders + isSet * NEAR_CONTEXTS, counts?.[i] ?? 0, isSet));
  }
  return read;
}
