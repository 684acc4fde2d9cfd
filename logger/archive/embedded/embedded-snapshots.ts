/** The snapshots that an embedded archive keeps, in a table of its file: [security, cadence, depth, time]. */

import type { KeptSnapshot, SnapshotSeries, SnapshotStore } from '../snapshot-store.ts';
import { decodeJson, encodeJson } from '../sealed-json.ts';
import type { LaterRows, LaterTable } from './later-table.ts';

export interface EmbeddedSnapshotsDeps {
  readonly snapshots: LaterTable;
  /** Runs look-ups on the newest snapshot of the file. */
  readonly read: <T>(lookUp: () => T) => Promise<T>;
  /** Runs changes in one transaction. */
  readonly store: (change: () => void) => void;
}

type Stored = readonly [
  sequence: number | null,
  bids: KeptSnapshot['bids'],
  asks: KeptSnapshot['asks'],
  upticks: KeptSnapshot['upticks'],
  downticks: KeptSnapshot['downticks'],
];

export class EmbeddedSnapshots implements SnapshotStore {
  readonly #deps: EmbeddedSnapshotsDeps;

  constructor(deps: EmbeddedSnapshotsDeps) {
    this.#deps = deps;
  }

  async put(batch: readonly KeptSnapshot[]): Promise<void> {
    const { snapshots, store } = this.#deps;
    if (batch.length === 0) return;
    let made: LaterRows | undefined;
    store(() => {
      made = snapshots.made();
      for (const one of batch) {
        const key = keyOf(one, one.timeUs);
        if (made!.get(key) !== undefined) continue;
        const { sequence, bids, asks, upticks, downticks } = one;
        made!.putSync(key, encodeJson([sequence, bids, asks, upticks, downticks] satisfies Stored));
      }
    });
    if (made !== undefined) snapshots.keep(made);
  }

  between(
    series: SnapshotSeries,
    { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
    limit: number,
  ): Promise<readonly KeptSnapshot[]> {
    const { snapshots, read } = this.#deps;
    const { security, everyUs, depth } = series;
    return read(() => {
      if (snapshots.table === undefined) return [];
      const range = { start: keyOf(series, fromUs), end: keyOf(series, toUs), limit };
      return [...snapshots.table.getRange(range)].map(({ key, value }) => {
        const what = `A snapshot of ${security}`;
        const [sequence, bids, asks, upticks, downticks] = decodeJson(value, what) as Stored;
        const timeUs = Number(key[3]);
        return { security, everyUs, depth, timeUs, sequence, bids, asks, upticks, downticks };
      });
    });
  }
}

/**
 * Deletes snapshots of before a time. Must run inside a transaction.
 * @returns how many, at most `limit`.
 */
export function pruneSnapshots(
  { table }: LaterTable,
  security: string,
  beforeUs: number,
  limit: number,
): number {
  if (table === undefined) return 0;
  const old: (string | number)[][] = [];
  for (let series = firstSeries(table, [security]); series !== null && old.length < limit;) {
    const range = { start: series, end: [...series, beforeUs], limit: limit - old.length };
    for (const { key } of table.getRange(range)) old.push([...key]);
    series = firstSeries(table, [...series, Infinity]);
  }
  for (const key of old) table.removeSync(key);
  return old.length;
}

/** Security, cadence and depth of the first snapshot behind a key of the same security. */
function firstSeries(table: LaterRows, start: (string | number)[]): (string | number)[] | null {
  const [security = ''] = start;
  for (const { key } of table.getRange({ start, end: [security, Infinity], limit: 1 })) {
    return key.slice(0, 3);
  }
  return null;
}

function keyOf({ security, everyUs, depth }: SnapshotSeries, us: number): (string | number)[] {
  return [security, everyUs, depth, us];
}
