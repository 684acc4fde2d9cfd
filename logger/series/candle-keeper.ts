/**
 * Keeps the candles of every recorded security: what is early right after each boundary, and in its place
 * what is settled, some hundred candles of many securities in a commit.
 *
 * Kept is only what the stored trades say, too: before a commit, everything that was received is stored. What
 * ends with one minute is in one commit with it, so after a crash the stored trades go on from the last one.
 * While the archive takes nothing, candles wait here, up to a bound; beyond it they are made again from the
 * stored trades.
 */

import type { CandleEntry, CandleStore } from '../archive/candle-store.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { ArchiveUnavailableError, LoggerError, describeError } from '../errors.ts';
import type { Unsubscribe } from '../live/feeds.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';
import { entryOf, seriesOf } from './kept-candles.ts';
import type { CandleNews, LiveCandles } from './live-candles.ts';

/** All that a boundary makes early comes at once. */
const EARLY_WITHIN_MS = 10;
/** Most of what a boundary settles comes within this. */
const SETTLED_WITHIN_MS = 2_500;
const RETRY_AFTER_MS = 5_000;
/** In one commit, which takes some milliseconds. */
const MAX_COMMIT_ENTRIES = 500;

export interface CandleKeeperDeps {
  readonly candles: LiveCandles;
  readonly store: CandleStore;
  readonly timeframes: readonly Timeframe[];
  /** Stores what was received of these securities. @returns false: the archive takes nothing now. */
  readonly persist: (securities: Iterable<string>) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
  readonly yieldToEventLoop: YieldToEventLoop;
  readonly onFatal: (error: unknown) => void;
  /** How many candles may wait: some tens of megabytes. */
  readonly maxWaiting?: number;
}

/** What waits of one security. */
interface Waiting {
  /** By timeframe. */
  early: Map<Timeframe, CandleEntry>;
  /** Each a minute and what ends with it: they are stored together. */
  settled: CandleEntry[][];
  isNewMinute: boolean;
}

export class CandleKeeper {
  readonly #deps: CandleKeeperDeps;
  readonly #maxWaiting: number;
  readonly #waiting = new Map<string, Waiting>();
  /** Of which some were dropped: they are made again once the archive takes candles. */
  readonly #dropped = new Set<string>();
  #count = 0;
  #kept = 0;
  #failures = 0;
  #isFailing = false;
  #isStopped = false;
  #timer: Timer | undefined;
  #dueMs = Infinity;
  #writing: Promise<void> | undefined;
  #unsubscribe: Unsubscribe | undefined;

  constructor(deps: CandleKeeperDeps) {
    this.#deps = deps;
    this.#maxWaiting = deps.maxWaiting ?? 50_000;
  }

  start(): void {
    this.#unsubscribe = this.#deps.candles.subscribe((news) => this.#take(news));
    this.#deps.candles.start();
  }

  /** Stores what waits, if the archive takes it. What it does not take is made again after the next start. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.#writing;
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#write();
  }

  figures(): { readonly kept: number; readonly failures: number; readonly waiting: number } {
    return { kept: this.#kept, failures: this.#failures, waiting: this.#count };
  }

  #take(news: CandleNews): void {
    const { security } = news;
    const { timeframe } = news.type === 'early' ? news.candle : news.settled;
    if (this.#dropped.has(security)) return;
    let waiting = this.#waiting.get(security);
    if (waiting === undefined) {
      waiting = { early: new Map(), settled: [], isNewMinute: true };
      this.#waiting.set(security, waiting);
    }
    const isKept = this.#deps.timeframes.includes(timeframe);
    if (news.type === 'early') {
      if (!isKept) return;
      const { candle } = news;
      if (!waiting.early.has(timeframe)) this.#count++;
      waiting.early.set(timeframe, { type: 'candle', ...candle, ...seriesOf(security, timeframe) });
      this.#writeWithin(EARLY_WITHIN_MS);
    } else {
      if (timeframe === '1m') waiting.isNewMinute = true;
      if (!isKept) return;
      // Only with its first candle: of days alone, most minutes have none.
      if (waiting.isNewMinute) waiting.settled.push([]);
      waiting.isNewMinute = false;
      const entry = entryOf(security, news.settled);
      const early = waiting.early.get(timeframe);
      if (early !== undefined && early.fromUs < entry.toUs) {
        waiting.early.delete(timeframe);
        this.#count--;
      }
      waiting.settled.at(-1)?.push(entry);
      this.#count++;
      this.#writeWithin(SETTLED_WITHIN_MS);
    }
    if (this.#count > this.#maxWaiting) this.#drop();
  }

  /** The longest of what waits; the first of it stays, to see when the archive takes candles. */
  #drop(): void {
    const [probe] = this.#waiting.keys();
    for (const [security, waiting] of this.#waiting) {
      if (security === probe) waiting.settled.splice(1);
      else this.#waiting.delete(security);
      this.#dropped.add(security);
    }
    this.#recount();
    this.#deps.log.warning('Too many candles wait for the archive: they are made again later', {
      securities: this.#dropped.size,
    });
  }

  #writeWithin(ms: number): void {
    const { clock, onFatal } = this.#deps;
    const dueMs = clock.monotonicMs() + (this.#isFailing ? RETRY_AFTER_MS : ms);
    if (this.#isStopped || this.#writing !== undefined || dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = clock.schedule(dueMs - clock.monotonicMs(), () => {
      this.#dueMs = Infinity;
      this.#writing = this.#write()
        .catch(onFatal)
        .finally(() => this.#written());
    });
  }

  #written(): void {
    this.#writing = undefined;
    const waiting = [...this.#waiting.values()];
    const isAnyEarly = waiting.some(({ early }) => early.size > 0);
    if (this.#count > 0) this.#writeWithin(isAnyEarly ? EARLY_WITHIN_MS : SETTLED_WITHIN_MS);
  }

  async #write(): Promise<void> {
    const { store, persist, yieldToEventLoop } = this.#deps;
    try {
      for (let isMore = true; isMore;) {
        const parts = this.#next();
        const entries = parts.flatMap((part) => [...part.early, ...part.settled.flat()]);
        if (!(await persist(parts.map(({ security }) => security)))) {
          throw new ArchiveUnavailableError('The archive accepts no records');
        }
        await store.put(entries);
        this.#kept += entries.length;
        this.#forget(parts);
        this.#onSuccess();
        isMore = entries.length >= MAX_COMMIT_ENTRIES;
        if (isMore) await yieldToEventLoop();
      }
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      this.#onFailure(error);
    }
  }

  /** What the next commit has. */
  #next(): Part[] {
    const parts: Part[] = [];
    let count = 0;
    for (const [security, { early, settled }] of this.#waiting) {
      const part: Part = { security, early: [...early.values()], settled: [] };
      count += part.early.length;
      for (const group of settled) {
        if (count >= MAX_COMMIT_ENTRIES) break;
        part.settled.push(group);
        count += group.length;
      }
      parts.push(part);
      if (count >= MAX_COMMIT_ENTRIES) break;
    }
    return parts;
  }

  #forget(parts: readonly Part[]): void {
    for (const { security, early, settled } of parts) {
      const waiting = this.#waiting.get(security);
      if (waiting === undefined) continue;
      for (const entry of early) {
        // It may have been replaced meanwhile.
        if (waiting.early.get(entry.timeframe) === entry) waiting.early.delete(entry.timeframe);
      }
      waiting.settled.splice(0, settled.length);
      if (waiting.early.size + waiting.settled.length === 0) this.#waiting.delete(security);
    }
    this.#recount();
  }

  #recount(): void {
    this.#count = 0;
    for (const { early, settled } of this.#waiting.values()) {
      this.#count += early.size;
      for (const group of settled) this.#count += group.length;
    }
  }

  #onSuccess(): void {
    const { log, candles } = this.#deps;
    if (this.#isFailing) log.notice('Candles are kept again');
    this.#isFailing = false;
    for (const security of this.#dropped) {
      this.#waiting.delete(security);
      candles.reload(security);
    }
    this.#dropped.clear();
    this.#recount();
  }

  #onFailure(error: LoggerError): void {
    if (!this.#isFailing) {
      const reason = describeError(error);
      this.#deps.log.warning('Candles could not be kept; trying again', { reason });
    }
    this.#isFailing = true;
    this.#failures++;
  }
}

/** What one commit has of a security. */
interface Part {
  readonly security: string;
  readonly early: readonly CandleEntry[];
  readonly settled: CandleEntry[][];
}
