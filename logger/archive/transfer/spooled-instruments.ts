/** The instruments of a spool and its store. What moves from one to the other is in both for a moment. */

import type { InstrumentReader, InstrumentStore, KeptInstrument } from '../instrument-store.ts';

export class SpooledInstruments implements InstrumentStore {
  readonly #spool: InstrumentReader & Partial<Pick<InstrumentStore, 'put'>>;
  readonly #store: InstrumentReader;
  readonly #onPut: () => void;

  /** @param onPut called when there is something to replicate. */
  constructor(
    spool: InstrumentReader & Partial<Pick<InstrumentStore, 'put'>>,
    store: InstrumentReader,
    onPut: () => void,
  ) {
    this.#spool = spool;
    this.#store = store;
    this.#onPut = onPut;
  }

  async put(batch: readonly KeptInstrument[]): Promise<void> {
    await this.#spool.put?.(batch);
    this.#onPut();
  }

  async history(security: string): Promise<readonly KeptInstrument[]> {
    const inSpool = await this.#spool.history(security);
    const inStore = await this.#store.history(security);
    const all = new Map([...inSpool, ...inStore].map((one) => [one.fromUs, one]));
    return [...all.values()].sort((a, b) => a.fromUs - b.fromUs);
  }
}
