/** What transfers have brought, until it is sold. Each sale is a decision; so is what keeps one from being made. */

import { formatExact, negateExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { Venue } from '../../market/venue.ts';
import type { DecisionRecord, RecordedLeg } from '../../records/records.ts';
import type { StrategyContext } from '../strategy.ts';
import { legBook } from './directions.ts';
import type { BestWay, Direction } from './plan.ts';
import { decideSale, lotsOf } from './sale.ts';
import type { MadeSale } from './sale.ts';
import type { ArbitrageSettings } from './settings.ts';

/** What has arrived of an action. */
export interface Arrived {
  /** That of the purchase; its sale has the numbers after it. */
  readonly decision: string;
  readonly direction: Direction;
  readonly way: BestWay['way'];
  readonly sell: Venue;
  /** Where it was bought. */
  readonly bought: RecordedLeg;
  /** In quote, paid and got so far; in base, what has arrived. */
  readonly money: Exact;
  readonly base: Exact;
  /** The number of its last decision. */
  number: number;
}

export class Arrivals<Action extends Arrived> {
  readonly #context: StrategyContext;
  readonly #settings: ArbitrageSettings;
  readonly #onSell: (action: Action, size: string) => void;
  readonly #onDust: (action: Action, nowUs: number) => void;
  /** With the reasons that kept it from being sold so far. */
  readonly #waiting = new Map<Action, string>();

  constructor(
    context: StrategyContext,
    settings: ArbitrageSettings,
    /** It is to be sold now, or less than what can be sold. */
    on: {
      readonly sell: (action: Action, size: string) => void;
      readonly dust: (action: Action, nowUs: number) => void;
    },
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#onSell = on.sell;
    this.#onDust = on.dust;
  }

  add(action: Action): void {
    this.#waiting.set(action, '');
  }

  /** What has arrived on a venue, once its book is proven. */
  sellOn(venue: string, nowUs: number): void {
    if (this.#waiting.size === 0) return;
    const there = this.#context.books.find((book) => book.venue.name === venue);
    const sell = there ? legBook(there) : null;
    if (sell === null) return;
    for (const [action, rejectedFor] of this.#waiting) {
      if (action.sell.name !== venue) continue;
      if (lotsOf(action.base, action.way.terms.sell.lot) === '0') {
        this.#waiting.delete(action);
        this.#onDust(action, nowUs);
        continue;
      }
      const made = decideSale({
        atUs: nowUs,
        bought: action.bought,
        sell,
        table: this.#context.fees,
        settings: this.#settings,
        inputs: {
          direction: action.direction,
          sale: {
            amount: formatExact(action.base),
            paid: formatExact(negateExact(action.money)),
          },
          halted: this.#context.halted(),
        },
      });
      const reasons = made.reasons.map(({ reason }) => reason).join(' ');
      if (made.verdict === 'rejected' && reasons === rejectedFor) continue;
      this.#record(action, made, nowUs);
      if (made.verdict === 'rejected') {
        this.#waiting.set(action, reasons);
        continue;
      }
      this.#waiting.delete(action);
      this.#onSell(action, made.evaluation.sold);
    }
  }

  #record(action: Action, made: MadeSale, atUs: number): void {
    const opportunity = action.decision.slice(0, action.decision.lastIndexOf('/'));
    const { verdict, reasons, evaluation, inputs, expected } = made;
    const record: DecisionRecord = {
      id: `${opportunity}/${++action.number}`,
      opportunity,
      strategy: opportunity.slice(0, opportunity.indexOf('/')),
      pair: this.#context.pair,
      atUs,
      verdict,
      reasons,
      evaluation,
      inputs: { ...inputs },
      expected,
    };
    this.#context.record({ decisions: [record] });
  }
}
