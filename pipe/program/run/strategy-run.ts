/**
 * Runs one strategy on the venues of some pairs: books move, then the strategy is called; what it records is stored
 * before its orders are sent; the kill switch is asked before every order.
 */

import { describeError } from '../../../logger/errors.ts';
import type { Clock, Timer } from '../../../logger/runtime/clock.ts';
import type { Log } from '../../../logger/runtime/log.ts';
import { every, untilAborted } from '../../../logger/runtime/timing.ts';
import type { Balance, Execution } from '../../execution/execution.ts';
import { TradingDesk } from '../../execution/trading-desk.ts';
import { interruptedActions } from '../../execution/interrupted-actions.ts';
import { openTransfers } from '../../execution/open-transfers.ts';
import type { FeeTable } from '../../fees/fee-table.ts';
import { timeOfEvent } from '../../market/events.ts';
import { compareExact, parseExact } from '../../market/exact.ts';
import type { VenueEvent } from '../../market/events.ts';
import { RecorderClock } from '../../market/recorder-clock.ts';
import { VenueBook } from '../../market/venue-book.ts';
import type { Venue } from '../../market/venue.ts';
import type { RecordStore, RunRecord, StoredFeeTable } from '../../records/records.ts';
import { sinceMidnight } from '../../strategy/standing.ts';
import type { OrderRequest, OrderResult, StrategyDefinition } from '../../strategy/strategy.ts';
import type { LiveMemory } from '../../sources/live-memory.ts';
import { topOf } from '../../top/top.ts';
import { BalanceCheck } from './balance-check.ts';
import { RecordJournal } from './journal.ts';
import type { RecordBatch } from './journal.ts';

/** What ends by time is late by so much at most. */
const TIME_MS = 50;
/** How soon another process's kill switch is noticed without an order. */
const HALT_MS = 1000;

export interface RunOptions {
  readonly definition: StrategyDefinition;
  /** Of the strategy. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly venues: readonly Venue[];
  readonly fees: FeeTable;
  readonly feeTable: StoredFeeTable;
  /** Balances before the first movement. */
  readonly opening: readonly Balance[];
}

export interface RunDeps {
  readonly store: RecordStore;
  readonly memory: LiveMemory;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warning' | 'notice' | 'error'>;
  /** Real orders; null: on paper. */
  readonly execution: ((run: ExecutionDeps) => Execution) | null;
  readonly onStored: (batch: RecordBatch) => void;
  /** Called with the result of each order. */
  readonly onOrder?: (result: OrderResult) => void;
  /** The run can't go on. */
  readonly onFailed: (error: unknown) => void;
}

/** What an execution is given. */
export interface ExecutionDeps {
  readonly books: readonly VenueBook[];
  readonly fees: FeeTable;
  /** The recorders' time. */
  readonly clock: Clock;
  readonly halt: (reason: string) => void;
}

export class StrategyRun {
  readonly #options: RunOptions;
  readonly #deps: RunDeps;
  readonly #recorders: RecorderClock;
  readonly #books: ReadonlyMap<Venue, VenueBook>;
  readonly #held = new Map<string, readonly VenueEvent[]>();
  readonly #desk: TradingDesk;
  readonly #execution: Execution | null;
  readonly #journal: RecordJournal;
  /** null: nobody but the ledger knows balances. */
  readonly #balanceCheck: BalanceCheck | null;
  readonly #timers: Timer[] = [];
  readonly #failed: AbortSignal;
  /** When it was stopped, on both clocks; null: it was not. */
  #stopped: { readonly us: number; readonly ms: number } | null = null;
  #halted: string | null;
  /** From the start on: the time of an image is that of its last message, which may be long ago. */
  #nowUs: number;

  private constructor(
    options: RunOptions,
    deps: RunDeps,
    opened: {
      readonly journal: RecordJournal;
      readonly halted: string | null;
      readonly failed: AbortSignal;
    },
  ) {
    this.#options = options;
    this.#deps = deps;
    this.#journal = opened.journal;
    this.#halted = opened.halted;
    this.#failed = opened.failed;
    this.#recorders = new RecorderClock(deps.clock);
    this.#nowUs = this.#recorders.nowUs();
    const { venues } = options;
    this.#books = new Map(venues.map((venue) => [venue, new VenueBook(venue)]));
    this.#execution = this.#executionOf(options);
    this.#balanceCheck = this.#checkOf(this.#execution);
    this.#desk = this.#deskOf(options);
  }

  /** @throws InvalidArgumentError for a bad option of the strategy; whatever the store throws. */
  static async start(options: RunOptions, deps: RunDeps): Promise<StrategyRun> {
    const { store, onStored } = deps;
    const { name } = options.definition;
    const failure = new AbortController();
    const onFailed = (error: unknown): void => {
      failure.abort();
      deps.onFailed(error);
    };
    const journal = await RecordJournal.open(store, name, { onStored, onFailed });
    const opened = { journal, halted: await store.halted(), failed: failure.signal };
    const run = new StrategyRun(options, { ...deps, onFailed }, opened);
    await store.putFeeTable(options.feeTable);
    const startedUs = run.#recorders.nowUs();
    await store.putRun(runRecord(options, startedUs));
    await run.#openBalances();
    await run.#desk.restore(store.results(name, sinceMidnight(startedUs)));
    run.#desk.settle(await interruptedActions(store, name, sinceMidnight(startedUs)));
    // What paper has left open is no coin of a real account.
    if (run.#execution === null) await run.#resume(startedUs);
    run.#startTimers();
    return run;
  }

  /** A strategy begins when what is recorded of its pair is in memory: until then its books move alone. */
  onEvent(event: VenueEvent): void {
    const { venue } = event;
    const book = this.#books.get(venue);
    if (book === undefined) return;
    const eventUs = timeOfEvent(event);
    this.#recorders.observe(eventUs);
    this.#nowUs = Math.max(this.#nowUs, eventUs);
    this.#desk.turnTo(this.#nowUs);
    book.apply(event);
    const { memory } = this.#deps;
    memory.apply(event, book.book && topOf(book.book));
    this.#execution?.onEvent?.(event, this.#nowUs);
    if (memory.isReady(venue.pair)) this.#desk.onEvent(event, book, this.#nowUs);
    else this.#hold(event);
  }

  /** Keeps of each venue its last image and what came last, for when the memory is complete. */
  #hold(event: VenueEvent): void {
    const { pair } = event.venue;
    const held = this.#held.get(pair) ?? [];
    if (held.length === 0) void this.#deps.memory.ready(pair).then(() => this.#release(pair));
    const kept = held.filter(
      ({ venue, type }) => venue !== event.venue || (type === 'image' && event.type !== 'image'),
    );
    this.#held.set(pair, [...kept, event]);
  }

  #release(pair: string): void {
    const held = this.#held.get(pair) ?? [];
    this.#held.delete(pair);
    this.#deps.log.notice(`${pair}: what is recorded is in memory; the strategy runs`);
    for (const event of held) {
      const book = this.#books.get(event.venue);
      if (book) this.#desk.onEvent(event, book, this.#nowUs);
    }
  }

  /** The kill switch: no order from now on, in no process on this store. */
  halt(reason: string): void {
    if (this.#halted !== null) return;
    this.#setHalted(reason);
    this.#deps.store.setHalted(reason).catch(this.#deps.onFailed);
  }

  /**
   * Ends what is open, in order; everything is stored when it resolves. Until then events have to be passed in: what
   * is under way is filled at the books as they move.
   */
  async stop(): Promise<void> {
    this.#stopped = { us: this.#nowUs, ms: this.#deps.clock.monotonicMs() };
    try {
      await this.#desk.stop(this.#nowUs);
      const settled = this.#desk.settled();
      // After a failure time may stand still. What was really sent has its result all the same.
      await (this.#execution ? settled : untilAborted(settled, this.#failed));
      await this.#journal.flushed();
      for (const report of this.#desk.reports()) this.#deps.log.notice(report);
    } finally {
      for (const timer of this.#timers) timer.cancel();
      this.#execution?.close();
    }
  }

  #checkOf(execution: Execution | null): BalanceCheck | null {
    if (!execution?.balances) return null;
    return new BalanceCheck({
      balances: () => execution.balances?.() ?? Promise.resolve([]),
      expected: (venue, coin) => this.#journal.balance(venue, coin) ?? '0',
      onDifference: (reason) => this.halt(reason),
      log: this.#deps.log,
    });
  }

  #executionOf({ fees }: RunOptions): Execution | null {
    const { clock, execution } = this.#deps;
    if (execution === null) return null;
    return execution({
      books: [...this.#books.values()],
      fees,
      clock: { ...bound(clock), nowUs: () => this.#recorders.nowUs() },
      halt: (reason) => this.halt(reason),
    });
  }

  #deskOf({ definition, options, fees }: RunOptions): TradingDesk {
    const execution = this.#execution;
    return new TradingDesk(
      {
        definition,
        options,
        fees,
        books: [...this.#books.values()],
        history: (pair) => this.#deps.memory.pair(pair),
        execute: execution && ((orders) => this.#execute(execution, orders)),
        record: (batch) => this.#journal.add(batch),
        balance: (venue, coin) => this.#journal.balance(venue, coin) ?? '0',
        halted: () => this.#halted,
        halt: (reason) => this.halt(reason),
        onOrder: (result) => this.#deps.onOrder?.(result),
      },
      this.#nowUs,
    );
  }

  /** Never throws: why nothing was sent is in the results. */
  async #execute(
    execution: Execution,
    orders: readonly OrderRequest[],
  ): Promise<readonly OrderResult[]> {
    const error = await this.#whyNot();
    if (error === null) {
      this.#balanceCheck?.ordersSent();
      try {
        return await execution.execute(orders);
      } finally {
        this.#balanceCheck?.ordersDone();
      }
    }
    return orders.map((request) => ({
      request,
      atUs: this.#nowUs,
      fills: [],
      fee: { coin: request.venue.quote, amount: '0' },
      orderId: null,
      error,
    }));
  }

  /** Why no order may be sent; null: it may, and everything recorded so far is stored. */
  async #whyNot(): Promise<string | null> {
    try {
      await this.#journal.flushed();
      const halted = await this.#deps.store.halted();
      if (halted !== null) this.#setHalted(halted);
    } catch (error) {
      this.#deps.onFailed(error);
      return `nothing can be stored: ${describeError(error)}`;
    }
    return this.#halted === null ? null : `halted: ${this.#halted}`;
  }

  /** What was there before the first movement is one, too. */
  async #openBalances(): Promise<void> {
    const { definition, opening } = this.#options;
    const own = (await this.#execution?.balances?.()) ?? opening;
    const atUs = this.#recorders.nowUs();
    const missing = own.filter(({ venue, coin }) => this.#journal.balance(venue, coin) === null);
    const ledger = missing.map(({ venue, coin, amount }) => ({
      number: 0,
      atUs,
      strategy: definition.name,
      decision: null,
      venue,
      coin,
      kind: 'opening' as const,
      amount,
      balance: amount,
      fill: null,
    }));
    if (ledger.length > 0) this.#journal.add({ ledger });
    await this.#journal.flushed();
    this.#reportBalances(opening);
  }

  /** Else a user wonders why nothing is traded, or why a changed file changes nothing. */
  #reportBalances(opening: readonly Balance[]): void {
    const { log } = this.#deps;
    const { venues } = this.#options;
    const has = (venue: string, coin: string): boolean =>
      (this.#journal.balance(venue, coin) ?? '0') !== '0';
    if (!venues.some(({ name, base, quote }) => has(name, base) || has(name, quote))) {
      log.warning('No venue has a balance, so nothing can be traded: give --balances');
    }
    const other = opening.filter(({ venue, coin, amount }) => {
      const balance = this.#journal.balance(venue, coin) ?? '0';
      return compareExact(parseExact(balance), parseExact(amount)) !== 0;
    });
    if (other.length === 0) return;
    const named = other.map(({ venue, coin }) => `${venue} ${coin}`).join(', ');
    log.notice(`--balances are those before the first run; the ledger has others now: ${named}`);
  }

  async #resume(startedUs: number): Promise<void> {
    const transfers = await openTransfers(this.#deps.store, this.#options.definition.name);
    if (transfers.length === 0) return;
    const decisions = transfers.map(({ decision }) => decision.id).join(', ');
    this.#deps.log.notice(`Goes on with transfers of earlier runs: ${decisions}`);
    this.#desk.resume(transfers, startedUs);
  }

  #startTimers(): void {
    const { clock, store, onFailed } = this.#deps;
    const checkHalt = async (): Promise<void> => this.#setHalted(await store.halted());
    this.#timers.push(
      every(clock, TIME_MS, () => this.#onTime(), onFailed),
      every(clock, HALT_MS, checkHalt, onFailed),
    );
  }

  #onTime(): void {
    this.#nowUs = Math.max(this.#nowUs, this.#recorders.nowUs(), this.#sinceStopUs());
    this.#execution?.onTime?.(this.#nowUs);
    this.#balanceCheck?.onTime();
    this.#desk.onTime(this.#nowUs, (pair) => this.#deps.memory.isReady(pair));
  }

  /** The recorders' clock may stand still, behind an old image for long: what a stop waits for ends all the same. */
  #sinceStopUs(): number {
    if (this.#stopped === null) return 0;
    const { us, ms } = this.#stopped;
    return us + Math.floor((this.#deps.clock.monotonicMs() - ms) * 1000);
  }

  #setHalted(reason: string | null): void {
    if (reason === this.#halted) return;
    this.#halted = reason;
    const { log } = this.#deps;
    if (reason === null) log.notice('Not halted any more');
    else log.warning(`Halted, no order is sent: ${reason}`);
  }
}

function bound(clock: Clock): Clock {
  return {
    nowUs: () => clock.nowUs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule: (delayMs, run) => clock.schedule(delayMs, run),
  };
}

function runRecord(
  { definition, options, venues, feeTable }: RunOptions,
  nowUs: number,
): RunRecord {
  const { name } = definition;
  return {
    id: `${name}/${String(nowUs).padStart(16, '0')}`,
    strategy: name,
    startedUs: nowUs,
    feeTable: feeTable.id,
    settings: definition.settings?.(options) ?? options,
    venues: venues.map(({ name, security, source }) => ({ name, security, source })),
  };
}
