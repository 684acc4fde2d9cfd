/**
 * What the recorded future makes of one opportunity, as the books of its two venues move: both legs after
 * their latency, and how long the decided size still paid. Pure: books are given, nothing is read.
 */

import { compareExact, formatExact, multiplyExact, subtractExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { VenueEvent } from '../../market/events.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import type { Venue } from '../../market/venue.ts';
import type { BookSide } from '../../strategy/book-side.ts';
import { profitOf, walk } from '../../strategy/arbitrage/profit.ts';
import type { SizeResult } from '../../strategy/arbitrage/profit.ts';
import type { TradeTerms } from '../../strategy/arbitrage/terms.ts';
import type { Later, Outcome, TimeLimit } from '../report.ts';
import { bookOf, keptSide, nothing, sideOf, touches, unknown } from './sides.ts';
import type { Worst } from './sides.ts';

export interface LaterQuestion {
  readonly atUs: number;
  readonly buy: Venue;
  readonly sell: Venue;
  /** What was to be bought, in base; zero: nothing. */
  readonly size: Exact;
  readonly terms: TradeTerms;
  readonly buyLatencyUs: number;
  readonly sellLatencyUs: number;
  /** The way of the transfer; null: there is none. */
  readonly transfer: { readonly terms: TradeTerms; readonly delayUs: number } | null;
  readonly maxLatencyUs: number;
  readonly maxTransferUs: number;
}

/** Both venues' books as they stand. */
export interface TwoBooks {
  readonly buy: VenueBook;
  readonly sell: VenueBook;
}

/** What was bought after the latency, and what of it arrives and is sold by the transfer. */
export interface Moved {
  readonly size: Exact;
  readonly cost: Exact;
  readonly sold: Exact;
  readonly buyAtUs: number;
}

export class LaterTask {
  readonly question: LaterQuestion;
  readonly #buyAtUs: number;
  readonly #sellAtUs: number;
  /** The sides that the legs meet, until both are there. */
  #asks: BookSide | null = null;
  #bids: BookSide | null = null;
  #atLatency: Later<Outcome> | null = null;
  #latency: Later<TimeLimit> | null = null;
  #transfer: Later<TimeLimit> | null = null;
  #moved: Moved | null = null;
  /** Where the walks of the last evaluations ended. */
  #latencyWorst: { readonly ask: Worst; readonly bid: Worst } | null = null;
  #transferWorst: Worst | null = null;
  #isSelling = false;

  constructor(question: LaterQuestion) {
    this.question = question;
    this.#buyAtUs = question.atUs + question.buyLatencyUs;
    this.#sellAtUs = question.atUs + question.sellLatencyUs;
    if (question.transfer === null) this.#transfer = nothing('there is no way to move it');
    if (question.size.value === 0n) {
      this.#atLatency = nothing('no size paid');
      this.#latency = nothing('no size paid');
      this.#transfer = nothing('no size paid');
    }
  }

  get atLatency(): Later<Outcome> | null {
    return this.#atLatency;
  }
  get latency(): Later<TimeLimit> | null {
    return this.#latency;
  }
  get transfer(): Later<TimeLimit> | null {
    return this.#transfer;
  }
  /** null: it was not bought, or nothing of it arrives. */
  get moved(): Moved | null {
    return this.#moved;
  }

  get isDone(): boolean {
    return this.#atLatency !== null && this.#latency !== null && this.#transfer !== null;
  }

  /** The next moment at which it wants to see the books as they stand; Infinity: none. */
  get nextMomentUs(): number {
    const { atUs, maxLatencyUs, maxTransferUs } = this.question;
    const soldUs = this.#transferFromUs + (this.#isSelling ? maxTransferUs : 0);
    return Math.min(
      this.#atLatency === null && this.#asks === null ? this.#buyAtUs : Infinity,
      this.#atLatency === null && this.#bids === null ? this.#sellAtUs : Infinity,
      this.#latency === null ? atUs + maxLatencyUs : Infinity,
      this.#transfer === null && this.#atLatency !== null ? soldUs : Infinity,
    );
  }

  /** Everything up to that moment, and nothing behind it, is in the books. */
  atMoment(us: number, books: TwoBooks): void {
    const { atUs, maxLatencyUs, maxTransferUs } = this.question;
    if (this.#atLatency === null) this.#fill(us, books);
    if (this.#latency === null && us >= atUs + maxLatencyUs) {
      this.#latency = { state: 'known', us: maxLatencyUs, isAtLeast: true };
    }
    if (this.#transfer !== null || this.#moved === null) return;
    if (this.#isSelling && us >= this.#transferFromUs + maxTransferUs) {
      this.#transfer = { state: 'known', us: maxTransferUs, isAtLeast: true };
    } else if (!this.#isSelling && us >= this.#transferFromUs) {
      this.#isSelling = true;
      this.#sellMoved(us, books);
    }
  }

  /** Everything of that moment is in the books. */
  onEvents(us: number, events: readonly VenueEvent[], books: TwoBooks): void {
    if (us <= this.question.atUs) return;
    if (this.#latency === null) this.#searchLatency(us, events, books);
    if (this.#transfer === null && this.#isSelling) this.#searchTransfer(us, events, books);
  }

  /** Nothing later is known. */
  end(reason: string): void {
    this.#atLatency ??= unknown(reason);
    this.#latency ??= unknown(reason);
    this.#transfer ??= unknown(reason);
  }

  /** When it would be sold if the transfer took no time. */
  get #transferFromUs(): number {
    return this.#buyAtUs + this.question.sellLatencyUs;
  }

  #fill(us: number, books: TwoBooks): void {
    if (this.#asks === null && us >= this.#buyAtUs) {
      const found = keptSide('ask', books.buy);
      if ('reason' in found) return this.#failed(found.reason);
      this.#asks = found;
    }
    if (this.#bids === null && us >= this.#sellAtUs) {
      const found = keptSide('bid', books.sell);
      if ('reason' in found) return this.#failed(found.reason);
      this.#bids = found;
    }
    if (this.#asks === null || this.#bids === null) return;
    const { terms, size, transfer } = this.question;
    const result = profitOf(terms, this.#asks, this.#bids, size);
    if (result === null) return this.#failed('the later books are not known so deep');
    this.#atLatency = { state: 'known', ...outcomeOf(result, this.#buyAtUs, this.#sellAtUs) };
    const moved = transfer && profitOf(transfer.terms, this.#asks, this.#bids, size);
    this.#asks = this.#bids = null;
    if (moved === null) {
      this.#transfer ??= unknown('the later books are not known so deep');
    } else if (moved.sold.value === 0n) {
      this.#transfer = { state: 'known', us: 0, isAtLeast: false };
    } else {
      this.#moved = { size, cost: moved.cost, sold: moved.sold, buyAtUs: this.#buyAtUs };
    }
  }

  #failed(reason: string): void {
    this.#asks = this.#bids = null;
    this.#atLatency = unknown(reason);
    this.#transfer ??= unknown(reason);
  }

  #searchLatency(us: number, events: readonly VenueEvent[], books: TwoBooks): void {
    const [buyBook, sellBook] = [bookOf(books.buy), bookOf(books.sell)];
    if ('reason' in buyBook || 'reason' in sellBook) {
      this.#latency = 'reason' in buyBook ? unknown(buyBook.reason) : unknown(missing(sellBook));
      return;
    }
    const worst = this.#latencyWorst;
    const { buy, sell, terms, size, atUs } = this.question;
    const isSame =
      worst !== null &&
      !events.some(
        (event) =>
          (event.venue === buy && touches(event, 'ask', worst.ask)) ||
          (event.venue === sell && touches(event, 'bid', worst.bid)),
      );
    if (isSame) return;
    const [asks, bids] = [sideOf('ask', buyBook), sideOf('bid', sellBook)];
    const result = profitOf(terms, asks, bids, size);
    if (result === null && (asks.horizon !== null || bids.horizon !== null)) {
      this.#latency = unknown('the later books are not known so deep');
    } else if (result === null || result.profit.value < 0n) {
      this.#latency = { state: 'known', us: us - atUs, isAtLeast: false };
    } else {
      this.#latencyWorst = { ask: result.bought.worst, bid: result.sale.worst };
    }
  }

  #searchTransfer(us: number, events: readonly VenueEvent[], books: TwoBooks): void {
    const worst = this.#transferWorst;
    const { sell } = this.question;
    const isTouched = events.some(
      (event) => event.venue === sell && (worst === null || touches(event, 'bid', worst)),
    );
    if (isTouched) this.#sellMoved(us, books);
  }

  /** Whether what has arrived still pays. */
  #sellMoved(us: number, books: TwoBooks): void {
    const book = bookOf(books.sell);
    if ('reason' in book) {
      this.#transfer = unknown(book.reason);
      return;
    }
    const { cost, sold } = this.#moved as Moved;
    const { sell } = this.question.terms;
    const bids = sideOf('bid', book);
    const sale = walk(bids, sold);
    if (sale === null && bids.horizon !== null) {
      this.#transfer = unknown('the later books are not known so deep');
    } else if (sale === null || compareExact(multiplyExact(sale.notional, sell.kept), cost) < 0) {
      this.#transfer = { state: 'known', us: us - this.#transferFromUs, isAtLeast: false };
    } else {
      this.#transferWorst = sale.worst;
    }
  }
}

export function outcomeOf(result: SizeResult, buyAtUs: number, sellAtUs: number): Outcome {
  return {
    buyAtUs,
    sellAtUs,
    size: formatExact(result.size),
    cost: formatExact(result.cost),
    net: formatExact(result.net),
    profit: formatExact(subtractExact(result.net, result.cost)),
  };
}

function missing(found: object): string {
  return 'reason' in found ? String(found.reason) : '';
}
