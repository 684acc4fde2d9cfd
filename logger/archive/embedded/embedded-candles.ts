/**
 * The candles that an embedded archive keeps, in a table of its file. Keys are [security, timeframe, source,
 * beginning]. In front of a store the table is a queue: what the store has is removed.
 */

import { TIMEFRAMES } from '../../candles/timeframe.ts';
import type { Timeframe } from '../../candles/timeframe.ts';
import { MAX_CANDLES, candleRank, expiryUs, replaced } from '../candle-store.ts';
import type { CandleEntry, CandleOrigin, CandleRange, CandleSeries } from '../candle-store.ts';
import type { CandleSpool } from '../spool.ts';
import { decodeEntry, encodeEntry, entryIn } from './candle-rows.ts';
import type { LaterRows, LaterTable } from './later-table.ts';

export interface EmbeddedCandlesDeps {
  readonly candles: LaterTable;
  /** Runs look-ups on the newest snapshot. */
  readonly read: <T>(lookUp: () => T) => Promise<T>;
  /** Runs changes in one transaction. */
  readonly store: (change: () => void) => void;
  /** Runs removals, as many at once as the disk has room for. */
  readonly remove: <T>(maxRecords: number, change: (maxRecords: number) => T) => T;
}

/** Of one timeframe, in one step of retention. */
const MAX_STEP_CANDLES = 200;

type Key = [string, Timeframe, CandleOrigin, number];

export class EmbeddedCandles implements CandleSpool {
  readonly #deps: EmbeddedCandlesDeps;

  constructor(deps: EmbeddedCandlesDeps) {
    this.#deps = deps;
  }

  async put(batch: readonly CandleEntry[]): Promise<void> {
    const { candles, store } = this.#deps;
    if (batch.length === 0) return;
    let made: LaterRows | undefined;
    store(() => {
      made = candles.made();
      for (const entry of batch) putEntry(made!, entry);
    });
    if (made !== undefined) candles.keep(made);
  }

  lastEndUs(series: CandleSeries): Promise<number | null> {
    return this.#look((table) => {
      for (const { key, value } of table.getRange({
        start: keyOf(series, Infinity),
        end: prefixOf(series),
        reverse: true,
      })) {
        const entry = entryIn(series, beginOf(key), value);
        if (entry !== undefined && candleRank(entry) >= 2) return entry.toUs;
      }
      return null;
    }, null);
  }

  between(
    series: CandleSeries,
    { fromUs, toUs }: CandleRange,
    limit = MAX_CANDLES,
  ): Promise<readonly CandleEntry[]> {
    return this.#look((table): readonly CandleEntry[] => {
      const range = { start: keyOf(series, fromUs), end: keyOf(series, toUs), limit };
      const found = [...table.getRange(range)].map(({ key, value }) =>
        decodeEntry(series, beginOf(key), value),
      );
      const before = found[0]?.fromUs === fromUs ? undefined : lastBefore(table, series, fromUs);
      if (before?.type !== 'gap' || before.toUs <= fromUs || fromUs >= toUs) return found;
      return [{ ...before, fromUs }, ...found].slice(0, limit);
    }, []);
  }

  pending(limit: number): Promise<readonly CandleEntry[]> {
    return this.#look(
      (table) => [...table.getRange({ limit })].flatMap(({ key, value }) => entryOf(key, value)),
      [],
    );
  }

  async release(entries: readonly CandleEntry[]): Promise<void> {
    const { candles, remove } = this.#deps;
    for (let rest = entries; rest.length > 0;) {
      rest = remove(rest.length, (maxRecords) => {
        for (const entry of rest.slice(0, maxRecords)) {
          const key = keyOf(entry, entry.fromUs);
          const stored = candles.table?.get(key);
          // It may have changed on its way.
          const isSame = stored && Buffer.compare(stored, encodeEntry(entry)) === 0;
          if (isSame) candles.table?.removeSync(key);
        }
        return rest.slice(maxRecords);
      });
    }
  }

  #look<T>(lookUp: (table: LaterRows) => T, without: T): Promise<T> {
    const { candles, read } = this.#deps;
    return read(() => (candles.table === undefined ? without : lookUp(candles.table)));
  }
}

/**
 * Must run inside a transaction.
 * @param isFinished everything of the security goes, whatever its age.
 * @returns the number of candles deleted, at most `limit`.
 */
export function pruneCandles(
  { table }: LaterTable,
  security: string,
  { beforeUs, isFinished, limit }: { beforeUs: number; isFinished: boolean; limit: number },
): number {
  if (table === undefined) return 0;
  const sources: readonly CandleOrigin[] = isFinished ? ['trades', 'exchange'] : ['trades'];
  const old = sources.flatMap((source) =>
    TIMEFRAMES.flatMap((timeframe) => {
      const us = isFinished ? Infinity : expiryUs(timeframe, beforeUs);
      return oldKeys(table, { security, timeframe, source }, us);
    }),
  );
  old.splice(limit);
  for (const key of old) table.removeSync(key);
  return old.length;
}

/** Of some candles that end at or before a time. */
function oldKeys(table: LaterRows, series: CandleSeries, us: number): (string | number)[][] {
  const range = { start: prefixOf(series), end: keyOf(series, us), limit: MAX_STEP_CANDLES };
  const keys: (string | number)[][] = [];
  for (const { key, value } of table.getRange(range)) {
    const entry = entryIn(series, beginOf(key), value);
    if (entry === undefined || entry.toUs <= us) keys.push(key);
  }
  return keys;
}

function putEntry(table: LaterRows, entry: CandleEntry): void {
  const key = keyOf(entry, entry.fromUs);
  const bytes = table.get(key);
  const stored = bytes && entryIn(entry, entry.fromUs, bytes);
  const next = replaced(stored, entry);
  if (next === stored) return;
  table.putSync(key, encodeEntry(next));
  if (next.type === 'gap') removeCovered(table, next);
}

/** What was early when it was not known yet that nothing was recorded. */
function removeCovered(table: LaterRows, gap: CandleEntry): void {
  const range = { start: keyOf(gap, gap.fromUs + 1), end: keyOf(gap, gap.toUs) };
  const covered = [...table.getRange(range)].filter(({ key, value }) => {
    const entry = entryIn(gap, beginOf(key), value);
    return entry !== undefined && candleRank(entry) < 2;
  });
  for (const { key } of covered) table.removeSync(key);
}

function lastBefore(table: LaterRows, series: CandleSeries, us: number): CandleEntry | undefined {
  const range = { start: keyOf(series, us - 1), end: prefixOf(series), reverse: true, limit: 1 };
  const [last] = table.getRange(range);
  return last && decodeEntry(series, beginOf(last.key), last.value);
}

export function entryOf(key: readonly (string | number)[], value: Uint8Array): CandleEntry[] {
  const [security, timeframe, source, fromUs] = key as Key;
  const entry = entryIn({ security, timeframe, source }, fromUs, value);
  return entry === undefined ? [] : [entry];
}

function keyOf({ security, timeframe, source }: CandleSeries, fromUs: number): Key {
  return [security, timeframe, source, fromUs];
}

function prefixOf({ security, timeframe, source }: CandleSeries): (string | number)[] {
  return [security, timeframe, source];
}

function beginOf(key: readonly (string | number)[]): number {
  return Number(key[3]);
}
