/**
 * The book along a range as lazy streams: images and updates, or quotes. One decoded block is in memory at
 * a time.
 *
 * A range is `fromUs <= t < toUs`, so ranges laid end to end repeat nothing. By exchange time, which may
 * step back a little where connections change, the streams run from the first update stamped in the range
 * to the one before the first stamped behind it, with none left out in between: a book can be rebuilt from
 * them.
 */

import type { Book } from '../book/book.ts';
import type { Gap } from '../market/coverage.ts';
import { rescale } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookUpdate, LevelSides, SideEvent, MarketEvent } from '../market/events.ts';
import { isSameScale } from '../market/scale.ts';
import { changedLevels, levelsOf } from '../queries/book-rows.ts';
import type { GapItem, ImageItem, QuoteItem, UpdateItem } from '../queries/items.ts';
import type { RangeQuery } from '../queries/queries.ts';
import type { ReaderContext } from './context.ts';
import { gapItem, itemsInRange, rangeOf, timeOf } from './range.ts';
import type { Range, RangeItem } from './range.ts';
import { ReplayedBook } from './replay.ts';

type Movement =
  /** An interval, or the range within one, begins with the book at that time. */
  | { readonly type: 'begin'; readonly book: ReplayedBook }
  /** The book at the same moment, known further out; for `levels` also at a finer scale. */
  | { readonly type: 'deeper'; readonly book: ReplayedBook }
  | {
      readonly type: 'update';
      /** Has been applied. */
      readonly update: BookUpdate;
      readonly book: ReplayedBook;
    }
  /** Where `levels` are wanted. */
  | { readonly type: 'side-event'; readonly event: SideEvent; readonly scale: Scale }
  | { readonly type: 'gap'; readonly gap: Gap };

/**
 * Images and updates: with them, the book at every moment of the range can be rebuilt. An L3 book comes by
 * price: for each message that changes what rests, the absolute sizes that it leaves.
 */
export async function* updates(
  context: ReaderContext,
  query: RangeQuery,
): AsyncGenerator<ImageItem | UpdateItem | GapItem> {
  for await (const movement of movements(context, query, 'diffs')) {
    if (movement.type === 'gap') yield gapItem(movement.gap);
    else if (movement.type === 'begin' || movement.type === 'deeper') {
      yield imageItem(movement.book);
    } else if (movement.type === 'side-event') continue;
    else if (movement.update.type === 'diff' || touchesBook(movement.book)) {
      yield updateItem(movement);
    }
  }
}

/** The top of the book at the start of each interval, and after each message that changes it. */
export async function* quotes(
  context: ReaderContext,
  query: RangeQuery,
): AsyncGenerator<QuoteItem | GapItem> {
  let last: QuoteItem | undefined;
  for await (const movement of movements(context, query, 'books')) {
    if (movement.type === 'gap') {
      last = undefined;
      yield gapItem(movement.gap);
      continue;
    }
    if (movement.type === 'side-event') continue;
    const quote = quoteItem(movement.book);
    if (movement.type !== 'begin' && last !== undefined && isSameTop(last, quote)) continue;
    last = quote;
    yield quote;
  }
}

/** `diffs`: behind a diff, the book need not be the one it led to. `levels`: beside books, side events. */
type Wanted = 'books' | 'diffs' | 'levels';

export async function* movements(
  context: ReaderContext,
  query: RangeQuery,
  wanted: Wanted,
): AsyncGenerator<Movement> {
  const range = rangeOf(query);
  const moving = new MovingBook(range, wanted);
  for await (const item of itemsInRange(context, query.security, range)) {
    // Not `yield*`, which costs some promises more per item.
    for (const movement of moving.take(item)) yield movement;
    if (moving.isOver) return;
  }
  yield* moving.finish();
}

/** The book of the current interval, from the beginning of the range on. */
class MovingBook {
  readonly #range: Range;
  readonly #wanted: Wanted;
  #book: ReplayedBook | undefined;
  #declaredUs = Infinity;
  #hasBegun = false;
  #isOver = false;

  constructor(range: Range, wanted: Wanted) {
    this.#range = range;
    this.#wanted = wanted;
  }

  /** The range has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  *take(item: RangeItem): Generator<Movement> {
    switch (item.type) {
      case 'image':
        yield* this.#start(item);
        break;
      case 'events':
        if (this.#book === undefined) break;
        yield* this.#refine(this.#book, item.scale);
        yield* this.#events(this.#book, item);
        break;
      case 'deeper':
        if (this.#book === undefined || item.image.image.receiveTimeUs > this.#declaredUs) break;
        this.#book = new ReplayedBook(item.image);
        if (this.#hasBegun) yield { type: 'deeper', book: this.#book };
        break;
      case 'end':
        // Nothing arrived in the range, but the book stood there.
        if (item.toUs >= this.#range.fromUs) yield* this.#begin();
        this.#book = undefined;
        break;
      case 'gap':
        yield item;
        break;
    }
  }

  /** Nothing arrived in the range, and what is behind it was not read: the book stood there. */
  *finish(): Generator<Movement> {
    if (this.#declaredUs >= this.#range.fromUs) yield* this.#begin();
  }

  *#events(book: ReplayedBook, item: RangeItem & { type: 'events' }): Generator<Movement> {
    const { events, scale } = item;
    for (let at = this.#hasBegun ? 0 : this.#skip(book, events); at < events.length; at++) {
      const event = events[at] as MarketEvent;
      if (isBookUpdate(event)) yield* this.#update(book, event);
      else if (this.#wanted === 'levels') yield* this.#sideEvent(event, scale);
      if (this.#isOver) return;
    }
  }

  /** Brings the book up to the range, all at once. @returns the first event that may lie in it. */
  #skip(book: ReplayedBook, events: readonly MarketEvent[]): number {
    const { fromUs, clock } = this.#range;
    const first = events.findIndex(
      (event) => timeOf(event, clock) >= fromUs || event.receiveTimeUs > this.#declaredUs,
    );
    const at = first === -1 ? events.length : first;
    book.applyAll(at === events.length ? events : events.slice(0, at));
    return at;
  }

  *#refine(book: ReplayedBook, scale: Scale): Generator<Movement> {
    const isSame = isSameScale(book.scale, scale);
    book.refine(scale);
    // Levels are at the scale of the last image.
    if (!isSame && this.#wanted === 'levels' && this.#hasBegun) yield { type: 'deeper', book };
  }

  *#sideEvent(event: SideEvent, scale: Scale): Generator<Movement> {
    const us = timeOf(event, this.#range.clock);
    if (us < this.#range.fromUs || us >= this.#range.toUs) return;
    yield* this.#begin();
    yield { type: 'side-event', event, scale };
  }

  *#start({ image, declaredUs }: RangeItem & { type: 'image' }): Generator<Movement> {
    const us = timeOf(image.image, this.#range.clock);
    this.#isOver = us >= this.#range.toUs;
    if (this.#isOver || image.image.receiveTimeUs > declaredUs) return;
    this.#book = new ReplayedBook(image);
    this.#declaredUs = declaredUs;
    this.#hasBegun = false;
    if (us >= this.#range.fromUs) yield* this.#begin();
  }

  *#begin(): Generator<Movement> {
    if (this.#hasBegun || this.#book === undefined) return;
    this.#hasBegun = true;
    yield { type: 'begin', book: this.#book };
  }

  *#update(book: ReplayedBook, update: BookUpdate): Generator<Movement> {
    if (update.receiveTimeUs > this.#declaredUs) return;
    const us = timeOf(update, this.#range.clock);
    if (us >= this.#range.fromUs) yield* this.#begin();
    this.#isOver = us >= this.#range.toUs;
    if (this.#isOver) return;
    const isBookOver = this.#hasBegun && this.#wanted === 'diffs' && update.type === 'diff';
    if (!isBookOver || book.book.level !== 'L2') book.apply(update);
    if (this.#hasBegun) yield { type: 'update', update, book };
  }
}

function touchesBook({ book }: ReplayedBook): boolean {
  return book.level === 'L3' && book.touched.length > 0;
}

function sequenceOf(sequence: number, { header }: ReplayedBook): number | null {
  return header.proof === 'sequence' ? sequence : null;
}

function imageItem(replayed: ReplayedBook): ImageItem {
  const { book, scale, horizon, sequence, exchangeTimeUs, receiveTimeUs } = replayed;
  const { bids, asks, counts } = sidesByPrice(book);
  return {
    type: 'image',
    sequence: sequenceOf(sequence, replayed),
    exchangeTimeUs,
    receiveTimeUs,
    ...(replayed.header.windowed && { windowed: true }),
    horizon,
    bids,
    asks,
    ...(counts && { counts }),
    scale,
  };
}

function sidesByPrice(book: Book): LevelSides {
  if (book.level === 'L2') return book.sides();
  return { level: 'L2', bids: levelsOf(book, 'bid'), asks: levelsOf(book, 'ask') };
}

function updateItem(movement: Movement & { type: 'update' }): UpdateItem {
  const { update, book } = movement;
  const { exchangeTimeUs, receiveTimeUs } = update;
  return {
    type: 'update',
    firstSequence: sequenceOf(update.firstSequence, book),
    sequence: sequenceOf(update.lastSequence, book),
    exchangeTimeUs,
    receiveTimeUs,
    ...changedLevels(book.book, update),
    ...(update.type === 'diff' && update.counts && { counts: update.counts }),
    scale: book.scale,
  };
}

function isSameTop(a: QuoteItem, b: QuoteItem): boolean {
  const { bidPrice, bidSize, askPrice, askSize } = atScale(a, b.scale);
  return (
    bidPrice === b.bidPrice &&
    bidSize === b.bidSize &&
    askPrice === b.askPrice &&
    askSize === b.askSize
  );
}

function atScale(quote: QuoteItem, to: Scale): QuoteItem {
  const from = quote.scale;
  if (isSameScale(from, to)) return quote;
  const price = (value: ScaledInt | null): ScaledInt | null =>
    value === null ? null : rescale(value, from.priceExponent, to.priceExponent);
  const size = (value: ScaledInt | null): ScaledInt | null =>
    value === null ? null : rescale(value, from.sizeExponent, to.sizeExponent);
  return {
    ...quote,
    bidPrice: price(quote.bidPrice),
    bidSize: size(quote.bidSize),
    askPrice: price(quote.askPrice),
    askSize: size(quote.askSize),
    scale: to,
  };
}

function quoteItem(replayed: ReplayedBook): QuoteItem {
  const { scale, sequence, exchangeTimeUs, receiveTimeUs } = replayed;
  const bid = replayed.best('bid');
  const ask = replayed.best('ask');
  return {
    type: 'quote',
    sequence: sequenceOf(sequence, replayed),
    exchangeTimeUs,
    receiveTimeUs,
    bidPrice: bid?.[0] ?? null,
    bidSize: bid?.[1] ?? null,
    askPrice: ask?.[0] ?? null,
    askSize: ask?.[1] ?? null,
    scale,
  };
}
