/**
 * A book by price as it moved, from the archive: the same events as live, where the book was proven. A range
 * begins with the book as it stood there; gaps come as such. And the book at one point of such a stream.
 */

import type { Scale } from '../market/decimal.ts';
import type { MarketEvent } from '../market/events.ts';
import type { LevelImageEvent, LevelTradeEvent, StoredLevelEvent } from '../market/level-events.ts';
import { imageEvent, isSameTop, topEvent, topOf, updateEvent } from '../queries/level-events.ts';
import type { Top } from '../queries/level-events.ts';
import type { GapItem } from '../queries/items.ts';
import type { LevelsQuery, PointQuery } from '../queries/queries.ts';
import { tradeIn } from '../queries/trade-item.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, recordsOf } from './cursor.ts';
import { gapItem } from './range.ts';
import { ReplayedBook } from './replay.ts';
import { Segment } from './segment.ts';
import { movements } from './updates.ts';

export async function* levels(
  context: ReaderContext,
  query: LevelsQuery,
): AsyncGenerator<StoredLevelEvent | GapItem> {
  const { topOnly = false, trades = false } = query;
  const tradeOf = (event: MarketEvent, scale: Scale): LevelTradeEvent | undefined =>
    trades ? tradeIn(event, scale) : undefined;
  let last: Top = [undefined, undefined];
  for await (const movement of movements(context, query, 'levels')) {
    switch (movement.type) {
      case 'gap':
        yield gapItem(movement.gap);
        break;
      case 'begin':
      case 'deeper':
        if (topOnly) yield topEvent(movement.book, (last = topOf(movement.book)));
        else yield imageEvent(movement.book);
        break;
      case 'update': {
        const { book, update } = movement;
        if (!topOnly) yield updateEvent(book, update);
        else {
          const top = topOf(book);
          if (!isSameTop(top, last)) yield topEvent(book, (last = top));
        }
        const trade = tradeOf(update, book.scale);
        if (trade) yield trade;
        break;
      }
      case 'side-event': {
        const trade = tradeOf(movement.event, movement.scale);
        if (trade) yield trade;
        break;
      }
    }
  }
}

/**
 * Whatever was declared about it later: it is what was recorded then. Where a book became known further out at
 * the point, it is the book before that.
 * @returns null: the records do not lead there (any more).
 */
export async function bookAtPoint(
  context: ReaderContext,
  { security, epoch, sequence }: PointQuery,
): Promise<LevelImageEvent | null> {
  const segment = Segment.withoutEnd(context, { security, epoch });
  const images = await segment.images();
  const start =
    images.findLast(({ header }) => header.lastSequence < sequence) ??
    images.find(({ header }) => header.lastSequence === sequence);
  if (start === undefined) {
    await assertKnown(context, security);
    return null;
  }
  const cursor = new SegmentCursor(context, segment, recordsOf(context.records), { sequence });
  let book: ReplayedBook | undefined;
  for await (const item of cursor.items(start)) {
    if (item.type === 'image') book = new ReplayedBook(item.image);
    else if (item.type === 'deeper') {
      if (item.image.image.sequence < sequence) book = new ReplayedBook(item.image);
    } else if (item.type === 'block') {
      const { content } = item.block;
      book?.refine(content.scale);
      book?.applyAll(content.events, sequence);
      await context.yieldToEventLoop();
    } else if (item.type === 'end' || item.type === 'beyond') break;
  }
  return book?.sequence === sequence ? imageEvent(book) : null;
}
