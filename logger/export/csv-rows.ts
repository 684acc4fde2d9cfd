/**
 * CSV begins with a line of column names, times are ISO 8601 in µs and an absent value is an empty
 * field:
 *
 * - trades: `sequence,tradeId,exchangeTime,receiveTime,price,size,side`
 * - quotes: `sequence,exchangeTime,receiveTime,bidPrice,bidSize,askPrice,askSize`
 * - incremental, one row a level: `image,firstSequence,sequence,exchangeTime,receiveTime,side,price,size`.
 *   The rows of one message stand together and share its sequences; `image` is `true` on the levels
 *   of an image, before which the reader's book is to be emptied. `side` is `bid` or `ask`. A
 *   message without any level is one row whose last three fields are empty, so that no sequence is
 *   missing. An image has two rows more, of sides `bid-horizon` and `ask-horizon`, whose price is
 *   the horizon (empty: the side is complete). Of an L3 book the rows tell it by price: absolute
 *   sizes, as of an L2 book.
 * - snapshots, one row a level or an order:
 *   `at,sequence,exchangeTime,receiveTime,side,price,size,count,orderId`. The rows of one tick share
 *   its `at` and begin with the two of its horizon. `count` is of an L3 book by price, `orderId` of
 *   an order; best price first, each queue in its order.
 * - orders: the columns of `COLUMNS.orders`, one row a message; a field that its type does not have is
 *   empty.
 *
 * No text that comes from an exchange is trusted to hold no comma, so an order's field that holds one,
 * a quote or a line end stands in quotes. Otherwise no field ever does, so nothing is quoted.
 */

import { formatTimeUs } from '../market/time.ts';
import type {
  BookRow,
  DiffItem,
  ExportType,
  ImageItem,
  LevelRow,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
} from '../queries/results.ts';

type Item = TradeItem | QuoteItem | ImageItem | DiffItem | OrderItem | SnapshotItem;

const TIMES = ['exchangeTime', 'receiveTime'];
const COLUMNS = {
  trades: ['sequence', 'tradeId', ...TIMES, 'price', 'size', 'side'],
  quotes: ['sequence', ...TIMES, 'bidPrice', 'bidSize', 'askPrice', 'askSize'],
  incremental: ['image', 'firstSequence', 'sequence', ...TIMES, 'side', 'price', 'size'],
  snapshots: ['at', 'sequence', ...TIMES, 'side', 'price', 'size', 'count', 'orderId'],
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

/** The line of column names. */
export function csvHeader(type: ExportType): string {
  return COLUMNS[type].join(',');
}

export function* csvRows(item: Item): Generator<string> {
  if (item.type === 'order') {
    const { event } = item;
    yield row(...COLUMNS.orders.map((name) => quoted(event[name] ?? null)));
    return;
  }
  const exchangeTime = formatTimeUs(item.exchangeTimeUs);
  const receiveTime = formatTimeUs(item.receiveTimeUs);
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
    case 'snapshot': {
      const { at, sequence, horizon, bids, asks } = item.book;
      const head = row(at, sequence, exchangeTime, receiveTime);
      yield row(head, 'bid-horizon', horizon.bid, null, null, null);
      yield row(head, 'ask-horizon', horizon.ask, null, null, null);
      yield* bookRows(head, 'bid', bids);
      yield* bookRows(head, 'ask', asks);
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

function* bookRows(head: string, side: string, rows: readonly BookRow[]): Generator<string> {
  for (const [price, size, third] of rows) {
    const isOrder = typeof third === 'string';
    yield row(
      head,
      side,
      price,
      size,
      isOrder ? null : (third ?? null),
      isOrder ? quoted(third) : null,
    );
  }
}

/** Order ids and reasons are the exchange's own text. */
function quoted(field: string | null): string | null {
  return field !== null && /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

function row(...fields: readonly (string | number | null)[]): string {
  return fields.map((field) => field ?? '').join(',');
}
