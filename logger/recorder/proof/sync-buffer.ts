/**
 * Holds what arrives while a book is being proven: updates, until a snapshot can be merged with them,
 * and side events, which need no proof and go into the next segment unchanged. Bounded.
 */

import { bookOf } from '../../book/book.ts';
import type { Book } from '../../book/book.ts';
import type { Contradiction } from '../../book/order-book.ts';
import type { Heartbeat, SequenceRule } from '../../exchange/exchange.ts';
import type { Scale } from '../../market/decimal.ts';
import type { SideEvent, BookSnapshot, BookUpdate } from '../../market/events.ts';
import { rescaleEvent, rescaleHorizon, rescaleSides } from '../../market/scale.ts';
import type { Clock } from '../../runtime/clock.ts';
import { sleep } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import type { ProvenBook } from '../segment/segment.ts';

export type Merged =
  | { readonly kind: 'proven'; readonly proven: ProvenBook }
  /** Another update, or a heartbeat, may decide it. */
  | { readonly kind: 'waiting' }
  /** Another snapshot is needed. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** Approximate memory of an update: good enough to bound a buffer. */
const BYTES_PER_UPDATE = 256;
const BYTES_PER_LEVEL = 16;

export class SyncBuffer {
  readonly #rule: SequenceRule;
  readonly #limits: RecorderLimits;
  #updates: BookUpdate[] = [];
  #bytes = 0;
  #sideEvents: SideEvent[] = [];
  #heartbeat: Heartbeat | undefined;
  #news = 0;
  /** Called once, at the next update or heartbeat. */
  #onNews: (() => void) | undefined;

  constructor(rule: SequenceRule, limits: RecorderLimits) {
    this.#rule = rule;
    this.#limits = limits;
  }

  get updates(): number {
    return this.#updates.length;
  }

  get events(): number {
    return this.#updates.length + this.#sideEvents.length;
  }

  /** Updates and heartbeats so far. */
  get news(): number {
    return this.#news;
  }

  addUpdate(update: BookUpdate): void {
    // No snapshot came in all that time: updates older than the next one are of no use.
    if (this.#bytes >= this.#limits.maxBufferBytes) this.#keep([]);
    this.#updates.push(update);
    this.#bytes += bytesOf(update);
    this.#wake();
  }

  addSideEvent(sideEvent: SideEvent): void {
    if (this.#sideEvents.length >= this.#limits.maxHeldSideEvents) this.#sideEvents.shift();
    this.#sideEvents.push(sideEvent);
  }

  addHeartbeat(heartbeat: Heartbeat): void {
    this.#heartbeat = heartbeat;
    this.#wake();
  }

  takeSideEvents(): SideEvent[] {
    return this.#sideEvents.splice(0);
  }

  /** Drops the updates: the connection that brought them is gone. Side events stay. */
  clearUpdates(): void {
    this.#keep([]);
    this.#heartbeat = undefined;
  }

  /** Waits for the next update or heartbeat, at most `maxMs`, or until the signal aborts. */
  async nextNews(clock: Clock, signal: AbortSignal, maxMs?: number): Promise<void> {
    const news = new AbortController();
    this.#onNews = () => news.abort();
    await sleep(clock, maxMs ?? Number.MAX_SAFE_INTEGER, AbortSignal.any([signal, news.signal]));
  }

  /** Rescales everything held to finer integers. */
  refine(from: Scale, to: Scale): void {
    this.#updates = this.#updates.map((update) => rescaleEvent(update, from, to));
    this.#sideEvents = this.#sideEvents.map((sideEvent) => rescaleEvent(sideEvent, from, to));
  }

  /**
   * Merges a snapshot with the buffered updates, if the sequence rule finds the bridge. The book is
   * then at the last buffered update.
   * @param scale of the buffered updates; the snapshot's is the same or coarser.
   */
  merge(snapshot: BookSnapshot, scale: Scale): Merged {
    const bridge = this.#rule.bridge(snapshot.sequence, this.#updates);
    switch (bridge.kind) {
      case 'waiting':
        // A heartbeat at the same sequence: nothing has happened since the snapshot.
        return this.#heartbeat?.lastSequence === snapshot.sequence
          ? this.#apply(snapshot, [], scale)
          : { kind: 'waiting' };
      case 'too-old':
        return { kind: 'unusable', reason: this.#tooOld(snapshot) };
      case 'gap':
        this.#keep(this.#updates.slice(bridge.from));
        return { kind: 'unusable', reason: 'Updates are missing after the snapshot' };
      case 'bridged':
        return this.#apply(snapshot, this.#updates.slice(bridge.from), scale);
    }
  }

  /** Brings a merged book to the last update that came since; null: one contradicts it. */
  follow({ book, horizon, depth, ...merged }: ProvenBook): ProvenBook | null {
    const position = { ...merged };
    const contradiction = this.#advance(book, position, this.#updates);
    this.#keep([]);
    return contradiction === null ? { book, horizon, depth, ...position } : null;
  }

  #tooOld({ sequence }: BookSnapshot): string {
    const first = this.#updates[0]?.firstSequence;
    return `The snapshot is too old: at ${sequence}, and the updates begin at ${first}`;
  }

  #apply(snapshot: BookSnapshot, updates: readonly BookUpdate[], scale: Scale): Merged {
    const position = this.#positionOf(snapshot, updates);
    if (position === null) return { kind: 'waiting' };
    const book = bookOf({ scale, ...rescaleSides(snapshot, snapshot.scale, scale) });
    const contradiction = this.#advance(book, position, updates);
    this.#keep([]);
    if (contradiction !== null) {
      return {
        kind: 'unusable',
        reason: `The snapshot contradicts the feed: ${contradiction.text}`,
      };
    }
    const horizon = rescaleHorizon(snapshot.horizon, snapshot.scale, scale);
    return { kind: 'proven', proven: { book, horizon, depth: snapshot.depth, ...position } };
  }

  /** @returns how an update contradicts the book; null: all are in. */
  #advance(
    book: Book,
    position: { sequence: number; exchangeTimeUs: number; receiveTimeUs: number },
    updates: readonly BookUpdate[],
  ): Contradiction | null {
    for (const update of updates) {
      // One that came late or twice is older than what the book already holds.
      if (this.#rule.follow(position.sequence, update) === 'ignore') continue;
      const contradiction = book.apply(update);
      if (contradiction !== null) return contradiction;
      position.sequence = update.lastSequence;
      position.exchangeTimeUs = update.exchangeTimeUs;
      position.receiveTimeUs = update.receiveTimeUs;
    }
    return null;
  }

  /** Sequence and times of the snapshot alone; null: its exchange time is not known yet. */
  #positionOf(snapshot: BookSnapshot, updates: readonly BookUpdate[]) {
    const { sequence, receiveTimeUs } = snapshot;
    const exchangeTimeUs =
      snapshot.exchangeTimeUs ?? updates[0]?.exchangeTimeUs ?? this.#heartbeat?.exchangeTimeUs;
    return exchangeTimeUs === undefined ? null : { sequence, exchangeTimeUs, receiveTimeUs };
  }

  #keep(updates: BookUpdate[]): void {
    this.#updates = updates;
    this.#bytes = updates.reduce((sum, update) => sum + bytesOf(update), 0);
  }

  #wake(): void {
    this.#news++;
    const wake = this.#onNews;
    this.#onNews = undefined;
    wake?.();
  }
}

function bytesOf(update: BookUpdate): number {
  if (update.type !== 'diff') return BYTES_PER_UPDATE;
  return BYTES_PER_UPDATE + (BYTES_PER_LEVEL * (update.bids.length + update.asks.length)) / 2;
}
