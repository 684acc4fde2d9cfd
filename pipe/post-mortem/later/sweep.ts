/**
 * Runs tasks over the recorded books of two venues in one pass each way: stretches in which no task waits
 * for anything are left out. Nothing of what is read is kept.
 */

import type { VenueEvent } from '../../market/events.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import type { Venue } from '../../market/venue.ts';
import { Lane, NEAR_US } from '../lane.ts';
import type { PastVenues } from '../past-venues.ts';
import type { LaterTask, TwoBooks } from './later-task.ts';

export interface SweepOptions {
  /** Called as tasks end, with how many have. */
  readonly onProgress?: (ended: number) => void;
}

/** @param tasks of these two venues, either way round. */
export async function sweep(
  past: PastVenues,
  venues: readonly [Venue, Venue],
  tasks: readonly LaterTask[],
  { onProgress }: SweepOptions = {},
): Promise<void> {
  const lanes: Lane[] = [];
  for (const venue of venues) lanes.push(new Lane(past, venue, await past.endUs(venue)));
  const run = new Run(lanes, tasks, onProgress);
  try {
    await run.toEnd();
  } finally {
    for (const lane of lanes) await lane.close();
  }
}

class Run {
  readonly #lanes: readonly Lane[];
  readonly #endUs: number;
  readonly #waiting: LaterTask[];
  readonly #onProgress: ((ended: number) => void) | undefined;
  #active: LaterTask[] = [];
  #ended = 0;
  /** Up to and including which moment everything is in the books; null: nothing is open. */
  #atUs: number | null = null;

  constructor(
    lanes: readonly Lane[],
    tasks: readonly LaterTask[],
    onProgress: ((ended: number) => void) | undefined,
  ) {
    this.#lanes = lanes;
    // Behind the end of either venue's recording nothing is known of both.
    this.#endUs = Math.min(...lanes.map(({ endUs }) => endUs));
    this.#waiting = [...tasks].sort((a, b) => a.question.atUs - b.question.atUs);
    this.#onProgress = onProgress;
  }

  async toEnd(): Promise<void> {
    while (this.#active.length > 0 || this.#waiting.length > 0) {
      if (this.#active.length === 0) await this.#goToNext();
      const nextUs = Math.min(...this.#lanes.map((lane) => lane.nextUs));
      this.#begin(nextUs);
      this.#serve(nextUs);
      if (this.#active.length === 0) continue;
      if (nextUs === Infinity) this.#endAll();
      else await this.#take(nextUs);
    }
  }

  async #goToNext(): Promise<void> {
    const fromUs = (this.#waiting[0] as LaterTask).question.atUs;
    const isNear = this.#atUs !== null && fromUs >= this.#atUs && fromUs <= this.#atUs + NEAR_US;
    if (!isNear) {
      for (const lane of this.#lanes) await lane.open(fromUs);
      this.#atUs = fromUs - 1;
    }
    for (;;) {
      const nextUs = Math.min(...this.#lanes.map((lane) => lane.nextUs));
      if (nextUs > fromUs) break;
      await this.#take(nextUs);
    }
    this.#atUs = Math.max(this.#atUs ?? 0, fromUs);
  }

  /** Tasks that begin before the next event. */
  #begin(nextUs: number): void {
    while ((this.#waiting[0]?.question.atUs ?? Infinity) < nextUs) {
      this.#active.push(this.#waiting.shift() as LaterTask);
    }
  }

  /** Moments before the next event: the books stand as they were then. */
  #serve(nextUs: number): void {
    const untilUs = nextUs === Infinity ? this.#endUs : nextUs - 1;
    for (const task of this.#active) {
      for (let us = task.nextMomentUs; us <= untilUs && !task.isDone; us = task.nextMomentUs) {
        task.atMoment(us, this.#booksOf(task));
      }
    }
    this.#removeDone();
  }

  async #take(us: number): Promise<void> {
    const events: VenueEvent[] = [];
    for (const lane of this.#lanes) while (lane.nextUs <= us) events.push(await lane.take());
    this.#atUs = us;
    for (const task of this.#active) task.onEvents(us, events, this.#booksOf(task));
    this.#removeDone();
  }

  #endAll(): void {
    for (const task of this.#active) task.end('the recording ends before');
    this.#removeDone();
  }

  #removeDone(): void {
    const left = this.#active.filter((task) => !task.isDone);
    if (left.length === this.#active.length) return;
    this.#ended += this.#active.length - left.length;
    this.#active = left;
    this.#onProgress?.(this.#ended);
  }

  #booksOf({ question }: LaterTask): TwoBooks {
    const of = (venue: Venue): VenueBook =>
      (this.#lanes.find(({ book }) => book.venue === venue) as Lane).book;
    return { buy: of(question.buy), sell: of(question.sell) };
  }
}
