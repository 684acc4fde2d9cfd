/** What every replay of blocks over a book needs. Pure. */

import { applyUpdate } from '../book/book.ts';
import type { Book } from '../book/book.ts';
import type { LevelBook } from '../book/level-book.ts';
import { RecordCorruptError } from '../errors.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookUpdate, Horizon, Levels, MarketEvent } from '../market/events.ts';
import { finerScale, isSameScale, rescaleHorizon } from '../market/scale.ts';
import type { LoadedBlock } from './record-loader.ts';

/** Where a book stands, and whether it comes straight from an image. */
export interface Stand {
  readonly sequence: number;
  readonly scale: Scale;
  readonly isImage: boolean;
}

/**
 * Whether a block goes on where the book stands: it begins there; or, right after an image, one of
 * its steps leads to just that sequence. And its scale is the same, or finer once the exchange
 * quoted finer.
 */
export function continues(block: LoadedBlock, stand: Stand): boolean {
  const { previousSequence, events, scale } = block.content;
  if (!isSameScale(finerScale(scale, stand.scale), scale)) return false;
  if (previousSequence === stand.sequence) return true;
  return (
    stand.isImage &&
    events.some((event) => isBookUpdate(event) && event.lastSequence === stand.sequence)
  );
}

/**
 * The book at the scale of a block that follows it: the same, or finer once the exchange quoted
 * finer.
 * @throws RecordCorruptError for a coarser one, which no writer makes.
 */
export function refine(
  book: Book,
  horizon: Horizon,
  scale: Scale,
): { readonly book: Book; readonly horizon: Horizon } {
  const from = book.scale;
  if (isSameScale(from, scale)) return { book, horizon };
  if (!isSameScale(finerScale(from, scale), scale)) {
    throw new RecordCorruptError('A block is coarser than the book before it');
  }
  return { book: book.rescaled(scale), horizon: rescaleHorizon(horizon, from, scale) };
}

/**
 * Moves the book over one step.
 * @throws RecordCorruptError for a step that can't be of this book: no writer stores such a one.
 */
export function step(book: Book, event: BookUpdate): void {
  const isOfItsKind = (event.type === 'diff') === (book.level === 'L2');
  const contradiction = isOfItsKind ? applyUpdate(book, event)?.text : `it holds a ${event.type}`;
  if (contradiction !== undefined) {
    throw new RecordCorruptError(`A record contradicts the book before it: ${contradiction}`);
  }
}

/** Moves the book over all steps after `after` up to `until`. @throws RecordCorruptError, as above. */
export function stepOver(
  book: Book,
  events: readonly MarketEvent[],
  { after, until }: { readonly after: number; readonly until: number },
): void {
  const last = book.level === 'L2' ? new LastSizes() : undefined;
  for (const event of events) {
    if (!isBookUpdate(event) || event.lastSequence <= after) continue;
    if (event.lastSequence > until) break;
    if (last !== undefined && event.type === 'diff') last.add(event.bids, event.asks);
    else step(book, event);
  }
  if (book.level === 'L2') last?.applyTo(book);
}

/**
 * Many diffs as one: sizes are absolute, so of all that a price was set to only the last counts. The
 * levels at the top change again and again, and a map takes that faster than an ordered book.
 */
class LastSizes {
  readonly #bids = new Map<ScaledInt, ScaledInt>();
  readonly #asks = new Map<ScaledInt, ScaledInt>();

  add(bids: Levels, asks: Levels): void {
    setAll(this.#bids, bids);
    setAll(this.#asks, asks);
  }

  applyTo(book: LevelBook): void {
    book.apply([...this.#bids].flat(), [...this.#asks].flat());
  }
}

function setAll(sizes: Map<ScaledInt, ScaledInt>, levels: Levels): void {
  for (let i = 0; i + 1 < levels.length; i += 2) {
    sizes.set(levels[i] as ScaledInt, levels[i + 1] as ScaledInt);
  }
}
