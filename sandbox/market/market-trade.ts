import type { OrderSide } from './order-events.ts';

export interface MarketTrade {
  readonly tradeId: number;
  readonly price: number;
  readonly size: number;
  readonly takerSide: OrderSide;
  readonly timeUs: number;
}
