/** The candles of a spool and its store. What moves from one to the other is in both for a moment. */

import { MAX_CANDLES, replaced, withoutCovered } from '../candle-store.ts';
import type {
  CandleEntry,
  CandleRange,
  CandleReader,
  CandleSeries,
  CandleStore,
} from '../candle-store.ts';

export class SpooledCandles implements CandleStore {
  readonly #spool: CandleReader & Partial<Pick<CandleStore, 'put'>>;
  readonly #store: CandleReader;
  readonly #onPut: () => void;

  /** @param onPut called when there is something to replicate. */
  constructor(
    spool: CandleReader & Partial<Pick<CandleStore, 'put'>>,
    store: CandleReader,
    onPut: () => void,
  ) {
    this.#spool = spool;
    this.#store = store;
    this.#onPut = onPut;
  }

  async put(batch: readonly CandleEntry[]): Promise<void> {
    await this.#spool.put?.(batch);
    this.#onPut();
  }

  async lastEndUs(series: CandleSeries): Promise<number | null> {
    const inSpool = await this.#spool.lastEndUs(series);
    const inStore = await this.#store.lastEndUs(series);
    return inSpool === null || inStore === null ? (inSpool ?? inStore) : Math.max(inSpool, inStore);
  }

  async between(
    series: CandleSeries,
    range: CandleRange,
    limit = MAX_CANDLES,
  ): Promise<readonly CandleEntry[]> {
    const inSpool = await this.#spool.between(series, range, limit);
    const inStore = await this.#store.between(series, range, limit);
    if (inSpool.length === 0) return inStore;
    const all = new Map(inStore.map((entry) => [entry.fromUs, entry]));
    for (const entry of inSpool) all.set(entry.fromUs, replaced(all.get(entry.fromUs), entry));
    const sorted = [...all.values()].sort((a, b) => a.fromUs - b.fromUs);
    return withoutCovered(sorted).slice(0, limit);
  }
}
