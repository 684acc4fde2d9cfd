/** Books of single orders among the messages about orders: one where each proven interval begins. */

import { parseScaled } from '../market/decimal.ts';
import type { Scale } from '../market/decimal.ts';
import type { RestingOrder } from '../market/events.ts';
import { parseTimeUs } from '../market/time.ts';
import type { DataItem, GapItem } from '../queries/items.ts';
import type { BookResult } from '../queries/results.ts';

/** The whole book before the messages that follow. */
export interface OrderImageItem {
  readonly type: 'order-image';
  readonly sequence: number;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly bids: readonly RestingOrder[];
  readonly asks: readonly RestingOrder[];
  readonly scale: Scale;
}

/**
 * @param books by sequence: the book at the beginning of the range, and of each interval in it. Read when it is
 *   their turn; null: it is of levels.
 */
export async function* withOrderImages(
  items: AsyncIterable<DataItem | GapItem>,
  books: readonly { readonly sequence: number; read(): Promise<BookResult | null> }[],
): AsyncGenerator<DataItem | GapItem | OrderImageItem> {
  let next = 0;
  for await (const item of items) {
    const sequence = sequenceOf(item);
    for (
      let book = books[next];
      book !== undefined && sequence >= book.sequence;
      book = books[next]
    ) {
      next++;
      // Of several before one message only the last counts.
      if (sequence >= (books[next]?.sequence ?? Infinity)) continue;
      const read = await book.read();
      if (read !== null) yield imageOf(read);
    }
    yield item;
  }
}

function sequenceOf(item: DataItem | GapItem): number {
  return item.type === 'order' && item.event.type !== 'activate' ? item.event.lastSequence : -1;
}

function imageOf(book: BookResult): OrderImageItem {
  const rows = [...book.bids, ...book.asks];
  const scale = {
    priceExponent: Math.max(0, ...rows.map(([price]) => decimalsOf(price))),
    sizeExponent: Math.max(0, ...rows.map(([, size]) => decimalsOf(size))),
  };
  const orders = (side: BookResult['bids']): RestingOrder[] =>
    side.map(([price, size, orderId]) => ({
      orderId: String(orderId),
      price: parseScaled(price, scale.priceExponent) ?? 0,
      size: parseScaled(size, scale.sizeExponent) ?? 0,
    }));
  return {
    type: 'order-image',
    sequence: Number(book.sequence),
    exchangeTimeUs: parseTimeUs(book.exchangeTime),
    receiveTimeUs: parseTimeUs(book.receiveTime),
    bids: orders(book.bids),
    asks: orders(book.asks),
    scale,
  };
}

function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}
