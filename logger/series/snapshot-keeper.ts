/**
 * Keeps snapshots as they happen. They wait here to be written several at once; while the archive does not
 * take them, up to a bound, and beyond it the oldest are given up and counted: the records have them. Nothing
 * here holds up the recording.
 */

import type {
  KeptSide,
  KeptSnapshot,
  SnapshotSeries,
  SnapshotStore,
} from '../archive/snapshot-store.ts';
import { LoggerError, describeError } from '../errors.ts';
import type { LiveSource } from '../live/feeds.ts';
import { formatScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import { pricesOf } from '../queries/book-rows.ts';
import type { Flow, GapItem, SnapshotItem } from '../queries/items.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { within } from '../runtime/timing.ts';
import { LiveSnapshots } from './live-snapshots.ts';

/**
 * A commit holds up the event loop for some milliseconds: there are not many, and none right when rows are
 * made, which for most cadences is all at the same time.
 */
const WRITE_EVERY_MS = 430;
const AFTER_ROWS_MS = 30;
const RETRY_AFTER_MS = 1000;
const STOP_WITHIN_MS = 2000;
/** In one write, which takes some milliseconds. */
const MAX_BATCH = 100;
/** Levels that may wait: about 100 MB. */
const MAX_WAITING_LEVELS = 1_000_000;
/** What a row takes besides its levels is as much as so many of them. */
const ROW_LEVELS = 10;

export interface SnapshotKeeperDeps {
  readonly series: readonly SnapshotSeries[];
  readonly live: LiveSource;
  readonly store: SnapshotStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
  readonly maxWaitingLevels?: number;
  /** Called when rows are made: for measurements. */
  readonly onRows?: (series: SnapshotSeries, rows: readonly SnapshotItem[]) => void;
}

interface Waiting {
  readonly series: SnapshotSeries;
  readonly item: SnapshotItem;
  readonly levels: number;
  /** The one before it was given up. */
  isBehindGap: boolean;
}

export class SnapshotKeeper {
  readonly #deps: SnapshotKeeperDeps;
  readonly #maxLevels: number;
  #followed: LiveSnapshots[] = [];
  readonly #waiting: Waiting[] = [];
  /** Those of which the next row is behind one that was given up. */
  readonly #broken = new Set<SnapshotSeries>();
  #levels = 0;
  #kept = 0;
  #dropped = 0;
  #droppedBefore = 0;
  #writtenMs = -Infinity;
  #isFailing = false;
  #isStopped = false;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(deps: SnapshotKeeperDeps) {
    this.#deps = deps;
    this.#maxLevels = deps.maxWaitingLevels ?? MAX_WAITING_LEVELS;
  }

  /** Before the recorders, so that every message comes here. */
  start(): void {
    const { live, clock, log } = this.#deps;
    this.#followed = this.#deps.series.map(
      (series) =>
        new LiveSnapshots(
          { live, clock, isBeforeStart: true },
          { ...series, level: 'L2' },
          {
            onItems: (items) => this.#take(series, items),
            onError: (error) =>
              log.error('Snapshots are kept no longer', {
                security: series.security,
                error: describeError(error),
              }),
          },
        ),
    );
  }

  /** Writes what waits, if the archive takes it. */
  async stop(): Promise<void> {
    for (const one of this.#followed) one.stop();
    this.#isStopped = true;
    this.#timer?.cancel();
    // A store that does not answer must not hold up the end.
    const rest = (this.#writing ?? Promise.resolve()).then(() =>
      this.#isFailing ? undefined : this.#write(),
    );
    await within(this.#deps.clock, STOP_WITHIN_MS, rest, () => undefined);
    if (this.#waiting.length > 0) this.#giveUp(this.#waiting.length);
    this.#report();
  }

  /** `late`: messages that came after a row that they belong to. */
  figures(): { readonly kept: number; readonly dropped: number; readonly late: number } {
    const late = this.#followed.reduce((sum, one) => sum + one.late, 0);
    return { kept: this.#kept, dropped: this.#dropped, late };
  }

  #take(series: SnapshotSeries, items: readonly (SnapshotItem | GapItem)[]): void {
    const rows = items.filter((item) => item.type === 'snapshot');
    this.#deps.onRows?.(series, rows);
    for (const item of rows) {
      const levels = levelsOf(item);
      this.#waiting.push({ series, item, levels, isBehindGap: this.#broken.delete(series) });
      this.#levels += levels;
    }
    let over = 0;
    for (let levels = this.#levels; levels > this.#maxLevels; over++) {
      levels -= this.#waiting[over]?.levels ?? 0;
    }
    if (over > 0) this.#giveUp(over);
    this.#writeSoon();
  }

  #giveUp(count: number): void {
    for (const { series } of this.#remove(count)) this.#broken.add(series);
    for (const waiting of this.#waiting) {
      if (this.#broken.size === 0) break;
      if (this.#broken.delete(waiting.series)) waiting.isBehindGap = true;
    }
    this.#dropped += count;
  }

  #remove(count: number): readonly Waiting[] {
    const removed = this.#waiting.splice(0, count);
    for (const { levels } of removed) this.#levels -= levels;
    return removed;
  }

  #writeSoon(): void {
    if (this.#isStopped || this.#timer !== undefined || this.#writing !== undefined) return;
    const { clock } = this.#deps;
    const sinceMs = clock.monotonicMs() - this.#writtenMs;
    const delayMs = Math.max(AFTER_ROWS_MS, WRITE_EVERY_MS - sinceMs);
    this.#timer = clock.schedule(this.#isFailing ? RETRY_AFTER_MS : delayMs, () => {
      this.#timer = undefined;
      this.#writtenMs = clock.monotonicMs();
      this.#writing = this.#write()
        .catch(this.#deps.onFatal)
        .finally(() => {
          this.#writing = undefined;
          if (this.#waiting.length === 0) return;
          this.#writeSoon();
        });
    });
  }

  async #write(): Promise<void> {
    const { store, log } = this.#deps;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.slice(0, MAX_BATCH);
        await store.put(batch.map(documentOf));
        this.#kept += batch.length;
        // Some of them may have been given up meanwhile.
        const written = new Set(batch);
        const stillThere = this.#waiting.findIndex((one) => !written.has(one));
        this.#remove(stillThere === -1 ? this.#waiting.length : stillThere);
        if (this.#isFailing) log.notice('Snapshots are kept again');
        this.#isFailing = false;
        this.#report();
      }
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      if (!this.#isFailing) {
        const reason = describeError(error);
        log.warning('Snapshots could not be kept; trying again', { reason });
      }
      this.#isFailing = true;
    }
  }

  #report(): void {
    const dropped = this.#dropped - this.#droppedBefore;
    if (dropped === 0) return;
    this.#droppedBefore = this.#dropped;
    this.#deps.log.warning(
      'Snapshots were given up while the archive took none; its records have them',
      {
        snapshots: dropped,
      },
    );
  }
}

function levelsOf({ rows }: SnapshotItem): number {
  const count = rows.bids.length + rows.asks.length;
  return ROW_LEVELS + (rows.kind === 'levels' ? count / 2 : count);
}

/** Behind a gap the flows are not known, also where rows were given up: a run without such a row has no gap. */
function documentOf({ series, item, isBehindGap }: Waiting): KeptSnapshot {
  return keptSnapshot(series, isBehindGap ? { ...item, flows: null } : item);
}

/** As numbers: the nearest to the exact decimals. */
export function keptSnapshot(series: SnapshotSeries, item: SnapshotItem): KeptSnapshot {
  const { flows } = item;
  const flow = (of: Flow | undefined): KeptSnapshot['upticks'] =>
    flows === null || of === undefined
      ? { size: null, count: null }
      : { size: numberOf(of.notional, flows.notionalExponent), count: of.count };
  return {
    ...series,
    timeUs: item.atUs,
    sequence: item.proof === 'sequence' ? item.sequence : null,
    bids: sideOf(item, 'bids'),
    asks: sideOf(item, 'asks'),
    upticks: flow(flows?.upticks),
    downticks: flow(flows?.downticks),
  };
}

function sideOf({ rows, scale }: SnapshotItem, side: 'bids' | 'asks'): KeptSide {
  const prices = pricesOf(rows, side).map((price) => numberOf(price, scale.priceExponent));
  const size = (value: ScaledInt): number => numberOf(value, scale.sizeExponent);
  if (rows.kind === 'levels') {
    const sizes = rows[side].filter((_, i) => i % 2 === 1).map(size);
    return { prices, sizes, counts: rows.counts?.[side] ?? null };
  }
  const counts = rows.kind === 'totals' ? rows[side].map(({ count }) => count) : null;
  return { prices, sizes: rows[side].map((row) => size(row.size)), counts };
}

function numberOf(value: ScaledInt, exponent: number): number {
  return Number(formatScaled(value, exponent));
}
