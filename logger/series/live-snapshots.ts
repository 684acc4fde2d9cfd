/**
 * Follows the live feed of one security and hands on its snapshots as they happen. Rows are made right
 * after the message that makes them possible, not in front of the recording.
 */

import type { LiveEvent } from '../live/events.ts';
import type { LiveSource } from '../live/feeds.ts';
import type { GapItem, SnapshotItem } from '../queries/items.ts';
import type { Reader } from '../reader/reader.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { SecuritySnapshots } from './security-snapshots.ts';
import type { LiveSnapshotsQuery } from './security-snapshots.ts';

export interface SnapshotListener {
  /** Segments are numbered from 1 at the beginning. */
  onItems(items: readonly (SnapshotItem | GapItem)[]): void;
  onError(error: unknown): void;
}

export interface LiveSnapshotsDeps {
  readonly live: LiveSource;
  readonly clock: Clock;
  /** Every message of the security comes, from its recorder's start on. Default: from now on. */
  readonly isBeforeStart?: boolean;
}

export class LiveSnapshots {
  readonly #clock: Clock;
  readonly #listener: SnapshotListener;
  readonly #snapshots: SecuritySnapshots;
  readonly #unsubscribe: () => void;
  #drain: Timer | undefined;
  #isStopped = false;

  constructor(
    { live, clock, isBeforeStart }: LiveSnapshotsDeps,
    query: LiveSnapshotsQuery,
    listener: SnapshotListener,
  ) {
    this.#clock = clock;
    this.#listener = listener;
    const sinceUs = isBeforeStart === true ? -Infinity : clock.nowUs();
    this.#snapshots = new SecuritySnapshots(query, sinceUs);
    this.#unsubscribe = live.subscribe(
      query.security,
      (event) => this.#take(event),
      (error) => listener.onError(error),
    );
  }

  /** Segments that have begun. */
  get segments(): number {
    return this.#snapshots.segments;
  }

  /** Messages that came after a row that they belong to. */
  get late(): number {
    return this.#snapshots.late;
  }

  stop(): void {
    this.#isStopped = true;
    this.#drain?.cancel();
    this.#unsubscribe();
  }

  #take(event: LiveEvent): void {
    const items = this.#snapshots.take(event);
    if (items.length > 0) this.#listener.onItems(items);
    this.#drainSoon();
  }

  /** After a quiet hour there are many rows: the recording goes on between them. */
  #drainSoon(): void {
    if (this.#isStopped || !this.#snapshots.isDue) return;
    this.#drain ??= this.#clock.schedule(0, () => {
      this.#drain = undefined;
      try {
        const rows = this.#snapshots.rows();
        if (rows.length > 0) this.#listener.onItems(rows);
        this.#drainSoon();
      } catch (error) {
        this.stop();
        this.#listener.onError(error);
      }
    });
  }
}

/**
 * How many segments an export of everything has before the first that is followed, so that live segments
 * have its numbers.
 * @throws LoggerError if the archive can't be read.
 */
export async function segmentsBefore(
  reader: Reader,
  followed: LiveSnapshots,
  security: string,
  flush: () => Promise<void>,
): Promise<number> {
  for (;;) {
    const { segments } = followed;
    await flush();
    const { intervals } = await reader.coverage({ security });
    // Another began while they were counted: perhaps it was counted, perhaps not.
    if (segments === followed.segments) return Math.max(0, intervals.length - segments);
  }
}
