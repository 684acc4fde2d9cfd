/**
 * Strategies at work, one for each pair: what their orders and transfers do, and when. Events and times are passed in
 * and has no clock of its own, so that on paper the same events and times leave the same records.
 */

import type { FeeTable } from '../fees/fee-table.ts';
import type { VenueEvent } from '../market/events.ts';
import type { VenueBook } from '../market/venue-book.ts';
import type { ResultRecord } from '../records/records.ts';
import { Standing } from '../strategy/standing.ts';
import type {
  InterruptedAction,
  OpenTransfer,
  Strategy,
  StrategyContext,
  StrategyDefinition,
  Transfer,
} from '../strategy/strategy.ts';
import type { PairHistory } from '../top/pair-history.ts';
import { Agenda } from './agenda.ts';
import type { Execution } from './execution.ts';
import { depositOf, movementsOf, withdrawalOf } from './movements.ts';
import { AccountOrders } from './orders.ts';
import type { OnResult, Orders } from './orders.ts';
import { PaperOrders } from './paper.ts';

export interface TradingDeskDeps {
  readonly definition: StrategyDefinition;
  /** Of the command line. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of all venues of all pairs. The owner moves them, between `onTime` and `onEvent`. */
  readonly books: readonly VenueBook[];
  readonly history: (pair: string) => PairHistory;
  readonly fees: FeeTable;
  /** Real orders; null: on paper. */
  readonly execute: Execution['execute'] | null;
  readonly record: StrategyContext['record'];
  readonly balance: StrategyContext['balance'];
  readonly halted: StrategyContext['halted'];
  readonly halt: StrategyContext['halt'];
  /** Called with the result of each order; not of quotes, which fill in parts. */
  readonly onOrder?: OnResult;
}

export class TradingDesk {
  readonly #deps: TradingDeskDeps;
  readonly #agenda = new Agenda();
  readonly #paper: PaperOrders;
  readonly #orders: Orders;
  readonly #standing = new Standing();
  readonly #strategies = new Map<string, Strategy>();
  /** Of what happens now: what is due happens before the event that comes next. */
  #momentUs: number;
  #isStopping = false;

  /** @throws InvalidArgumentError for a bad option of the strategy. */
  constructor(deps: TradingDeskDeps, nowUs: number) {
    const { books, fees, balance, execute, definition } = deps;
    this.#deps = deps;
    this.#momentUs = nowUs;
    const bySecurity = new Map(books.map((book) => [keyOf(book), book]));
    this.#paper = new PaperOrders({
      book: (venue) => bySecurity.get(keyOf({ venue })),
      fees,
      balance,
      agenda: this.#agenda,
    });
    this.#orders = execute ? new AccountOrders(execute) : this.#paper;
    for (const pair of new Set(books.map(({ venue }) => venue.pair))) {
      const own = books.filter(({ venue }) => venue.pair === pair);
      this.#strategies.set(pair, definition.create(this.#context(pair, own), deps.options));
    }
  }

  /** Results of earlier runs count as those of this one. */
  async restore(results: AsyncIterable<ResultRecord>): Promise<void> {
    for await (const result of results) this.#standing.count(result);
  }

  /** What kills interrupted is settled once there are books. */
  settle(actions: readonly InterruptedAction[]): void {
    for (const action of actions) {
      this.#strategies.get(action.decision.pair)?.settle?.(action);
    }
  }

  /** Goes on with what earlier runs left open. What was due while nothing ran arrives now. */
  resume(transfers: readonly OpenTransfer[], nowUs: number): void {
    for (const open of transfers) {
      const { decision, transfer, hasArrived } = open;
      const strategy = this.#strategies.get(decision.pair);
      strategy?.resume?.(open);
      if (hasArrived) {
        strategy?.onArrival?.(transfer, nowUs);
        continue;
      }
      this.#standing.openTransfers++;
      this.#arriveLater(decision.pair, transfer, Math.max(transfer.arrivesUs, nowUs));
    }
  }

  /** Before an event of this time moves its book: what is due happens at the books as they stand. */
  turnTo(nowUs: number): void {
    this.#agenda.advance(nowUs);
    this.#momentUs = nowUs;
  }

  /** After it moved its book. */
  onEvent(event: VenueEvent, book: VenueBook, nowUs: number): void {
    this.#paper.onEvent(event, book);
    if (this.#isStopping) return;
    this.#strategies.get(event.venue.pair)?.onEvent(event, nowUs);
  }

  /** @param isReady whether the strategy of a pair has begun. */
  onTime(nowUs: number, isReady: (pair: string) => boolean = () => true): void {
    this.turnTo(nowUs);
    if (this.#isStopping) return;
    for (const [pair, strategy] of this.#strategies) if (isReady(pair)) strategy.onTime(nowUs);
  }

  /** Ends what is open. Orders under way go on, to be `settled`; what arrives later is left to the next run. */
  async stop(nowUs: number): Promise<void> {
    this.turnTo(nowUs);
    this.#isStopping = true;
    for (const strategy of this.#strategies.values()) await strategy.stop(nowUs);
  }

  /** What the strategies have counted and not recorded. */
  reports(): readonly string[] {
    const all = [...this.#strategies.values()].map((strategy) => strategy.report?.() ?? null);
    return all.filter((report) => report !== null);
  }

  /** Resolves when no order is under way: until then, events and times have to go on. */
  settled(): Promise<void> {
    return this.#orders.settled();
  }

  #context(pair: string, books: readonly VenueBook[]): StrategyContext {
    const { fees, history, execute, record, balance, halted, halt, definition } = this.#deps;
    const onResult: OnResult = (result) => {
      this.#momentUs = result.atUs;
      const ledger = movementsOf(definition.name, result);
      if (ledger.length > 0) record({ ledger });
      this.#strategies.get(pair)?.onResult(result, result.atUs);
    };
    return {
      pair,
      books,
      fees,
      history: history(pair),
      standing: this.#standing,
      canTransfer: execute === null,
      record,
      balance,
      halted,
      halt,
      execute: (orders) =>
        this.#orders.submit(orders, this.#momentUs, (result) => {
          this.#deps.onOrder?.(result);
          onResult(result);
        }),
      quote: (orders) => this.#paper.quote(pair, orders, this.#momentUs, onResult),
      transfer: (transfer) => {
        record({ ledger: withdrawalOf(definition.name, transfer, this.#momentUs) });
        this.#arriveLater(pair, transfer, transfer.arrivesUs);
      },
    };
  }

  #arriveLater(pair: string, transfer: Transfer, dueUs: number): void {
    this.#agenda.add(dueUs, (atUs) => {
      this.#momentUs = atUs;
      const { record, definition } = this.#deps;
      record({ ledger: [depositOf(definition.name, transfer, atUs)] });
      // Here, since what an earlier run sent may be of a pair that has no strategy now.
      this.#standing.openTransfers--;
      this.#strategies.get(pair)?.onArrival?.(transfer, atUs);
    });
  }
}

function keyOf({ venue }: Pick<VenueBook, 'venue'>): string {
  return `${venue.name} ${venue.security}`;
}
