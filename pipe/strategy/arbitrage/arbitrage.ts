/**
 * Buys where it is cheap and sells where it is dear. For each two venues: an opportunity as long as the best
 * size brings at least what is asked for, both books are proven, not crossed and young enough; a near miss as
 * long as the prices alone would pay. Each is decided once, when it begins.
 */

import { parseExact } from '../../market/exact.ts';
import type { VenueEvent } from '../../market/events.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import type { DecisionRecord, OpportunityEnd } from '../../records/records.ts';
import type {
  InterruptedAction,
  OpenTransfer,
  OrderResult,
  Strategy,
  StrategyContext,
  Transfer,
} from '../strategy.ts';
import { TakenOfVenues } from '../taken-levels.ts';
import { Actions } from './actions.ts';
import { evaluationOf } from './decide.ts';
import { directionsOf, legBook } from './directions.ts';
import type { DirectionState } from './directions.ts';
import { isWideUnder } from './min-edge.ts';
import type { IsWide } from './min-edge.ts';
import { NO_CAPS } from './pieces.ts';
import { bestWay, isEnough } from './plan.ts';
import type { BestWay, LegBook } from './plan.ts';
import type { ArbitrageSettings } from './settings.ts';
import { Span } from './span.ts';
import type { SpanKind } from './span.ts';
import { emptyTop, hasEdge, hasNetEdge, priceOf, readTop } from './tops.ts';
import type { Top } from './tops.ts';

export const ARBITRAGE = 'arbitrage';

/** What two books are now. */
interface Present {
  readonly kind: SpanKind;
  /** What ends an opportunity, if it is a near miss. */
  readonly end: OpportunityEnd;
  readonly buy: LegBook;
  readonly sell: LegBook;
  /** null: not looked for. */
  readonly best: BestWay | null;
}

export class Arbitrage implements Strategy {
  readonly #context: StrategyContext;
  readonly #settings: ArbitrageSettings;
  readonly #books: readonly VenueBook[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #directions: readonly DirectionState[];
  /** By venue: those that it is a part of. */
  readonly #directionsOf: readonly (readonly DirectionState[])[];
  readonly #tops: readonly Top[];
  /** When the last message of each venue's book came. */
  readonly #lastUs: number[];
  readonly #open = new Set<DirectionState>();
  readonly #taken = new TakenOfVenues();
  readonly #actions: Actions;
  readonly #isWide: IsWide | null;
  /** Times an edge was below the minimum. */
  #smallEdges = 0;
  #wasHalted = false;

  constructor(context: StrategyContext, settings: ArbitrageSettings) {
    const { books, fees } = context;
    this.#context = context;
    this.#settings = settings;
    this.#books = books;
    this.#places = new Map(books.map(({ venue }, place) => [venue.name, place]));
    this.#directions = directionsOf(books, fees, settings);
    this.#directionsOf = books.map((_, place) =>
      this.#directions.filter(({ buy, sell }) => buy === place || sell === place),
    );
    this.#tops = books.map(emptyTop);
    this.#lastUs = books.map(() => 0);
    this.#actions = new Actions(context, settings, this.#taken);
    this.#isWide = isWideUnder(settings);
  }

  onEvent(event: VenueEvent, nowUs: number): void {
    const place = this.#places.get(event.venue.name);
    if (event.type === 'trade' || place === undefined) return;
    this.#expire(nowUs);
    const book = this.#books[place] as VenueBook;
    this.#taken.apply(event, book.book?.scale);
    readTop(this.#tops[place] as Top, book);
    this.#lastUs[place] = book.point?.receiveTimeUs ?? 0;
    for (const each of this.#directionsOf[place] ?? []) this.#look(each, nowUs);
    if (book.book) this.#actions.onBook(event.venue.name, nowUs);
  }

  onTime(nowUs: number): void {
    this.#expire(nowUs);
  }

  onResult(result: OrderResult, nowUs: number): void {
    this.#actions.onResult(result, nowUs);
  }

  onArrival(transfer: Transfer, nowUs: number): void {
    this.#actions.onArrival(transfer, nowUs);
  }

  resume(open: OpenTransfer): void {
    const each = this.#directionOf(open.decision);
    if (each) this.#actions.resume(open, each);
  }

  settle(interrupted: InterruptedAction): void {
    const each = this.#directionOf(interrupted.decision);
    if (each) this.#actions.settleLater(interrupted, each);
  }

  #directionOf({ evaluation: { buy, sell } }: DecisionRecord): DirectionState | undefined {
    return this.#directions.find(
      ({ direction }) => direction.buy.venue === buy.venue && direction.sell.venue === sell.venue,
    );
  }

  stop(_nowUs: number): Promise<void> {
    const opportunities = [...this.#open].flatMap(({ span }) => (span ? [span.running()] : []));
    if (opportunities.length > 0) this.#context.record({ opportunities });
    return Promise.resolve();
  }

  report(): string | null {
    const { pair } = this.#context;
    const { minEdgeBps } = this.#settings;
    if (this.#smallEdges === 0) return null;
    return `${pair}: ${this.#smallEdges} times prices were less than ${minEdgeBps} bps apart (not recorded)`;
  }

  /** Ends what the kill switch ends, and opportunities of which a book has become too old. */
  #expire(nowUs: number): void {
    const isHalted = this.#context.halted() !== null;
    if (isHalted && !this.#wasHalted)
      for (const each of this.#open) this.#end(each, 'halted', nowUs);
    // Who takes the kill switch back has seen to what failed.
    if (!isHalted && this.#wasHalted) this.#context.standing.failures = 0;
    this.#wasHalted = isHalted;
    for (const each of this.#open) {
      if (each.span?.kind !== 'opportunity') continue;
      const staleUs = this.#staleUs(each);
      if (nowUs >= staleUs) this.#end(each, 'stale', staleUs);
    }
  }

  #look(each: DirectionState, nowUs: number): void {
    if (!this.#hasEdge(each)) {
      // Nothing to begin, for nearly every event.
      if (each.span) this.#end(each, this.#isProven(each) ? 'closed' : 'gap', nowUs);
      return;
    }
    const present = this.#present(each, nowUs);
    if (present === null) {
      if (each.span) this.#end(each, 'gap', nowUs);
      return;
    }
    const { span } = each;
    if (span?.kind === present.kind) {
      const profit = present.best?.best.result?.profit ?? null;
      span.went(nowUs, profit, () => evaluationOf(present.best, { atUs: nowUs, ...present }));
      return;
    }
    if (span) this.#end(each, present.kind === 'opportunity' ? 'closed' : present.end, nowUs);
    if (nowUs > each.lastFromUs) this.#begin(each, present, nowUs);
  }

  /** One that is looked at. */
  #hasEdge(each: DirectionState): boolean {
    const [buyTop, sellTop] = [this.#tops[each.buy] as Top, this.#tops[each.sell] as Top];
    const isEdge = hasEdge(buyTop, sellTop);
    const isSmall =
      isEdge && this.#isWide?.(priceOf(buyTop, 'ask'), priceOf(sellTop, 'bid')) === false;
    if (isSmall && !each.isSmall) this.#smallEdges++;
    each.isSmall = isSmall;
    return isEdge && !isSmall;
  }

  /** null: a book is not proven. There is an edge before fees. */
  #present(each: DirectionState, nowUs: number): Present | null {
    const buy = legBook(this.#books[each.buy] as VenueBook);
    const sell = legBook(this.#books[each.sell] as VenueBook);
    if (buy === null || sell === null) return null;
    const tops = [this.#tops[each.buy] as Top, this.#tops[each.sell] as Top] as const;
    const nearMiss = { kind: 'near-miss', buy, sell, best: null } as const;
    if (tops.some(({ isCrossed }) => isCrossed)) return { ...nearMiss, end: 'crossed' };
    if (nowUs >= this.#staleUs(each)) return { ...nearMiss, end: 'stale' };
    const isNet = each.factors !== null && hasNetEdge(...tops, each.factors);
    const best = isNet ? this.#best(each, buy, sell) : null;
    const kind = best && isEnough(best, this.#settings) ? 'opportunity' : 'near-miss';
    return { kind, end: 'closed', buy, sell, best };
  }

  /** What the market offers, whatever we have and took. */
  #best({ ways }: DirectionState, buy: LegBook, sell: LegBook): BestWay | null {
    const [first, ...others] = ways.ways;
    if (first === undefined) return null;
    const { maxNotional } = this.#settings;
    return bestWay([first, ...others], buy, sell, {
      caps: { ...NO_CAPS, maxNotional: maxNotional === null ? null : parseExact(maxNotional) },
      asksTaken: new Map(),
      bidsTaken: new Map(),
      hasMinimums: true,
    });
  }

  #begin(each: DirectionState, { kind, buy, sell, best }: Present, nowUs: number): void {
    const known = best ?? this.#best(each, buy, sell);
    const first = evaluationOf(known, { atUs: nowUs, buy, sell });
    const span = new Span(kind, { strategy: ARBITRAGE, pair: this.#context.pair, first });
    each.span = span;
    each.lastFromUs = nowUs;
    this.#open.add(each);
    this.#actions.decide(span, each, { atUs: nowUs, buy, sell });
  }

  #end(each: DirectionState, end: OpportunityEnd, atUs: number): void {
    if (each.span) this.#context.record({ opportunities: [each.span.ended(end, atUs)] });
    each.span = null;
    this.#open.delete(each);
  }

  #isProven({ buy, sell }: DirectionState): boolean {
    return this.#books[buy]?.book != null && this.#books[sell]?.book != null;
  }

  #staleUs({ buy, sell }: DirectionState): number {
    const oldestUs = Math.min(this.#lastUs[buy] ?? 0, this.#lastUs[sell] ?? 0);
    return oldestUs + this.#settings.maxAgeUs;
  }
}
