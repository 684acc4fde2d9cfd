/**
 * What traders ask of the exchange, and what comes of it. Prices are integers in cents, sizes integers in
 * microbitcoin, cash therefore in cents; users are places in the list of accounts.
 */

import type { OrderEvent, OrderSide } from '../../market/order-events.ts';

/** Decimals of a price: the tick is 0.01. */
export const PRICE_EXPONENT = 2;

export interface OrderCommand {
  readonly type: 'order';
  readonly user: number;
  readonly side: OrderSide;
  readonly price: number;
  readonly size: number;
}

export interface CancelCommand {
  readonly type: 'cancel';
  readonly user: number;
  readonly orderId: number;
}

export type Command = OrderCommand | CancelCommand;

/** In HTTP's terms: malformed, not enough money, in conflict with the state of the exchange, too many. */
export type RejectStatus = 400 | 402 | 409 | 429;

export type Outcome =
  | {
      readonly kind: 'accepted';
      readonly orderId: number;
      /** What happened, in order. */
      readonly events: readonly OrderEvent[];
    }
  | { readonly kind: 'rejected'; readonly status: RejectStatus; readonly error: string };
