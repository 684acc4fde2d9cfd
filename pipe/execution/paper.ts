/**
 * Orders on paper: an order fills after its venue's latency, against the book that stands then, as far as its limit
 * allows. What it takes of a level is gone for other orders until an event names that price. Quotes rest in the
 * book: a trade that goes through a quote's price fills it, at that price.
 */

import { feesOf } from '../fees/lookup.ts';
import type { FeeTable } from '../fees/fee-table.ts';
import {
  addExact,
  compareExact,
  formatExact,
  parseExact,
  subtractExact,
  ZERO,
} from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { VenueEvent, VenueTrade } from '../market/events.ts';
import type { VenueBook } from '../market/venue-book.ts';
import type { Venue } from '../market/venue.ts';
import { bookSide } from '../strategy/book-side.ts';
import type { Fill, OrderRequest, OrderResult } from '../strategy/strategy.ts';
import { TakenOfVenues } from '../strategy/taken-levels.ts';
import type { Agenda } from './agenda.ts';
import type { OnResult, Orders } from './orders.ts';
import { feeOfFills, fillsAt, tradedBy } from './paper-fill.ts';

export interface PaperDeps {
  readonly book: (venue: Venue) => VenueBook | undefined;
  readonly fees: FeeTable;
  readonly balance: (venue: string, coin: string) => string;
  readonly agenda: Agenda;
}

interface Quote {
  readonly request: OrderRequest;
  readonly onResult: OnResult;
  /** It is in the book from then on. */
  readonly fromUs: number;
  /** Taking it back takes the latency, too. */
  untilUs: number;
  left: Exact;
}

export class PaperOrders implements Orders {
  readonly #deps: PaperDeps;
  readonly #taken = new TakenOfVenues();
  readonly #quotes = new Map<string, readonly Quote[]>();
  /** Orders that are not filled, and quotes that are not taken back yet. */
  #underWay = 0;
  readonly #onSettled: (() => void)[] = [];

  constructor(deps: PaperDeps) {
    this.#deps = deps;
  }

  submit(orders: readonly OrderRequest[], nowUs: number, onResult: OnResult): void {
    for (const request of orders) {
      const dueUs = nowUs + this.#latencyUs(request.venue.name);
      this.#add(dueUs, (atUs) => onResult(this.#fill(request, atUs)));
    }
  }

  /** Replaces the quotes of a pair. */
  quote(pair: string, orders: readonly OrderRequest[], nowUs: number, onResult: OnResult): void {
    const old = (this.#quotes.get(pair) ?? []).filter(({ untilUs }) => untilUs >= nowUs);
    for (const quote of old) {
      if (quote.untilUs !== Infinity) continue;
      quote.untilUs = nowUs + this.#latencyUs(quote.request.venue.name);
      this.#add(quote.untilUs, () => undefined);
    }
    const quotes = orders.map((request): Quote => {
      const fromUs = nowUs + this.#latencyUs(request.venue.name);
      const left = parseExact(request.size);
      return { request, onResult, fromUs, untilUs: Infinity, left };
    });
    this.#quotes.set(pair, [...old, ...quotes]);
  }

  /** After the event moved its book. */
  onEvent(event: VenueEvent, book: VenueBook): void {
    if (event.type === 'trade') this.#trade(event);
    else this.#taken.apply(event, book.book?.scale, keyOf(event.venue));
  }

  async settled(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#onSettled.push(resolve));
  }

  #add(dueUs: number, run: (atUs: number) => void): void {
    this.#underWay++;
    this.#deps.agenda.add(dueUs, (atUs) => {
      try {
        run(atUs);
      } finally {
        if (--this.#underWay === 0) for (const resolve of this.#onSettled.splice(0)) resolve();
      }
    });
  }

  #latencyUs(venue: string): number {
    return (feesOf(this.#deps.fees, venue)?.latencyMs ?? 0) * 1000;
  }

  #fill(request: OrderRequest, atUs: number): OrderResult {
    const { venue, side, decision } = request;
    const venueBook = this.#deps.book(venue);
    if (!venueBook?.book) return this.#result(request, atUs, [], 'the book is not proven');
    const taken = side === 'buy' ? 'ask' : 'bid';
    const levels = bookSide(
      taken,
      venueBook.book,
      venueBook.horizon,
      this.#taken.of(keyOf(venue), taken),
    );
    const fills = fillsAt(levels, request);
    const lacking = this.#lacks(request, fills);
    if (lacking !== null) return this.#result(request, atUs, [], lacking);
    for (const { price, size } of fills) {
      // Each order is a taker of its own: a decision may have several.
      const taker = `${decision}/${side}/${atUs}`;
      this.#taken.take(taker, {
        venue: keyOf(venue),
        side: taken,
        price,
        size: parseExact(size),
      });
    }
    return this.#result(request, atUs, fills, null);
  }

  /** Why the balance does not do; null: it does. */
  #lacks({ venue, side }: OrderRequest, fills: readonly Fill[]): string | null {
    const { base, quote } = tradedBy(fills);
    const fee = feeOfFills(this.#deps.fees, venue, side, fills, 'taker');
    const coin = side === 'buy' ? venue.quote : venue.base;
    const traded = side === 'buy' ? quote : base;
    const needed =
      side === 'buy' && fee.coin === coin ? addExact(traded, parseExact(fee.amount)) : traded;
    const balance = this.#deps.balance(venue.name, coin);
    if (compareExact(parseExact(balance), needed) >= 0) return null;
    return `${formatExact(needed)} ${coin} are needed, ${balance} are there`;
  }

  #result(
    request: OrderRequest,
    atUs: number,
    fills: readonly Fill[],
    error: string | null,
    liquidity: 'taker' | 'maker' = 'taker',
  ): OrderResult {
    const fee = feeOfFills(this.#deps.fees, request.venue, request.side, fills, liquidity);
    return { request, atUs, fills, fee, orderId: null, error };
  }

  #trade(trade: VenueTrade): void {
    const { pair } = trade.venue;
    const price = { value: BigInt(trade.price), exponent: trade.scale.priceExponent };
    let left: Exact = { value: BigInt(trade.size), exponent: trade.scale.sizeExponent };
    for (const quote of this.#quotes.get(pair) ?? []) {
      const { request } = quote;
      const isReached =
        keyOf(request.venue) === keyOf(trade.venue) &&
        quote.fromUs < trade.receiveTimeUs &&
        trade.receiveTimeUs <= quote.untilUs &&
        request.side !== trade.side &&
        compareExact(price, parseExact(request.limit)) * (request.side === 'buy' ? 1 : -1) < 0;
      const size = compareExact(left, quote.left) < 0 ? left : quote.left;
      if (!isReached || size.value <= 0n) continue;
      const fills = [{ price: request.limit, size: formatExact(size) }];
      if (this.#lacks(request, fills) !== null) continue;
      quote.left = subtractExact(quote.left, size);
      left = subtractExact(left, size);
      quote.onResult(this.#result(request, trade.receiveTimeUs, fills, null, 'maker'));
      if (compareExact(left, ZERO) <= 0) return;
    }
  }
}

/** A venue has a book for each pair, and several sources may have the same security. */
function keyOf({ name, security }: Venue): string {
  return `${name} ${security}`;
}
