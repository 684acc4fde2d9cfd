/** The contexts of `orders/2`: of each decision, the circumstances that it is learnt by. */

import { Contexts } from './coder.ts';
import { ID_CONTEXTS } from './ids.ts';
import { NEAR_CONTEXTS } from './numbers.ts';
import { INDEX_CONTEXTS, takeSizeContexts } from './sizes.ts';

const all = new Contexts();

/** Event types, and one that stands for none before the first event. */
export const TYPES = 7;
export const TYPE_BITS = 3;
/** No type has more fields. */
export const FIELDS = 10;

export const AT = {
  /** By the last type. */
  type: all.take(TYPES << TYPE_BITS),
  /** By type and last type. */
  exchangeTime: all.take(TYPES * TYPES * NEAR_CONTEXTS),
  receiveTime: all.take(TYPES * TYPES * NEAR_CONTEXTS),
  sequence: all.take(NEAR_CONTEXTS),
  /** By type and field, and whether all fields so far were as expected. */
  isExpected: all.take(TYPES * FIELDS * 2),
  isNull: all.take(TYPES * FIELDS),
  /** By type and field, and last type. */
  isNew: all.take(TYPES * FIELDS * TYPES),
  isNewest: all.take(TYPES * FIELDS * TYPES),
  /** By whether its life ends. */
  rank: all.take(2 * NEAR_CONTEXTS),
  orderId: all.take(ID_CONTEXTS),
  clientId: all.take(ID_CONTEXTS),
  isText: all.take(1),
  tradeId: all.take(NEAR_CONTEXTS),
  textTradeId: all.take(ID_CONTEXTS),
  text: all.take(NEAR_CONTEXTS),
  /** By side. */
  isRecentPrice: all.take(2),
  priceIndex: all.take(2 * INDEX_CONTEXTS),
  price: all.take(2 * NEAR_CONTEXTS),
  receivedSize: takeSizeContexts(all, 8),
  otherSize: takeSizeContexts(all, 8),
};

export const ORDER_CONTEXTS = all.count;
