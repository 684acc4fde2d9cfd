/**
 * An auction of one product: for a while orders are collected that cross the book, and none of them
 * matches. At its end they are withdrawn. They exist at this venue only; the market goes on beneath.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductbook, read 2026-11.
 */

import { formatTimeUs } from '../../../logger/market/time.ts';
import type { OrderSide } from '../../market/order-events.ts';
import { decimal } from '../../market/units.ts';
import type { CoinbaseProduct } from './product.ts';

/** Indicative quotes come about once a second. */
const QUOTE_US = 1_000_000;
/** How far beyond the other side's best price an order is placed, in ticks. */
const CROSSING_TICKS = 3;

export class Auction {
  readonly #product: CoinbaseProduct;
  readonly #untilUs: number;
  readonly #send: (text: string) => void;
  #quoteDueUs = 0;

  /** @param send sends a message of the `auctionfeed` channel. */
  constructor(product: CoinbaseProduct, untilUs: number, send: (text: string) => void) {
    this.#product = product;
    this.#untilUs = untilUs;
    this.#send = send;
    product.isAuction = true;
  }

  /** @returns false once it is over. */
  tick(nowUs: number): boolean {
    if (nowUs >= this.#untilUs) {
      this.#announce('opening', nowUs);
      this.#product.withdrawCollected(nowUs);
      this.#product.isAuction = false;
      this.#announce('complete', nowUs);
      return false;
    }
    if (nowUs < this.#quoteDueUs) return true;
    this.#quoteDueUs = nowUs + QUOTE_US;
    this.#announce('collection', nowUs);
    for (const side of ['buy', 'sell'] as const) this.#cross(side, nowUs);
    return true;
  }

  #cross(side: OrderSide, nowUs: number): void {
    const { engine } = this.#product.market;
    const { tickSize, lotSize } = engine.grid;
    const other = engine.bestPrice(side === 'buy' ? 'sell' : 'buy');
    const price = (other ?? 0) + (side === 'buy' ? 1 : -1) * CROSSING_TICKS * tickSize;
    if (other !== undefined && price > 0) this.#product.collect(side, price, lotSize, nowUs);
  }

  #announce(state: 'collection' | 'opening' | 'complete', nowUs: number): void {
    const { id, sequence, market } = this.#product;
    const best = (side: OrderSide): string => decimal(market.engine.bestPrice(side) ?? 0);
    this.#send(
      JSON.stringify({
        type: 'auction',
        product_id: id,
        sequence,
        auction_state: state,
        best_bid_price: best('buy'),
        best_ask_price: best('sell'),
        open_price: best('buy'),
        can_open: 'yes',
        timestamp: formatTimeUs(nowUs),
      }),
    );
  }
}
