/**
 * What comes in while a book is being proven: steps that wait for a snapshot to join them, and
 * sideEvents, which need no proof and go into the next segment as they are. Bounded; pure but for the
 * one callback.
 */

import { applyUpdate, bookOf } from '../book/book.ts';
import type { Heartbeat, SequenceRule } from '../exchange/exchange.ts';
import type { Scale } from '../market/decimal.ts';
import type { SideEvent, BookSnapshot, BookUpdate } from '../market/events.ts';
import { rescaleEvent, rescaleHorizon, rescaleSides } from '../market/scale.ts';
import type { ProvenBook } from './segment.ts';
import type { RecorderLimits } from './limits.ts';

export type Joined =
  | { readonly kind: 'proven'; readonly proven: ProvenBook }
  /** Another step, or a heartbeat, may decide it. */
  | { readonly kind: 'waiting' }
  /** Another snapshot is needed; `reason` where that is not the normal course of things. */
  | { readonly kind: 'again'; readonly reason?: string };

/** What a step weighs in memory, roughly: good enough to bound a buffer. */
const BYTES_PER_STEP = 256;
const BYTES_PER_LEVEL = 16;

export class SyncBuffer {
  readonly #rule: SequenceRule;
  readonly #limits: RecorderLimits;
  #steps: BookUpdate[] = [];
  #bytes = 0;
  #sideEvents: SideEvent[] = [];
  #heartbeat: Heartbeat | undefined;
  /** Called once at the next step or heartbeat. */
  #onNews: (() => void) | undefined;

  constructor(rule: SequenceRule, limits: RecorderLimits) {
    this.#rule = rule;
    this.#limits = limits;
  }

  get steps(): number {
    return this.#steps.length;
  }

  get events(): number {
    return this.#steps.length + this.#sideEvents.length;
  }

  addUpdate(step: BookUpdate): void {
    // No snapshot came in all that time: older steps than the next snapshot are of no use.
    if (this.#bytes >= this.#limits.bufferMaxBytes) this.#keep([]);
    this.#steps.push(step);
    this.#bytes += bytesOf(step);
    this.#wake();
  }

  addSideEvent(sideEvent: SideEvent): void {
    if (this.#sideEvents.length >= this.#limits.heldMaxAsides) this.#sideEvents.shift();
    this.#sideEvents.push(sideEvent);
  }

  addHeartbeat(heartbeat: Heartbeat): void {
    this.#heartbeat = heartbeat;
    this.#wake();
  }

  takeSideEvents(): SideEvent[] {
    return this.#sideEvents.splice(0);
  }

  /** Forgets the steps: the connection that brought them is gone. SideEvents stay. */
  clearUpdates(): void {
    this.#keep([]);
    this.#heartbeat = undefined;
  }

  /** Calls `wake` once when another step or heartbeat has come in. */
  onNews(wake: () => void): void {
    this.#onNews = wake;
  }

  /** Everything held becomes finer, so that what is old and what is new can be merged. */
  refine(from: Scale, to: Scale): void {
    this.#steps = this.#steps.map((step) => rescaleEvent(step, from, to));
    this.#sideEvents = this.#sideEvents.map((sideEvent) => rescaleEvent(sideEvent, from, to));
  }

  /**
   * Merges a snapshot with the buffered steps, if the sequence rule finds the bridge. The book it
   * gives stands at the last buffered step.
   * @param scale that of the buffered steps; the snapshot's is the same or coarser.
   */
  join(snapshot: BookSnapshot, scale: Scale): Joined {
    const bridge = this.#rule.bridge(snapshot.sequence, this.#steps);
    switch (bridge.kind) {
      case 'waiting':
        // Unless nothing has happened since the snapshot, as the exchange itself says.
        return this.#heartbeat?.lastSequence === snapshot.sequence
          ? this.#merge(snapshot, [], scale)
          : { kind: 'waiting' };
      case 'too-old':
        return { kind: 'again' };
      case 'hole':
        this.#keep(this.#steps.slice(bridge.from));
        return { kind: 'again' };
      case 'bridged':
        return this.#merge(snapshot, this.#steps.slice(bridge.from), scale);
    }
  }

  #merge(snapshot: BookSnapshot, steps: readonly BookUpdate[], scale: Scale): Joined {
    const stand = this.#standOf(snapshot, steps);
    if (stand === null) return { kind: 'waiting' };
    const book = bookOf({ scale, ...rescaleSides(snapshot, snapshot.scale, scale) });
    for (const step of steps) {
      // A step that came late or twice is older than what the book holds by now.
      if (this.#rule.follow(stand.sequence, step) === 'ignore') continue;
      const contradiction = applyUpdate(book, step);
      if (contradiction !== null) {
        this.#keep([]);
        return { kind: 'again', reason: `The snapshot contradicts the feed: ${contradiction}` };
      }
      stand.sequence = step.lastSequence;
      stand.exchangeTimeUs = step.exchangeTimeUs;
      stand.receiveTimeUs = step.receiveTimeUs;
    }
    this.#keep([]);
    const horizon = rescaleHorizon(snapshot.horizon, snapshot.scale, scale);
    return { kind: 'proven', proven: { book, horizon, ...stand } };
  }

  /** Where the snapshot alone stands; null: nobody has said its time on the exchange's clock yet. */
  #standOf(snapshot: BookSnapshot, steps: readonly BookUpdate[]) {
    const { sequence, receiveTimeUs } = snapshot;
    const said = snapshot.exchangeTimeUs ?? steps[0]?.exchangeTimeUs;
    const exchangeTimeUs = said ?? this.#heartbeat?.exchangeTimeUs;
    return exchangeTimeUs === undefined ? null : { sequence, exchangeTimeUs, receiveTimeUs };
  }

  #keep(steps: BookUpdate[]): void {
    this.#steps = steps;
    this.#bytes = steps.reduce((sum, step) => sum + bytesOf(step), 0);
  }

  #wake(): void {
    const wake = this.#onNews;
    this.#onNews = undefined;
    wake?.();
  }
}

function bytesOf(step: BookUpdate): number {
  if (step.type !== 'diff') return BYTES_PER_STEP;
  return BYTES_PER_STEP + (BYTES_PER_LEVEL * (step.bids.length + step.asks.length)) / 2;
}
