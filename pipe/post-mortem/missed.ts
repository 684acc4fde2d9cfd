/**
 * Opportunities that full books show, whatever a live run made of them: wherever the best size brings at least
 * the demanded profit, both books are proven, uncrossed and fresh. Pure: fed with events in order.
 */

import type { FeeTable } from '../fees/fee-table.ts';
import { compareExact, parseExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { VenueBook } from '../market/venue-book.ts';
import type { Venue } from '../market/venue.ts';
import type { Evaluation, OpportunityEnd } from '../records/records.ts';
import { isWideUnder } from '../strategy/arbitrage/min-edge.ts';
import type { IsWide } from '../strategy/arbitrage/min-edge.ts';
import { NO_CAPS } from '../strategy/arbitrage/pieces.ts';
import { bestWay, isEnough, waysOf } from '../strategy/arbitrage/plan.ts';
import type { BestWay, Direction, LegBook, Way } from '../strategy/arbitrage/plan.ts';
import { evaluationOf } from '../strategy/arbitrage/decide.ts';
import type { ArbitrageSettings } from '../strategy/arbitrage/settings.ts';
import { Span } from '../strategy/arbitrage/span.ts';
import { askLater, breakEvenFeeOf } from './later/examine.ts';
import type { Asked, Decided } from './later/examine.ts';

const NOTHING: ReadonlyMap<string, Exact> = new Map();

export interface Missed {
  readonly decided: Decided;
  readonly asked: Asked;
}

export interface SearchedUnder {
  readonly strategy: string;
  readonly table: FeeTable;
  readonly settings: ArbitrageSettings;
}

/** One direction between two venues. */
export class Detector {
  readonly #venues: { readonly buy: VenueBook; readonly sell: VenueBook };
  readonly #direction: Direction;
  readonly #under: SearchedUnder;
  readonly #ways: readonly Way[];
  readonly #isWide: IsWide | null;
  readonly #onBegin: (asked: Asked) => void;
  #open: {
    readonly span: Span;
    readonly decided: Omit<Decided, 'opportunity'>;
    readonly asked: Asked;
  } | null = null;

  /** @param onBegin called with what is asked of the later books, as soon as there is an opportunity. */
  constructor(
    venues: { readonly buy: VenueBook; readonly sell: VenueBook },
    under: SearchedUnder,
    onBegin: (asked: Asked) => void,
  ) {
    this.#venues = venues;
    this.#onBegin = onBegin;
    this.#direction = directionOf(venues.buy.venue, venues.sell.venue);
    this.#under = under;
    this.#isWide = isWideUnder(under.settings);
    this.#ways = waysOf(this.#direction, under.table, under.settings).ways;
  }

  /** Before the first event after `us`: ends what is too old by then. */
  beforeNext(us: number): Missed | null {
    const { buy, sell } = this.#venues;
    if (this.#open === null || buy.point === null || sell.point === null) return null;
    const staleUs =
      Math.min(buy.point.receiveTimeUs, sell.point.receiveTimeUs) + this.#under.settings.maxAgeUs;
    return us >= staleUs ? this.#end('stale', staleUs) : null;
  }

  /** Everything of that moment is in the books. */
  at(us: number): Missed | null {
    const [buy, sell] = [legOf(this.#venues.buy), legOf(this.#venues.sell)];
    if (buy === null || sell === null) return this.#end('gap', us);
    if (isCrossed(buy) || isCrossed(sell)) return this.#end('crossed', us);
    const isStale = [buy, sell].some(
      ({ point }) => us - point.receiveTimeUs >= this.#under.settings.maxAgeUs,
    );
    if (isStale) return this.#end('stale', us);
    const own = this.#best(buy, sell);
    if (own === null) return this.#end('closed', us);
    const evaluation = (): Evaluation => evaluationOf(own, { atUs: us, buy, sell });
    if (this.#open === null) this.#begin(buy, sell, evaluation());
    else this.#open.span.went(us, own.best.result?.profit ?? null, evaluation);
    return null;
  }

  /** Nothing more is looked at. */
  finish(us: number): Missed | null {
    return this.#end('closed', us);
  }

  #begin(buy: LegBook, sell: LegBook, first: Evaluation): void {
    const { strategy, table, settings } = this.#under;
    const { base, quote } = this.#direction;
    const decided = {
      evaluation: first,
      direction: this.#direction,
      alreadyTaken: { asks: {}, bids: {} },
    };
    // Now: the books move on.
    const breakEvenFee = breakEvenFeeOf(decided, { buy, sell }, table, settings);
    const venues = { buy: this.#venues.buy.venue, sell: this.#venues.sell.venue };
    const asked = askLater(decided, venues, table, settings);
    this.#open = {
      span: new Span('opportunity', { strategy, pair: `${base}${quote}`, first }),
      decided: { ...decided, verdict: 'missed', reasons: [], breakEvenFee },
      asked,
    };
    this.#onBegin(asked);
  }

  #end(end: OpportunityEnd, us: number): Missed | null {
    if (this.#open === null) return null;
    const { span, decided, asked } = this.#open;
    this.#open = null;
    return { decided: { ...decided, opportunity: span.ended(end, us) }, asked };
  }

  #best(buy: LegBook, sell: LegBook): BestWay | null {
    const [first, ...others] = this.#ways;
    if (first === undefined || !this.#mayPay(buy, sell)) return null;
    const { settings } = this.#under;
    const { maxNotional } = settings;
    const own = bestWay([first, ...others], buy, sell, {
      caps: { ...NO_CAPS, maxNotional: maxNotional === null ? null : parseExact(maxNotional) },
      asksTaken: NOTHING,
      bidsTaken: NOTHING,
      hasMinimums: true,
    });
    return isEnough(own, settings) ? own : null;
  }

  /** The best prices pay before fees, and are far enough apart: most events end here. */
  #mayPay(buy: LegBook, sell: LegBook): boolean {
    const [ask, bid] = [buy.book.best('ask'), sell.book.best('bid')];
    if (!ask || !bid) return false;
    const [{ scale: asks }, { scale: bids }] = [buy.book, sell.book];
    if (asks.priceExponent === bids.priceExponent && bid[0] <= ask[0]) return false;
    const lowest = { value: BigInt(ask[0]), exponent: asks.priceExponent };
    const highest = { value: BigInt(bid[0]), exponent: bids.priceExponent };
    return compareExact(highest, lowest) > 0 && this.#isWide?.(lowest, highest) !== false;
  }
}

export function directionOf(buy: Venue, sell: Venue): Direction {
  return {
    buy: { venue: buy.name, rules: rulesOf(buy) },
    sell: { venue: sell.name, rules: rulesOf(sell) },
    base: buy.base,
    quote: buy.quote,
  };
}

function rulesOf({ instrument }: Venue): Direction['buy']['rules'] {
  const { lotSize, minSize, minNotional } = instrument;
  return { lotSize, minSize, minNotional };
}

function legOf({ venue, book, point, horizon }: VenueBook): LegBook | null {
  if (book === null || point === null) return null;
  const { name, security, source } = venue;
  return { venue: name, security, source, point, book, horizon };
}

function isCrossed({ book }: LegBook): boolean {
  const [bid, ask] = [book.best('bid'), book.best('ask')];
  return bid !== undefined && ask !== undefined && bid[0] >= ask[0];
}
