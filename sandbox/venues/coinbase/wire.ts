/**
 * Renders the engine's events as messages of Coinbase's `full` channel. Source:
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels, read 2026-11. Pure.
 */

import { otherSide } from '../../market/order-events.ts';
import type { OrderEvent, OrderSide } from '../../market/order-events.ts';
import { decimal } from '../../market/units.ts';

/** A message of the `full` channel. */
export interface ProductMessage {
  readonly type: 'received' | 'open' | 'match' | 'change' | 'done';
  readonly product_id: string;
  readonly sequence: number;
  readonly time: string;
  readonly side: OrderSide;
  readonly [field: string]: string | number | undefined;
}

type MessageFields = Omit<ProductMessage, 'product_id' | 'sequence' | 'time'>;

/** @param idOf the exchange's id of an order of the engine. */
export function messageFields(event: OrderEvent, idOf: (orderId: number) => string): MessageFields {
  const order_id = event.type === 'matched' ? undefined : idOf(event.orderId);
  switch (event.type) {
    case 'received':
      return { type: 'received', order_id, side: event.side, ...orderOf(event) };
    case 'opened': {
      const price = decimal(event.price);
      const remaining_size = decimal(event.remaining);
      return { type: 'open', order_id, side: event.side, price, remaining_size };
    }
    case 'matched':
      return {
        type: 'match',
        trade_id: event.tradeId,
        maker_order_id: idOf(event.makerOrderId),
        taker_order_id: idOf(event.takerOrderId),
        // The maker's side, as on the real exchange.
        side: otherSide(event.takerSide),
        price: decimal(event.price),
        size: decimal(event.size),
      };
    case 'changed': {
      const sizes = { old_size: decimal(event.oldSize), new_size: decimal(event.newSize) };
      const price = decimal(event.price);
      return { type: 'change', reason: 'STP', order_id, side: event.side, price, ...sizes };
    }
    case 'moved': {
      const sizes = { old_size: decimal(event.oldSize), new_size: decimal(event.newSize) };
      const prices = { old_price: decimal(event.oldPrice), new_price: decimal(event.price) };
      const rest = { order_id, side: event.side, ...prices, ...sizes };
      return { type: 'change', reason: 'modify_order', ...rest };
    }
    case 'done': {
      const reason = event.reason === 'filled' ? 'filled' : 'canceled';
      const head = { type: 'done', order_id, side: event.side, reason };
      // A market order has neither price nor remaining size.
      if (event.price === null) return head;
      return {
        ...head,
        price: decimal(event.price),
        remaining_size: decimal(event.remaining),
      };
    }
  }
}

/** A market order shows its size, and every other one its funds instead. */
function orderOf(event: Extract<OrderEvent, { type: 'received' }>): Record<string, string> {
  const size = decimal(event.size);
  if (event.price !== null) return { order_type: 'limit', price: decimal(event.price), size };
  if (event.orderId % 2 === 0) return { order_type: 'market', size };
  return { order_type: 'market', funds: size };
}
