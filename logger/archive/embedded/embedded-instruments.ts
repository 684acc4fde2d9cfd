/**
 * The instruments that an embedded archive keeps, in a table of its file: [security, time]. In front of a
 * store the table is a queue: what the store has is removed.
 */

import type { InstrumentFacts } from '../../market/instrument.ts';
import type { KeptInstrument } from '../instrument-store.ts';
import { decodeJson, encodeJson } from '../sealed-json.ts';
import type { InstrumentSpool } from '../spool.ts';
import type { LaterRows, LaterTable } from './later-table.ts';

export interface EmbeddedInstrumentsDeps {
  readonly instruments: LaterTable;
  /** Runs look-ups on the newest snapshot of the file. */
  readonly read: <T>(lookUp: () => T) => Promise<T>;
  /** Runs changes in one transaction. */
  readonly store: (change: () => void) => void;
}

export class EmbeddedInstruments implements InstrumentSpool {
  readonly #deps: EmbeddedInstrumentsDeps;

  constructor(deps: EmbeddedInstrumentsDeps) {
    this.#deps = deps;
  }

  async put(batch: readonly KeptInstrument[]): Promise<void> {
    const { instruments, store } = this.#deps;
    if (batch.length === 0) return;
    let made: LaterRows | undefined;
    store(() => {
      made = instruments.made();
      for (const { security, fromUs, facts } of batch) {
        const key = [security, fromUs];
        if (made!.get(key) === undefined) made!.putSync(key, encodeJson(facts));
      }
    });
    if (made !== undefined) instruments.keep(made);
  }

  history(security: string): Promise<readonly KeptInstrument[]> {
    return this.#range({ start: [security], end: [security, Infinity] });
  }

  pending(limit: number): Promise<readonly KeptInstrument[]> {
    return this.#range({ limit });
  }

  async release(batch: readonly KeptInstrument[]): Promise<void> {
    const { instruments, store } = this.#deps;
    if (batch.length === 0) return;
    store(() => {
      for (const { security, fromUs } of batch) instruments.table?.removeSync([security, fromUs]);
    });
  }

  #range(range: Parameters<LaterRows['getRange']>[0]): Promise<readonly KeptInstrument[]> {
    const { instruments, read } = this.#deps;
    return read(() =>
      [...(instruments.table?.getRange(range) ?? [])].map(({ key, value }) => {
        const security = String(key[0]);
        const facts = decodeJson(value, `An instrument of ${security}`) as InstrumentFacts;
        return { security, fromUs: Number(key[1]), facts };
      }),
    );
  }
}

/** Of a security of which nothing else is kept. Must run inside a transaction. @returns how many. */
export function pruneInstruments({ table }: LaterTable, security: string, limit: number): number {
  if (table === undefined) return 0;
  const range = { start: [security], end: [security, Infinity], limit };
  const keys = [...table.getRange(range)].map(({ key }) => [...key]);
  for (const key of keys) table.removeSync(key);
  return keys.length;
}
