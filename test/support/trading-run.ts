/** A trading desk on paper with books, a journal and a store in memory, as the program has them. */

import { TradingDesk } from '../../pipe/execution/trading-desk.ts';
import type { TradingDeskDeps } from '../../pipe/execution/trading-desk.ts';
import { interruptedActions } from '../../pipe/execution/interrupted-actions.ts';
import { openTransfers } from '../../pipe/execution/open-transfers.ts';
import { timeOfEvent } from '../../pipe/market/events.ts';
import type { VenueEvent } from '../../pipe/market/events.ts';
import { VenueBook } from '../../pipe/market/venue-book.ts';
import { sinceMidnight } from '../../pipe/strategy/standing.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import { RecordJournal } from '../../pipe/program/run/journal.ts';
import type { LedgerEntry } from '../../pipe/records/records.ts';
import type { MemoryRecords } from './memory-records.ts';

/** As often as the program. */
const TIME_US = 50_000;

export type Balances = Readonly<Record<string, Readonly<Record<string, string>>>>;

type Options = Pick<TradingDeskDeps, 'definition' | 'options' | 'history' | 'fees'> & {
  readonly venues: readonly Venue[];
  readonly store: MemoryRecords;
  readonly balances: Balances;
  readonly startUs: number;
};

export class TradingRun {
  readonly store: MemoryRecords;
  readonly #books: ReadonlyMap<Venue, VenueBook>;
  readonly #journal: RecordJournal;
  readonly #desk: TradingDesk;
  haltReason: string | null = null;
  #nowUs: number;

  static async start(options: Options): Promise<TradingRun> {
    const { store, definition, balances, startUs } = options;
    const journal = await RecordJournal.open(store, definition.name, {
      onStored: () => undefined,
      onFailed: (error) => {
        throw error;
      },
    });
    const ledger = Object.entries(balances).flatMap(([venue, coins]) =>
      Object.entries(coins).map(([coin, amount]): LedgerEntry => ({
        number: 0,
        atUs: startUs,
        strategy: definition.name,
        decision: null,
        venue,
        coin,
        kind: 'opening',
        amount,
        balance: amount,
        fill: null,
      })),
    );
    const isNew = ({ venue, coin }: LedgerEntry): boolean => journal.balance(venue, coin) === null;
    journal.add({ ledger: ledger.filter(isNew) });
    const run = new TradingRun(options, journal);
    await run.#desk.restore(store.results(definition.name, sinceMidnight(startUs)));
    run.#desk.settle(await interruptedActions(store, definition.name, sinceMidnight(startUs)));
    run.#desk.resume(await openTransfers(store, definition.name), startUs);
    return run;
  }

  private constructor(options: Options, journal: RecordJournal) {
    const { venues, store, startUs, ...deps } = options;
    this.store = store;
    this.#journal = journal;
    this.#nowUs = startUs;
    this.#books = new Map(venues.map((venue) => [venue, new VenueBook(venue)]));
    this.#desk = new TradingDesk(
      {
        ...deps,
        books: [...this.#books.values()],
        execute: null,
        record: (batch) => journal.add(batch),
        balance: (venue, coin) => this.balance(venue, coin),
        halted: () => this.haltReason,
        halt: (reason) => {
          this.haltReason ??= reason;
        },
      },
      startUs,
    );
  }

  balance(venue: string, coin: string): string {
    return this.#journal.balance(venue, coin) ?? '0';
  }

  onEvent(event: VenueEvent): void {
    const book = this.#books.get(event.venue);
    if (!book) throw new Error('Not a venue of this run');
    this.#nowUs = Math.max(this.#nowUs, timeOfEvent(event));
    this.#desk.turnTo(this.#nowUs);
    book.apply(event);
    this.#desk.onEvent(event, book, this.#nowUs);
  }

  onTime(nowUs: number): void {
    this.#nowUs = Math.max(this.#nowUs, nowUs);
    this.#desk.onTime(this.#nowUs);
  }

  reports(): readonly string[] {
    return this.#desk.reports();
  }

  async stop(nowUs: number): Promise<void> {
    this.#nowUs = Math.max(this.#nowUs, nowUs);
    await this.#desk.stop(this.#nowUs);
    const orders = { areUnderWay: true };
    void this.#desk.settled().then(() => (orders.areUnderWay = false));
    for (await Promise.resolve(); orders.areUnderWay; await Promise.resolve()) {
      this.onTime(this.#nowUs + TIME_US);
    }
    await this.#journal.flushed();
  }

  /** `kill -9`: what was recorded by now is all there is. */
  async kill(): Promise<void> {
    await this.#journal.flushed();
  }
}
