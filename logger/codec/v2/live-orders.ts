/**
 * The live orders that a block of `orders/2` has mentioned, by age. An order is referred to by the
 * number of younger live orders; most events concern young orders, so these numbers are small.
 * Encoder and decoder keep identical lists. Finding an order or its rank takes O(log n).
 */

import { subtractScaled } from '../../market/decimal.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import { corrupt } from './bytes.ts';
import type { BlockEvent, KnownOrder } from './order-fields.ts';

interface Entry extends KnownOrder {
  /** Order of first mention: 1, 2, 3 … */
  readonly place: number;
  /** Its neighbours by age among the live orders. */
  older: Entry | undefined;
  younger: Entry | undefined;
}

const FIRST_CAPACITY = 1024;

export class LiveOrders {
  readonly #byId = new Map<string, Entry>();
  /** By order of first mention. */
  #entries: (Entry | undefined)[] = [undefined];
  #newest: Entry | undefined;
  /** Numbers of live orders, as a Fenwick tree. */
  #sums = new Int32Array(FIRST_CAPACITY + 1);

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): KnownOrder | undefined {
    return this.#byId.get(id);
  }

  /** The youngest live order. */
  get newest(): KnownOrder | undefined {
    return this.#newest;
  }

  /** The number of younger live orders. */
  rank(order: KnownOrder): number {
    const { place } = order as Entry;
    return this.#byId.size - this.#countTo(place);
  }

  /** The order with that rank. @throws RecordCorruptError if there are fewer. */
  at(rank: number): KnownOrder {
    if (rank >= this.#byId.size) throw corrupt('it refers to an order that is not live');
    let wanted = this.#byId.size - rank;
    let place = 0;
    for (let step = this.#sums.length - 1; step > 0; step >>= 1) {
      const next = place + step;
      const below = this.#sums[next];
      if (next < this.#sums.length && (below as number) < wanted) {
        wanted -= below as number;
        place = next;
      }
    }
    return this.#entries[place + 1] as Entry;
  }

  /** @throws RecordCorruptError for the id of a live order. */
  add(id: string): KnownOrder {
    if (this.#byId.has(id)) throw corrupt('a new order is already live');
    const place = this.#entries.length;
    if (place >= this.#sums.length) this.#grow();
    const older = this.#newest;
    const unknown = { side: 'buy', price: null, size: null, orderType: null } as const;
    const entry: Entry = { id, place, ...unknown, older, younger: undefined };
    if (older) older.younger = entry;
    this.#newest = entry;
    this.#entries.push(entry);
    this.#byId.set(id, entry);
    this.#count(place, 1);
    return entry;
  }

  /** Updates the known orders from an event. */
  learn(event: BlockEvent, order: KnownOrder, taker: KnownOrder | undefined): void {
    order.side = event.side;
    switch (event.type) {
      case 'received':
        order.price = event.price;
        order.size = event.size;
        order.orderType = event.orderType;
        return;
      case 'open':
        order.price = event.price;
        order.size = event.remainingSize;
        return;
      case 'match':
        order.price ??= event.price;
        order.size = lessBy(order.size, event.size);
        if (taker) taker.size = lessBy(taker.size, event.size);
        return;
      case 'change':
        order.price = event.newPrice ?? event.price ?? order.price;
        order.size = event.newSize ?? order.size;
        return;
      case 'done':
        this.#remove(order as Entry);
        return;
      case 'activate':
        return;
    }
  }

  #remove(entry: Entry): void {
    const { older, younger } = entry;
    if (older) older.younger = younger;
    if (younger) younger.older = older;
    else this.#newest = older;
    this.#byId.delete(entry.id);
    this.#entries[entry.place] = undefined;
    this.#count(entry.place, -1);
  }

  #count(place: number, by: number): void {
    const sums = this.#sums;
    for (let i = place; i < sums.length; i += i & -i) sums[i] = (sums[i] as number) + by;
  }

  #countTo(place: number): number {
    let count = 0;
    for (let i = place; i > 0; i -= i & -i) count += this.#sums[i] as number;
    return count;
  }

  #grow(): void {
    this.#sums = new Int32Array((this.#sums.length - 1) * 2 + 1);
    for (const entry of this.#byId.values()) this.#count(entry.place, 1);
  }
}

/** Unknown sizes stay unknown, and so does an impossible result. */
function lessBy(size: ScaledInt | null, by: ScaledInt): ScaledInt | null {
  if (size === null) return null;
  const left = subtractScaled(size, by);
  return left < 0 ? null : left;
}
