/**
 * Numbers of orders in version 2. There each side has a list or none; market events have both or none. A
 * message that tells them of one side alone, which nothing writes, is read as one without.
 */

import type { LevelCounts, LevelImage, Levels, MarketEvent } from '../market/events.ts';
import type { BlockCodec, ImageCodec, OrderCounts } from './codec.ts';
import { block2 } from './v2/block.ts';
import { image2 } from './v2/image.ts';

export const countedBlock2: BlockCodec = {
  encoding: block2.encoding,
  level: block2.level,

  encode(content) {
    const hasCounts = content.events.some((event) => event.type === 'diff' && event.counts);
    return block2.encode(
      hasCounts ? { ...content, events: content.events.map(withListsOfEvent) } : content,
    );
  },

  decode(body) {
    const content = block2.decode(body);
    const hasLists = content.events.some((event) => event.type === 'diff' && hasList(event));
    if (!hasLists) return content;
    return { ...content, events: content.events.map(withCountsOfEvent) };
  },
};

export const countedImage2: ImageCodec = {
  encoding: image2.encoding,
  level: image2.level,

  encode(image) {
    return image2.encode(image.level === 'L2' ? withLists(image) : image);
  },

  decode(body) {
    const image = image2.decode(body) as LevelImage;
    return withCounts(image);
  },
};

/** A diff or a book, with either form. */
interface Sides extends OrderCounts {
  readonly bids: Levels;
  readonly asks: Levels;
  readonly counts?: LevelCounts;
}

function withListsOfEvent(event: MarketEvent): MarketEvent {
  return event.type === 'diff' ? withLists(event) : event;
}

function withCountsOfEvent(event: MarketEvent): MarketEvent {
  return event.type === 'diff' ? withCounts(event) : event;
}

function hasList({ bidOrders, askOrders }: Sides): boolean {
  return bidOrders !== undefined || askOrders !== undefined;
}

function withLists<Message extends Sides>(message: Message): Message {
  const { counts, ...rest } = message;
  if (counts === undefined) return message;
  return { ...rest, bidOrders: counts.bids, askOrders: counts.asks } as Message;
}

function withCounts<Message extends Sides>(message: Message): Message {
  const { bidOrders, askOrders, ...rest } = message;
  const bids = bidOrders ?? (rest.bids.length === 0 ? [] : undefined);
  const asks = askOrders ?? (rest.asks.length === 0 ? [] : undefined);
  const isTold = hasList(message) && bids !== undefined && asks !== undefined;
  return (isTold ? { ...rest, counts: { bids, asks } } : rest) as Message;
}
