/**
 * What comes in while a book is being proven: diffs that wait for a snapshot to join them, and
 * trades, which need no proof and go into the next chain as they are. Bounded; pure but for the
 * one callback.
 */

import { TreeLevelBook } from '../book/tree-level-book.ts';
import type { SequenceRule } from '../exchange/exchange.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookSnapshot, Diff, Trade } from '../market/events.ts';
import { rescaleEvent, rescaleHorizon, rescaleLevels } from '../market/scale.ts';
import type { ProvenBook } from './chain.ts';
import type { RecorderLimits } from './limits.ts';

export type Joined =
  { readonly kind: 'proven'; readonly proven: ProvenBook } | { readonly kind: 'waiting' | 'again' };

export class SyncBuffer {
  readonly #rule: SequenceRule;
  readonly #limits: RecorderLimits;
  #diffs: Diff[] = [];
  #trades: Trade[] = [];
  /** Called once at the next diff. */
  #onDiff: (() => void) | undefined;

  constructor(rule: SequenceRule, limits: RecorderLimits) {
    this.#rule = rule;
    this.#limits = limits;
  }

  get diffs(): number {
    return this.#diffs.length;
  }

  get events(): number {
    return this.#diffs.length + this.#trades.length;
  }

  addDiff(diff: Diff): void {
    // No snapshot came in all that time: older diffs than the next snapshot are of no use.
    if (this.#diffs.length >= this.#limits.bufferMaxDiffs) this.#diffs = [];
    this.#diffs.push(diff);
    const wake = this.#onDiff;
    this.#onDiff = undefined;
    wake?.();
  }

  addTrade(trade: Trade): void {
    if (this.#trades.length >= this.#limits.heldMaxTrades) this.#trades.shift();
    this.#trades.push(trade);
  }

  takeTrades(): Trade[] {
    return this.#trades.splice(0);
  }

  /** Forgets the diffs: the connection that brought them is gone. Trades stay. */
  clearDiffs(): void {
    this.#diffs = [];
  }

  /** Calls `wake` once when another diff has come in. */
  onNextDiff(wake: () => void): void {
    this.#onDiff = wake;
  }

  /** Everything held becomes finer, so that old and new diffs can be merged. */
  refine(from: Scale, to: Scale): void {
    this.#diffs = this.#diffs.map((diff) => rescaleEvent(diff, from, to));
    this.#trades = this.#trades.map((trade) => rescaleEvent(trade, from, to));
  }

  /**
   * Merges a snapshot with the buffered diffs, if the sequence rule finds the bridge. The book it
   * gives stands at the last buffered diff.
   * @param scale at least as fine as the snapshot's; the diffs' own.
   */
  join(snapshot: BookSnapshot, scale: Scale): Joined {
    const bridge = this.#rule.bridge(snapshot.sequence, this.#diffs);
    switch (bridge.kind) {
      case 'waiting':
        return { kind: 'waiting' };
      case 'too-old':
        return { kind: 'again' };
      case 'hole':
        this.#diffs = this.#diffs.slice(bridge.from);
        return { kind: 'again' };
      case 'bridged':
        return { kind: 'proven', proven: this.#merge(snapshot, bridge.from, scale) };
    }
  }

  #merge(snapshot: BookSnapshot, from: number, scale: Scale): ProvenBook {
    const book = TreeLevelBook.fromImage({
      scale,
      bids: rescaleLevels(snapshot.bids, snapshot.scale, scale),
      asks: rescaleLevels(snapshot.asks, snapshot.scale, scale),
    });
    let last = this.#diffs[from] as Diff;
    let sequence = snapshot.sequence;
    for (const diff of this.#diffs.slice(from)) {
      // A diff that came late or twice is older than what the book holds by now.
      if (this.#rule.follow(sequence, diff) === 'ignore') continue;
      book.apply(diff.bids, diff.asks);
      sequence = diff.lastSequence;
      last = diff;
    }
    this.#diffs = [];
    return {
      book,
      horizon: rescaleHorizon(snapshot.horizon, snapshot.scale, scale),
      sequence,
      exchangeTimeUs: last.exchangeTimeUs,
      receiveTimeUs: last.receiveTimeUs,
    };
  }
}
