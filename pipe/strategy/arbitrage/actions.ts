/** Decides, sends what was decided, and follows it to its end: fills, the transfer, the sale after it. */

import {
  ZERO,
  addExact,
  compareExact,
  formatExact,
  largerExact,
  multiplyExact,
  parseExact,
  subtractExact,
} from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import type { Venue } from '../../market/venue.ts';
import type { DecisionRecord, LedgerEntry, ResultRecord } from '../../records/records.ts';
import type {
  InterruptedAction,
  Fill,
  OpenTransfer,
  OrderRequest,
  OrderResult,
  StrategyContext,
  Transfer,
} from '../strategy.ts';
import type { TakenOfVenues } from '../taken-levels.ts';
import { Arrivals } from './arrivals.ts';
import type { Arrived } from './arrivals.ts';
import { decide, takenTo } from './decide.ts';
import type { Decision } from './decide.ts';
import type { DirectionState } from './directions.ts';
import type { Expectation } from './expectation.ts';
import type { BestWay, LegBook } from './plan.ts';
import type { WalkedLevel } from './profit.ts';
import { isLost } from './reasons.ts';
import { transferRisk } from './risk.ts';
import { NO_LIMIT } from './sale.ts';
import type { ArbitrageSettings } from './settings.ts';
import type { Span } from './span.ts';

/** What is under way. */
interface Action extends Arrived {
  readonly buy: Venue;
  /** What its orders may still take of the balances. */
  readonly reserved: { quote: Exact; base: Exact };
  /** Those without a result. */
  orders: number;
  readonly expected: Expectation;
  /** In base: left over. */
  money: Exact;
  base: Exact;
  /** Where what is left over lies. */
  holder: Venue;
  hasFailed: boolean;
}

export class Actions {
  readonly #context: StrategyContext;
  readonly #settings: ArbitrageSettings;
  readonly #taken: TakenOfVenues;
  readonly #underWay = new Map<string, Action>();
  readonly #arrivals: Arrivals<Action>;
  /** Of earlier runs, not settled yet. */
  #interrupted: Action[] = [];

  constructor(context: StrategyContext, settings: ArbitrageSettings, taken: TakenOfVenues) {
    this.#context = context;
    this.#settings = settings;
    this.#taken = taken;
    this.#arrivals = new Arrivals(context, settings, {
      sell: (action, size) => this.#sell(action, size),
      dust: (action, nowUs) => this.#finish(action, nowUs),
    });
  }

  decide(
    span: Span,
    state: DirectionState,
    moment: { readonly atUs: number; readonly buy: LegBook; readonly sell: LegBook },
  ): void {
    const decision = this.#decision(state, moment);
    const id = `${span.id}/1`;
    const record: DecisionRecord = {
      id,
      opportunity: span.id,
      strategy: strategyOf(span.id),
      pair: this.#context.pair,
      atUs: moment.atUs,
      verdict: decision.verdict,
      reasons: decision.reasons,
      evaluation: decision.evaluation,
      inputs: { ...decision.inputs },
      expected: { ...decision.expected },
    };
    this.#context.record({ opportunities: [span.running()], decisions: [record] });
    if (decision.plan) this.#act(id, state, decision, decision.plan);
  }

  /** A transfer of an earlier run: what was bought is sold when it is there. */
  resume({ decision, ledger, lastNumber }: OpenTransfer, state: DirectionState): void {
    const action = this.#earlier(decision, ledger, state);
    if (action) this.#underWay.set(decision.id, { ...action, number: lastNumber });
  }

  /** An action of an earlier run: what it came to is known when both books are. */
  settleLater({ decision, ledger }: InterruptedAction, state: DirectionState): void {
    const action = this.#earlier(decision, ledger, state);
    if (!action) return;
    const base = sumOf(ledger, action.buy.base);
    // What is missing is missed where it was sold.
    this.#interrupted.push({ ...action, base, holder: base.value < 0n ? action.sell : action.buy });
  }

  #earlier(
    decision: DecisionRecord,
    ledger: readonly LedgerEntry[],
    { buy, sell, ways, direction }: DirectionState,
  ): Action | null {
    const [buyVenue, sellVenue] = [buy, sell].map((place) => this.#context.books[place]?.venue);
    // The terms of the sale are the same on all ways; without fees nothing is traded.
    const [way] = ways.ways;
    if (!way || !buyVenue || !sellVenue) return null;
    return {
      decision: decision.id,
      number: 1,
      direction,
      bought: decision.evaluation.buy,
      way,
      buy: buyVenue,
      sell: sellVenue,
      reserved: { quote: ZERO, base: ZERO },
      orders: 0,
      expected: decision.expected as unknown as Expectation,
      money: sumOf(ledger, buyVenue.quote),
      base: ZERO,
      holder: buyVenue,
      hasFailed: false,
    };
  }

  onResult(result: OrderResult, nowUs: number): void {
    const action = this.#underWay.get(result.request.decision);
    if (!action) return;
    const isSaleOfTransfer = action.expected.transfer && result.request.side === 'sell';
    if (isSaleOfTransfer && result.fills.length === 0) {
      this.#arrivals.add(action);
      return;
    }
    this.#settle(action, result);
    if (--action.orders > 0) return;
    const isBuyOfTransfer = action.expected.transfer && result.request.side === 'buy';
    if (isBuyOfTransfer) {
      if (this.#send(action, nowUs)) return;
      this.#context.standing.openTransfers--;
    }
    this.#finish(action, nowUs);
  }

  onArrival(transfer: Transfer, nowUs: number): void {
    const action = this.#underWay.get(transfer.decision);
    if (!action) return;
    const arrived = subtractExact(parseExact(transfer.amount), parseExact(transfer.fee));
    action.base = arrived;
    action.holder = action.sell;
    this.#arrivals.add(action);
    this.#arrivals.sellOn(transfer.to, nowUs);
  }

  /** A book has moved, and is proven. */
  onBook(venue: string, nowUs: number): void {
    this.#arrivals.sellOn(venue, nowUs);
    if (this.#interrupted.length === 0) return;
    const isProven = ({ name }: Venue): boolean =>
      this.#context.books.some((book) => book.venue.name === name && book.book);
    const known = this.#interrupted.filter(({ buy, sell }) => isProven(buy) && isProven(sell));
    this.#interrupted = this.#interrupted.filter((action) => !known.includes(action));
    for (const action of known) this.#finish(action, nowUs);
  }

  #sell(action: Action, size: string): void {
    action.orders = 1;
    const { decision, sell: venue } = action;
    this.#context.execute([{ decision, venue, side: 'sell', size, limit: NO_LIMIT }]);
  }

  #decision(
    { direction }: DirectionState,
    { atUs, buy, sell }: { readonly atUs: number; readonly buy: LegBook; readonly sell: LegBook },
  ): Decision {
    const { fees, history, standing } = this.#context;
    const { base, quote } = direction;
    return decide({
      atUs,
      buy,
      sell,
      table: fees,
      settings: this.#settings,
      inputs: {
        direction,
        balances: {
          quote: this.#available(buy.venue, quote),
          base: this.#available(sell.venue, base),
        },
        taken: {
          asks: takenTo(this.#taken.of(buy.venue, 'ask')),
          bids: takenTo(this.#taken.of(sell.venue, 'bid')),
        },
        halted: this.#context.halted(),
        standing: {
          openTransfers: standing.openTransfers,
          failures: standing.failures,
          resultOfDay: standing.resultOfDay(quote, atUs),
        },
      },
      risk: (delayMs) =>
        transferRisk(history, sell.venue, { atUs, delayMs, percent: this.#settings.riskPercent }),
    });
  }

  /** The balance less what orders under way may take of it. */
  #available(venue: string, coin: string): string {
    let left = parseExact(this.#context.balance(venue, coin));
    for (const { buy, sell, reserved } of this.#underWay.values()) {
      if (buy.name === venue && buy.quote === coin) left = subtractExact(left, reserved.quote);
      if (sell.name === venue && sell.base === coin) left = subtractExact(left, reserved.base);
    }
    return formatExact(largerExact(left, ZERO));
  }

  #act(id: string, state: DirectionState, decision: Decision, plan: BestWay): void {
    const { buy, sell, direction } = state;
    const { result } = plan.best;
    const venues = [buy, sell].map((place) => this.#context.books[place]?.venue);
    const [buyVenue, sellVenue] = venues;
    if (!result || !buyVenue || !sellVenue) return;
    const expected = decision.expected as Expectation;
    const isMoved = expected.transfer !== null;
    this.#underWay.set(id, {
      decision: id,
      number: 1,
      direction,
      bought: decision.evaluation.buy,
      way: plan.way,
      buy: buyVenue,
      sell: sellVenue,
      reserved: { quote: result.cost, base: isMoved ? ZERO : result.sold },
      orders: expected.orders.length,
      expected,
      money: ZERO,
      base: ZERO,
      holder: buyVenue,
      hasFailed: false,
    });
    // From now on, so that those decided until the buy is done keep to the limit.
    if (isMoved) this.#context.standing.openTransfers++;
    this.#take(id, buyVenue, 'ask', result.bought.levels);
    if (!isMoved) this.#take(id, sellVenue, 'bid', result.sale.levels);
    this.#context.execute(
      expected.orders.map(({ venue, side, size, limit }): OrderRequest => {
        const of = venue === buyVenue.name ? buyVenue : sellVenue;
        const { levels } = side === 'buy' ? result.bought : result.sale;
        return { decision: id, venue: of, side, size, limit, levels: levels.map(asText) };
      }),
    );
  }

  #take(
    decision: string,
    { name: venue }: Venue,
    side: 'bid' | 'ask',
    levels: readonly WalkedLevel[],
  ): void {
    for (const { price, size } of levels) {
      this.#taken.take(decision, { venue, side, price: formatExact(price), size });
    }
  }

  #settle(action: Action, { request, fills, fee, error }: OrderResult): void {
    const { venue, side, decision } = request;
    const parsed = fills.map(({ price, size }) => ({
      price: parseExact(price),
      size: parseExact(size),
    }));
    this.#take(decision, venue, side === 'buy' ? 'ask' : 'bid', parsed);
    const filled = parsed.reduce((sum, { size }) => addExact(sum, size), ZERO);
    const money = parsed.reduce(
      (sum, { price, size }) => addExact(sum, multiplyExact(price, size)),
      ZERO,
    );
    const isBuy = side === 'buy';
    action.reserved[isBuy ? 'quote' : 'base'] = ZERO;
    action.money = isBuy ? subtractExact(action.money, money) : addExact(action.money, money);
    action.base = isBuy ? addExact(action.base, filled) : subtractExact(action.base, filled);
    const charged = parseExact(fee.amount);
    if (fee.coin === venue.base) action.base = subtractExact(action.base, charged);
    else action.money = subtractExact(action.money, charged);
    if (error !== null || filled.value === 0n) action.hasFailed = true;
  }

  /** What was bought, on its way to the venue where it is sold; false: nothing would arrive. */
  #send(action: Action, nowUs: number): boolean {
    const { terms, route } = action.way;
    if (!terms.withdrawal || !route || action.base.value <= 0n) return false;
    const kept = multiplyExact(action.base, terms.withdrawal.kept);
    const arrives = subtractExact(kept, terms.withdrawal.fee);
    if (arrives.value <= 0n || compareExact(action.base, terms.withdrawal.min) < 0) return false;
    this.#context.transfer({
      decision: action.decision,
      coin: action.buy.base,
      from: action.buy.name,
      to: action.sell.name,
      amount: formatExact(action.base),
      fee: formatExact(subtractExact(action.base, arrives)),
      arrivesUs: nowUs + route.delayMs * 1000,
    });
    return true;
  }

  #finish(action: Action, nowUs: number): void {
    this.#underWay.delete(action.decision);
    const { standing } = this.#context;
    const { quote } = action.buy;
    const result = this.#resultOf(action, nowUs);
    standing.settle(result);
    this.#context.record({ results: [result] });
    const { maxDailyLoss, maxFailures } = this.#settings;
    const ofDay = standing.resultOfDay(quote, nowUs);
    if (maxDailyLoss !== null && isLost(ofDay, maxDailyLoss)) {
      this.#context.halt(`arbitrage: the result of this day is ${ofDay} ${quote}`);
    } else if (standing.failures >= maxFailures) {
      this.#context.halt(`arbitrage: ${standing.failures} actions in a row have failed`);
    }
  }

  #resultOf({ decision, hasFailed, money, ...action }: Action, atUs: number): ResultRecord {
    const worth = worthOfRest(action, this.#context.books);
    return {
      decision,
      strategy: strategyOf(decision),
      pair: this.#context.pair,
      atUs,
      quote: action.buy.quote,
      money: formatExact(money),
      rest: formatExact(action.base),
      worth: formatExact(worth),
      result: formatExact(addExact(money, worth)),
      hasFailed,
    };
  }
}

function sumOf(ledger: readonly LedgerEntry[], coin: string): Exact {
  return ledger
    .filter((entry) => entry.coin === coin)
    .reduce((sum, { amount }) => addExact(sum, parseExact(amount)), ZERO);
}

function asText({ price, size }: WalkedLevel): Fill {
  return { price: formatExact(price), size: formatExact(size) };
}

function strategyOf(id: string): string {
  return id.slice(0, id.indexOf('/'));
}

/**
 * What was bought and not sold, at the best bid where it is; what was sold and not bought, at the best ask where
 * it is missing. Without a proven book, at the limit of its order.
 */
function worthOfRest(
  {
    base,
    holder,
    sell,
    expected,
    way,
  }: Pick<Action, 'base' | 'holder' | 'sell' | 'expected' | 'way'>,
  books: readonly VenueBook[],
): Exact {
  if (base.value === 0n) return ZERO;
  const isMissing = base.value < 0n;
  const venue = isMissing ? sell : holder;
  const book = books.find((each) => each.venue.name === venue.name)?.book;
  const best = book?.best(isMissing ? 'ask' : 'bid');
  const order = expected.orders.find(({ side }) => side === (isMissing ? 'buy' : 'sell'));
  const price =
    book && best
      ? { value: BigInt(best[0]), exponent: book.scale.priceExponent }
      : parseExact(order?.limit ?? '0');
  const { buy: buyTerms, sell: sellTerms } = way.terms;
  return multiplyExact(multiplyExact(base, price), isMissing ? buyTerms.paid : sellTerms.kept);
}
