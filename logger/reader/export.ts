/**
 * History as lines of text. JSON lines have the shapes of the contract. CSV begins with a line of
 * column names, times are ISO 8601 in µs and an absent value is an empty field:
 *
 * - trades: `sequence,tradeId,exchangeTime,receiveTime,price,size,side`
 * - quotes: `sequence,exchangeTime,receiveTime,bidPrice,bidSize,askPrice,askSize`
 * - incremental, one row a level: `image,firstSequence,sequence,exchangeTime,receiveTime,side,price,size`.
 *   The rows of one message stand together and share its sequences; `image` is `true` on the levels
 *   of an image, before which the reader's book is to be emptied. `side` is `bid` or `ask`. A
 *   message without any level is one row whose last three fields are empty, so that no sequence is
 *   missing. An image has two rows more, of sides `bid-horizon` and `ask-horizon`, whose price is
 *   the horizon (empty: the side is complete).
 *
 * - orders: the columns of `COLUMNS.orders`, one row a message; a field that its type does not have is
 *   empty.
 *
 * Of an L3 book, incremental rows tell it by price: absolute sizes, as of an L2 book. No text that comes
 * from an exchange is trusted to hold no comma, so in orders a field that holds one, a quote or a line
 * end stands in quotes.
 *
 * Otherwise no field ever holds a comma, a quote or a line end, so nothing is quoted.
 */

import { formatTimeUs } from '../market/time.ts';
import type { LevelRow } from './answers.ts';
import type { ReaderContext } from './context.ts';
import { formatGap } from './format.ts';
import type {
  DiffItem,
  ExportGap,
  ExportLine,
  ExportQuestion,
  GapItem,
  ImageItem,
  OrderItem,
  QuoteItem,
  TradeItem,
} from './reader.ts';
import { diffs, orders, quotes, trades } from './streams.ts';

export async function* exportLines(
  context: ReaderContext,
  question: ExportQuestion,
): AsyncGenerator<ExportLine> {
  const isCsv = question.format === 'csv';
  let isFirst = true;
  for await (const item of itemsOf(context, question)) {
    if (isCsv && isFirst) yield { text: COLUMNS[question.type].join(',') };
    isFirst = false;
    if (item.type === 'gap') yield { gap: exportGap(item) };
    else if (isCsv) for (const text of csvRows(item)) yield { text };
    else yield { text: JSON.stringify(jsonOf(item)) };
  }
  if (isCsv && isFirst) yield { text: COLUMNS[question.type].join(',') };
}

type TimedItem = TradeItem | QuoteItem | ImageItem | DiffItem;
type Item = TimedItem | OrderItem;

function itemsOf(context: ReaderContext, question: ExportQuestion): AsyncIterable<Item | GapItem> {
  switch (question.type) {
    case 'trades':
      return trades(context, question);
    case 'quotes':
      return quotes(context, question);
    case 'incremental':
      return diffs(context, question);
    case 'orders':
      return orders(context, question);
  }
}

function exportGap(item: GapItem): ExportGap {
  return { ...formatGap(item), missing: item.missing };
}

const TIMES = ['exchangeTime', 'receiveTime'];
const COLUMNS = {
  trades: ['sequence', 'tradeId', ...TIMES, 'price', 'size', 'side'],
  quotes: ['sequence', ...TIMES, 'bidPrice', 'bidSize', 'askPrice', 'askSize'],
  incremental: ['image', 'firstSequence', 'sequence', ...TIMES, 'side', 'price', 'size'],
  orders: [
    'sequence',
    ...TIMES,
    'type',
    'side',
    'orderId',
    'orderType',
    'price',
    'size',
    'remainingSize',
    'reason',
    'tradeId',
    'makerOrderId',
    'takerOrderId',
    'oldPrice',
    'newPrice',
    'oldSize',
    'newSize',
    'funds',
    'oldFunds',
    'newFunds',
    'stopType',
    'stopPrice',
    'clientOrderId',
  ],
} as const;

function times(item: TimedItem): { exchangeTime: string; receiveTime: string } {
  return {
    exchangeTime: formatTimeUs(item.exchangeTimeUs),
    receiveTime: formatTimeUs(item.receiveTimeUs),
  };
}

function jsonOf(item: Item): unknown {
  switch (item.type) {
    case 'order':
      return item.event;
    case 'trade':
      return {
        sequence: textOf(item.sequence),
        tradeId: String(item.tradeId),
        ...times(item),
        price: item.price,
        size: item.size,
        side: item.side,
      };
    case 'quote':
      return {
        sequence: textOf(item.sequence),
        ...times(item),
        bidPrice: item.bidPrice,
        bidSize: item.bidSize,
        askPrice: item.askPrice,
        askSize: item.askSize,
      };
    case 'image':
      return {
        firstSequence: textOf(item.sequence),
        sequence: textOf(item.sequence),
        ...times(item),
        image: true,
        horizon: item.horizon,
        bids: item.bids,
        asks: item.asks,
      };
    case 'diff':
      return {
        firstSequence: textOf(item.firstSequence),
        sequence: textOf(item.sequence),
        ...times(item),
        bids: item.bids,
        asks: item.asks,
      };
  }
}

function textOf(sequence: number | null): string | null {
  return sequence === null ? null : String(sequence);
}

function* csvRows(item: Item): Generator<string> {
  if (item.type === 'order') {
    const { event } = item;
    yield row(...COLUMNS.orders.map((name) => quoted(event[name] ?? null)));
    return;
  }
  const { exchangeTime, receiveTime } = times(item);
  switch (item.type) {
    case 'trade': {
      const { sequence, tradeId, price, size, side } = item;
      yield row(sequence, tradeId, exchangeTime, receiveTime, price, size, side);
      return;
    }
    case 'quote': {
      const { sequence, bidPrice, bidSize, askPrice, askSize } = item;
      yield row(sequence, exchangeTime, receiveTime, bidPrice, bidSize, askPrice, askSize);
      return;
    }
    case 'image':
    case 'diff': {
      const isImage = item.type === 'image';
      const firstSequence = isImage ? item.sequence : item.firstSequence;
      const head = row(String(isImage), firstSequence, item.sequence, exchangeTime, receiveTime);
      if (isImage) {
        yield row(head, 'bid-horizon', item.horizon.bid, null);
        yield row(head, 'ask-horizon', item.horizon.ask, null);
      } else if (item.bids.length + item.asks.length === 0) {
        yield row(head, null, null, null);
      }
      yield* levelRows(head, 'bid', item.bids);
      yield* levelRows(head, 'ask', item.asks);
    }
  }
}

function* levelRows(head: string, side: string, levels: readonly LevelRow[]): Generator<string> {
  for (const [price, size] of levels) yield row(head, side, price, size);
}

/** Order ids and reasons are the exchange's own text. */
function quoted(field: string | null): string | null {
  return field !== null && /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function row(...fields: readonly (string | number | null)[]): string {
  return fields.map((field) => field ?? '').join(',');
}
