/**
 * The port to the snapshots that an archive keeps as they happen, in the form that programs for reinforcement
 * learning read: numbers, not exact decimals. They are a convenience: what is exact is made of the records at
 * any time, and what is missing here is not missing there.
 *
 * The key of a snapshot is its security, cadence, depth and time; what is there already stays.
 */

export interface SnapshotSeries {
  readonly security: string;
  readonly everyUs: number;
  /** Prices per side. */
  readonly depth: number;
}

/** Best price first. */
export interface KeptSide {
  readonly prices: readonly number[];
  readonly sizes: readonly number[];
  /** The number of orders at each price; null: not known. */
  readonly counts: readonly number[] | null;
}

/** Of the period that ends at the snapshot; null: a part of it was not recorded. */
export interface KeptFlow {
  /** The sum of price × size. */
  readonly size: number | null;
  /** Fills. */
  readonly count: number | null;
}

export interface KeptSnapshot extends SnapshotSeries {
  /** The exchange's. */
  readonly timeUs: number;
  /** null where the feed is not sequenced. */
  readonly sequence: number | null;
  readonly bids: KeptSide;
  readonly asks: KeptSide;
  /** Whose taker bought. */
  readonly upticks: KeptFlow;
  /** Whose taker sold. */
  readonly downticks: KeptFlow;
}

export interface SnapshotReader {
  /** Those at `fromUs <= t < toUs`, in order; at most `limit`: if there may be more, ask again from the last one. */
  between(
    series: SnapshotSeries,
    range: { readonly fromUs: number; readonly toUs: number },
    limit: number,
  ): Promise<readonly KeptSnapshot[]>;
}

export interface SnapshotStore extends SnapshotReader {
  /** Can be repeated. @throws ArchiveFullError, ArchiveUnavailableError: any part may be stored. */
  put(batch: readonly KeptSnapshot[]): Promise<void>;
}

const PAGE = 1000;

/** Every snapshot of a range, a page at a time. */
export async function* snapshotsIn(
  store: SnapshotReader,
  series: SnapshotSeries,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): AsyncGenerator<KeptSnapshot> {
  for (let us = fromUs; us < toUs;) {
    const page = await store.between(series, { fromUs: us, toUs }, PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    us = last.timeUs + 1;
  }
}
