/**
 * One book topic of one symbol: its numbering, what it shows, and which of the engine's sequences each of
 * its messages stands for. Every message of an interval in which the shown levels change counts one up,
 * whether it reaches anyone or not.
 *
 * The exchange has topics of 20, 100 and 200 ms; here all have the pace of the market's diffs, 100 ms.
 */

import type { Market, MarketDiff } from '../../market/market.ts';
import type { BookMessage } from './wire.ts';

/** Messages that can be asked about: at least as many as the market's history holds. */
const REMEMBERED = 4000;

/** The shown levels of a side, by price. */
type Side = Map<number, number>;

export class BookTopic {
  readonly name: string;
  /** Levels a side that it shows; null: all. */
  readonly window: number | null;
  readonly #market: Market;
  #u: number;
  #seq: number;
  #timeUs: number;
  #bids: Side = new Map();
  #asks: Side = new Map();
  /** The engine's sequence at each message. */
  readonly #seqs = new Map<number, number>();

  constructor(name: string, window: number | null, market: Market, firstU: number) {
    this.name = name;
    this.window = window;
    this.#market = market;
    this.#u = firstU;
    const { sequence, timeUs, bids, asks } = market.history.newest() ?? market.book();
    this.#seq = sequence;
    this.#timeUs = timeUs;
    if (window !== null) {
      this.#bids = sideOf(bids.slice(0, 2 * window));
      this.#asks = sideOf(asks.slice(0, 2 * window));
    }
    this.#note();
  }

  get u(): number {
    return this.#u;
  }

  get seq(): number {
    return this.#seq;
  }

  /** The message about a diff of the market; null: nothing changes in what is shown. */
  take(diff: MarketDiff): BookMessage | null {
    this.#seq = diff.lastSequence;
    this.#timeUs = diff.timeUs;
    const changes = this.window === null ? diff : this.#moveWindow(this.window);
    if (changes.bids.length + changes.asks.length === 0) return null;
    this.#u++;
    this.#note();
    return this.#message('delta', changes);
  }

  /** The service is restarted: its numbering begins at 1. @returns what the topic sends. */
  restart(): BookMessage {
    this.#u = 1;
    this.#note();
    return this.window === null ? this.#message('delta', { bids: [], asks: [] }) : this.image();
  }

  /** What a windowed topic shows, whole. */
  image(): BookMessage {
    const sides = { bids: [...this.#bids].flat(), asks: [...this.#asks].flat() };
    return this.#message('snapshot', sides);
  }

  /** The engine's sequence at a message; undefined: it was not sent, or too long ago. */
  seqAt(u: number): number | undefined {
    return this.#seqs.get(u);
  }

  /** The oldest message that can be asked about. */
  get oldestU(): number {
    return this.#seqs.keys().next().value ?? this.#u;
  }

  #moveWindow(window: number): Pick<BookMessage, 'bids' | 'asks'> {
    const { bids, asks } = this.#market.book(window);
    const [newBids, newAsks] = [sideOf(bids), sideOf(asks)];
    const changes = {
      bids: changesBetween(this.#bids, newBids),
      asks: changesBetween(this.#asks, newAsks),
    };
    [this.#bids, this.#asks] = [newBids, newAsks];
    return changes;
  }

  #message(type: BookMessage['type'], sides: Pick<BookMessage, 'bids' | 'asks'>): BookMessage {
    const { bids, asks } = sides;
    return { type, u: this.#u, seq: this.#seq, timeUs: this.#timeUs, bids, asks };
  }

  #note(): void {
    // Deleted first: the map's order is that of the messages, also after a restart.
    this.#seqs.delete(this.#u);
    this.#seqs.set(this.#u, this.#seq);
    const [oldest] = this.#seqs.keys();
    if (this.#seqs.size > REMEMBERED && oldest !== undefined) this.#seqs.delete(oldest);
  }
}

function sideOf(flat: readonly number[]): Side {
  const side: Side = new Map();
  for (let i = 0; i + 1 < flat.length; i += 2) side.set(flat[i] ?? 0, flat[i + 1] ?? 0);
  return side;
}

/** As absolute sizes; what has left the window has size 0, like what was deleted. */
function changesBetween(before: Side, after: Side): number[] {
  const changes: number[] = [];
  for (const price of before.keys()) if (!after.has(price)) changes.push(price, 0);
  for (const [price, size] of after) if (before.get(price) !== size) changes.push(price, size);
  return changes;
}
