/** Everything that happens to orders in the matching engine, as events. */

import type { OrderSide } from '../../logger/market/events.ts';

export type { OrderSide };

/** Why an order left the book. `unfilled`: a market or immediate order found nothing more to match. */
export type DoneReason = 'filled' | 'cancelled' | 'unfilled';

/**
 * `sequence` is the book update id, which grows by one with every change of a price level; events
 * that change no level carry none.
 */
export type OrderEvent =
  | {
      readonly type: 'received';
      readonly orderId: number;
      readonly side: OrderSide;
      /** null: a market order. */
      readonly price: number | null;
      readonly size: number;
    }
  | {
      readonly type: 'opened';
      readonly sequence: number;
      readonly orderId: number;
      readonly side: OrderSide;
      readonly price: number;
      readonly remaining: number;
    }
  | {
      readonly type: 'matched';
      readonly sequence: number;
      readonly tradeId: number;
      readonly makerOrderId: number;
      readonly makerOwner: number;
      readonly makerRemaining: number;
      readonly takerOrderId: number;
      readonly takerSide: OrderSide;
      readonly price: number;
      readonly size: number;
    }
  | {
      /** Reduced in place: keeps its priority. */
      readonly type: 'changed';
      readonly sequence: number;
      readonly orderId: number;
      readonly side: OrderSide;
      readonly price: number;
      readonly oldSize: number;
      readonly newSize: number;
    }
  | {
      /** Moved to the end of the queue at another price: two levels changed. */
      readonly type: 'moved';
      readonly sequence: number;
      readonly orderId: number;
      readonly side: OrderSide;
      readonly oldPrice: number;
      readonly price: number;
      readonly oldSize: number;
      readonly newSize: number;
    }
  | {
      readonly type: 'done';
      /** null if no level changed: the last fill was already emitted as a match. */
      readonly sequence: number | null;
      readonly orderId: number;
      readonly side: OrderSide;
      readonly price: number | null;
      readonly remaining: number;
      readonly reason: DoneReason;
    };

export function otherSide(side: OrderSide): OrderSide {
  return side === 'buy' ? 'sell' : 'buy';
}

/** The price levels that an event changed: at most two, on one side. */
export function changedLevels(
  event: OrderEvent,
): { readonly side: OrderSide; readonly prices: readonly number[] } | null {
  if (event.type === 'received' || event.sequence === null || event.price === null) return null;
  if (event.type === 'matched') return { side: otherSide(event.takerSide), prices: [event.price] };
  const moved = event.type === 'moved' ? [event.oldPrice] : [];
  return { side: event.side, prices: [event.price, ...moved] };
}
