/** Candles kept in memory, as an archive keeps them. */

import { candleRank, replaced } from '../../logger/archive/candle-store.ts';
import type {
  CandleEntry,
  CandleRange,
  CandleSeries,
  CandleStore,
} from '../../logger/archive/candle-store.ts';

export class MemoryCandles implements CandleStore {
  readonly #entries = new Map<string, CandleEntry>();
  /** Called before each commit. */
  beforePut: (batch: readonly CandleEntry[]) => void = () => undefined;
  puts = 0;

  async put(batch: readonly CandleEntry[]): Promise<void> {
    this.beforePut(batch);
    this.puts += batch.length;
    for (const entry of batch) {
      const key = `${seriesKey(entry)} ${entry.fromUs}`;
      this.#entries.set(key, replaced(this.#entries.get(key), entry));
    }
  }

  async lastEndUs(series: CandleSeries): Promise<number | null> {
    return this.#of(series).findLast((entry) => candleRank(entry) >= 2)?.toUs ?? null;
  }

  async between(
    series: CandleSeries,
    { fromUs, toUs }: CandleRange,
    limit = Infinity,
  ): Promise<readonly CandleEntry[]> {
    return this.#of(series)
      .filter(
        (entry) => entry.fromUs < toUs && (entry.fromUs >= fromUs || isLongGap(entry, fromUs)),
      )
      .map((entry) => (entry.fromUs < fromUs ? { ...entry, fromUs } : entry))
      .slice(0, limit);
  }

  #of(series: CandleSeries): CandleEntry[] {
    return [...this.#entries.values()]
      .filter((entry) => seriesKey(entry) === seriesKey(series))
      .sort((a, b) => a.fromUs - b.fromUs);
  }
}

function isLongGap(entry: CandleEntry, fromUs: number): boolean {
  return entry.type === 'gap' && entry.toUs > fromUs;
}

function seriesKey({ security, timeframe, source }: CandleSeries): string {
  return `${security} ${timeframe} ${source}`;
}
