/**
 * The memory of live venues: what comes in from now on, and before it what is recorded, joined at the first live
 * book without a gap or a repeat. After a loss of the source, the time between is read in the same way.
 */

import { UnknownSecurityError, describeError } from '../../logger/errors.ts';
import { backoffDelayMs } from '../../logger/runtime/backoff.ts';
import type { BackoffLimits } from '../../logger/runtime/backoff.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import type { Log } from '../../logger/runtime/log.ts';
import type { Random } from '../../logger/runtime/random.ts';
import { sleep } from '../../logger/runtime/timing.ts';
import { timeOfEvent } from '../market/events.ts';
import type { VenueEvent } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';
import { MEMORY_MARGIN_US, PairMemory } from '../top/pair-memory.ts';
import { TopSeries } from '../top/top-series.ts';
import type { Top } from '../top/top.ts';
import { pastTops } from './past-tops.ts';
import type { PastHistory, PastRange } from './past-tops.ts';

const AGAIN: BackoffLimits = { baseMs: 500, capMs: 30_000 };
/** What a logger has just received is in its archive soon after. */
const MAX_LAG_US = 10_000_000;
const MAX_LATE = 5;

export interface LiveMemoryDeps {
  /** Where the past of a venue is read; null: nowhere. */
  readonly historyOf: (venue: Venue, signal: AbortSignal) => Promise<PastHistory | null>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'warning'>;
  readonly signal: AbortSignal;
}

export class LiveMemory {
  readonly #deps: LiveMemoryDeps;
  readonly #memoryUs: number;
  readonly #pairs = new Map<string, PairMemory>();
  readonly #venues = new Map<Venue, VenueState>();
  readonly #onReady: (() => void)[] = [];

  constructor(venues: readonly Venue[], memoryUs: number, deps: LiveMemoryDeps) {
    this.#deps = deps;
    this.#memoryUs = memoryUs;
    for (const pair of new Set(venues.map((venue) => venue.pair))) {
      const names = venues.filter((venue) => venue.pair === pair).map(({ name }) => name);
      this.#pairs.set(pair, new PairMemory(names, memoryUs));
    }
    for (const venue of venues) this.#venues.set(venue, { isFilling: false, isLost: true });
  }

  pair(pair: string): PairMemory {
    return this.#pairs.get(pair) ?? new PairMemory([], 0);
  }

  /** Takes what a venue's top is after an event. */
  apply(event: VenueEvent, top: Top | null): void {
    const { venue } = event;
    const state = this.#venues.get(venue);
    if (state === undefined || event.type === 'trade') return;
    const memory = this.pair(venue.pair);
    if (event.type === 'unproven') {
      // Proven at its last moment, too.
      memory.set(venue.name, null, event.sinceUs === null ? event.atUs : event.sinceUs + 1);
      if (event.isOurs) state.isLost = true;
      else if (state.isLost) this.#begin(venue, state, memory, new TopSeries());
      return;
    }
    // While an earlier time is still being read, that goes on up to here.
    const before = state.isLost && !state.isFilling ? memory.restart(venue.name) : undefined;
    memory.set(venue.name, top, timeOfEvent(event));
    if (before) this.#begin(venue, state, memory, before);
  }

  /** All that is recorded of the venues of a pair is in its memory. */
  isReady(pair: string): boolean {
    return [...this.#venues].every(([venue, { isFilling }]) => venue.pair !== pair || !isFilling);
  }

  /** Resolves when it is. */
  async ready(pair: string): Promise<void> {
    while (!this.isReady(pair)) {
      await new Promise<void>((resolve) => this.#onReady.push(resolve));
    }
  }

  /** Reads what was before the first entry of the venue's series. */
  #begin(venue: Venue, state: VenueState, memory: PairMemory, before: TopSeries): void {
    state.isLost = false;
    state.isFilling = true;
    const toUs = memory.series(venue.name)?.fromUs ?? 0;
    const fromUs = before.last?.atUs ?? toUs - this.#memoryUs - MEMORY_MARGIN_US;
    void this.#fill(venue, memory, { fromUs, toUs }, before).finally(() => {
      state.isFilling = false;
      for (const resolve of this.#onReady.splice(0)) resolve();
    });
  }

  async #fill(
    venue: Venue,
    memory: PairMemory,
    range: PastRange,
    before: TopSeries,
  ): Promise<void> {
    // What was lost need not have missed anything.
    const past = range.fromUs < range.toUs ? await this.#readUntilDone(venue, range) : null;
    if (past !== null) memory.fill(venue.name, past);
    memory.fill(venue.name, before);
  }

  /** null: nothing is recorded of it, or the signal aborted. */
  async #readUntilDone(venue: Venue, range: PastRange): Promise<TopSeries | null> {
    const { clock, random, log, signal } = this.#deps;
    for (let failures = 0; !signal.aborted; failures++) {
      if (failures > 0) await sleep(clock, backoffDelayMs(failures, random, AGAIN), signal);
      try {
        const past = await this.#read(venue, range);
        if (past === null || !isLate(past, range.toUs) || failures >= MAX_LATE) return past;
      } catch (error) {
        if (error instanceof UnknownSecurityError) return null;
        if (failures === 0 && !signal.aborted) {
          log.warning(
            `${venue.name}: the past of ${venue.security} can't be read yet: ${describeError(error)}`,
          );
        }
      }
    }
    return null;
  }

  async #read(venue: Venue, range: PastRange): Promise<TopSeries | null> {
    const { historyOf, signal } = this.#deps;
    const history = await historyOf(venue, signal);
    if (history === null) return null;
    const past = new TopSeries();
    for await (const { atUs, top } of pastTops(history, venue, range, signal)) {
      past.append(atUs, top);
    }
    return past;
  }
}

/** It ends shortly before the range does, perhaps because the rest is not stored yet. */
function isLate({ last }: TopSeries, toUs: number): boolean {
  return last?.top === null && last.atUs > toUs - MAX_LAG_US;
}

interface VenueState {
  /** What was before is being read. */
  isFilling: boolean;
  /** Nothing of now is known: at the start, or since the source was lost. */
  isLost: boolean;
}
