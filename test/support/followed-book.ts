/** A client of a stream of level events: keeps the book as they say, and checks that they can be followed. */

import { expect } from 'vitest';
import type { LevelBook } from '../../logger/book/level-book.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import type { GapItem } from '../../logger/queries/items.ts';
import { formatScaled } from '../../logger/market/decimal.ts';
import type { Horizon } from '../../logger/market/events.ts';
import type {
  BookPoint,
  LiveLevelEvent,
  StoredLevelEvent,
  UnprovenEvent,
} from '../../logger/market/level-events.ts';

export type LevelEvent = LiveLevelEvent | StoredLevelEvent | GapItem;

/** Price and size, best first. */
export interface ShownBook {
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
}

export class FollowedBook {
  #book: LevelBook | null = null;
  #horizon: Horizon = { bid: null, ask: null };
  point: BookPoint | null = null;
  unproven: UnprovenEvent | null = null;

  apply(event: LevelEvent): void {
    switch (event.type) {
      case 'image':
        this.#book = TwoSidedBook.fromImage(event);
        this.#horizon = event.horizon;
        this.#move(event.point, true);
        this.unproven = null;
        return;
      case 'update':
        expect(this.#book, 'an update without a book').not.toBeNull();
        expect(event.scale).toEqual(this.#book?.scale);
        this.#book?.setLevels(event.bids, event.asks);
        this.#move(event.point, false);
        return;
      case 'unproven':
        this.unproven = event;
        this.#book = null;
        return;
      case 'gap':
        this.#book = null;
        return;
      case 'trade':
    }
  }

  get isProven(): boolean {
    return this.#book !== null;
  }

  shown(): ShownBook | null {
    const book = this.#book;
    if (book === null) return null;
    const { priceExponent, sizeExponent } = book.scale;
    const rows = (side: 'bid' | 'ask'): (readonly [string, string])[] => {
      const levels = book.levels(side);
      return levels.flatMap((price, i) =>
        i % 2 === 0
          ? [
              [
                formatScaled(price, priceExponent),
                formatScaled(levels[i + 1] as number, sizeExponent),
              ] as const,
            ]
          : [],
      );
    };
    const text = (price: Horizon['bid']): string | null =>
      price === null ? null : formatScaled(price, priceExponent);
    const horizon = { bid: text(this.#horizon.bid), ask: text(this.#horizon.ask) };
    return { bids: rows('bid'), asks: rows('ask'), horizon };
  }

  #move(point: BookPoint, isImage: boolean): void {
    const before = this.point;
    if (before !== null) {
      expect(point.epoch).toBeGreaterThanOrEqual(before.epoch);
      if (!isImage) expect(point.epoch).toBe(before.epoch);
      if (point.epoch === before.epoch && !isImage) {
        expect(point.sequence).toBeGreaterThan(before.sequence);
      }
      expect(point.receiveTimeUs).toBeGreaterThanOrEqual(before.receiveTimeUs);
    }
    this.point = point;
  }
}
