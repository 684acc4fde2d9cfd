/**
 * Runs tasks over the recorded books of two venues in one pass each way: stretches in which no task waits
 * for anything are left out. Nothing of what is read is kept.
 */

import type { VenueEvent } from '../../market/events.ts';
import type { Venue } from '../../market/venue.ts';
import { Lane, NEAR_US, takeUpTo } from '../lane.ts';
import type { PastVenues } from '../past-venues.ts';
import type { LaterTask } from './later-task.ts';
import { RunningTasks } from './running-tasks.ts';

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
  readonly #waiting: LaterTask[];
  readonly #running: RunningTasks;
  #ended = 0;
  /** Up to and including which moment everything is in the books; null: nothing is open. */
  #atUs: number | null = null;

  constructor(
    lanes: readonly Lane[],
    tasks: readonly LaterTask[],
    onProgress: ((ended: number) => void) | undefined,
  ) {
    this.#lanes = lanes;
    this.#waiting = tasks
      .filter(({ isDone }) => !isDone)
      .sort((a, b) => a.question.atUs - b.question.atUs);
    this.#running = new RunningTasks(
      lanes.map(({ book }) => book),
      Math.min(...lanes.map(({ endUs }) => endUs)),
      (count) => onProgress?.((this.#ended += count)),
    );
  }

  async toEnd(): Promise<void> {
    while (!this.#running.isEmpty || this.#waiting.length > 0) {
      if (this.#running.isEmpty) await this.#goToNext();
      const nextUs = Math.min(...this.#lanes.map((lane) => lane.nextUs));
      this.#begin(nextUs);
      this.#running.beforeNext(nextUs);
      if (this.#running.isEmpty) continue;
      if (nextUs === Infinity) this.#running.end();
      else this.#running.at(nextUs, await this.#take(nextUs));
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
      this.#running.add(this.#waiting.shift() as LaterTask);
    }
  }

  async #take(us: number): Promise<readonly VenueEvent[]> {
    this.#atUs = us;
    return takeUpTo(this.#lanes, us);
  }
}
