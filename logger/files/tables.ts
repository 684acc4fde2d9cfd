/** What rows each type has, and how its items become rows. docs/files.md names every column. */

import { InvariantError } from '../errors.ts';
import type { Levels, OrderEvent } from '../market/events.ts';
import { formatTimeUs } from '../market/time.ts';
import type { CandleItem, ImageItem, OrderItem, UpdateItem } from '../queries/items.ts';
import type { ExportType } from '../queries/results.ts';
import type { CellValue } from './cells.ts';
import { column } from './column.ts';
import type { Rows } from './rows.ts';
import { snapshotTable } from './snapshot-table.ts';
import type { FileItem, Table } from './table.ts';

const SEGMENT = column('segment', 'int32');
const SEQUENCE = column('sequence?', 'int64');
const TIMES = [column('exchange_time', 'time'), column('receive_time', 'time')];

/** @param snapshots what snapshots have. */
export function tableOf(
  type: ExportType,
  snapshots: { readonly depth: number; readonly hasFeatures: boolean },
): Table {
  switch (type) {
    case 'trades':
      return trades;
    case 'quotes':
      return quotes;
    case 'incremental':
      return incremental;
    case 'snapshots':
      return snapshotTable(snapshots.depth, snapshots.hasFeatures);
    case 'orders':
      return orders;
    case 'candles':
      return candles;
  }
}

export function wrongItem(item: FileItem): InvariantError {
  return new InvariantError(`An item of another type in a file: ${item.type}`);
}

const trades: Table = {
  columns: [
    SEGMENT,
    SEQUENCE,
    column('trade_id', 'text'),
    ...TIMES,
    column('price', 'price'),
    column('size', 'size'),
    column('side', 'text'),
  ],
  write(item, rows, segment) {
    if (item.type !== 'trade') throw wrongItem(item);
    rows.put(segment);
    rows.put(item.sequence);
    rows.put(String(item.tradeId));
    rows.put(item.exchangeTimeUs);
    rows.put(item.receiveTimeUs);
    rows.put(item.price);
    rows.put(item.size);
    rows.put(item.side);
    rows.end();
  },
};

const quotes: Table = {
  columns: [
    SEGMENT,
    SEQUENCE,
    ...TIMES,
    column('bid_price?', 'price'),
    column('bid_size?', 'size'),
    column('ask_price?', 'price'),
    column('ask_size?', 'size'),
  ],
  write(item, rows, segment) {
    if (item.type !== 'quote') throw wrongItem(item);
    rows.put(segment);
    rows.put(item.sequence);
    rows.put(item.exchangeTimeUs);
    rows.put(item.receiveTimeUs);
    rows.put(item.bidPrice);
    rows.put(item.bidSize);
    rows.put(item.askPrice);
    rows.put(item.askSize);
    rows.end();
  },
};

const incremental: Table = {
  columns: [
    SEGMENT,
    column('image', 'bool'),
    column('first_sequence?', 'int64'),
    SEQUENCE,
    ...TIMES,
    column('side?', 'text'),
    column('price?', 'price'),
    column('size?', 'size'),
    column('count?', 'int32'),
    column('bid_horizon?', 'price'),
    column('ask_horizon?', 'price'),
  ],
  write(item, rows, segment) {
    if (item.type !== 'image' && item.type !== 'update') throw wrongItem(item);
    if (item.bids.length + item.asks.length === 0) levelRow(item, rows, segment, null, 0);
    for (let at = 0; at < item.bids.length; at += 2) levelRow(item, rows, segment, 'bid', at);
    for (let at = 0; at < item.asks.length; at += 2) levelRow(item, rows, segment, 'ask', at);
  },
};

function levelRow(
  item: ImageItem | UpdateItem,
  rows: Rows,
  segment: number,
  side: 'bid' | 'ask' | null,
  at: number,
): void {
  const isImage = item.type === 'image';
  const levels: Levels = side === 'ask' ? item.asks : item.bids;
  const counts = side === 'ask' ? item.counts?.asks : item.counts?.bids;
  rows.put(segment);
  rows.put(isImage);
  rows.put(isImage ? item.sequence : item.firstSequence);
  rows.put(item.sequence);
  rows.put(item.exchangeTimeUs);
  rows.put(item.receiveTimeUs);
  rows.put(side);
  rows.put(side === null ? null : (levels[at] ?? null));
  rows.put(side === null ? null : (levels[at + 1] ?? null));
  rows.put(side === null ? null : (counts?.[at / 2] ?? null));
  rows.put(isImage ? item.horizon.bid : null);
  rows.put(isImage ? item.horizon.ask : null);
  rows.end();
}

/** After the times: the name in the file, its type, and the name of the event's field. */
const ORDER_FIELDS = [
  ['order_id?', 'text', 'orderId'],
  ['order_type?', 'text', 'orderType'],
  ['price?', 'price', 'price'],
  ['size?', 'size', 'size'],
  ['remaining_size?', 'size', 'remainingSize'],
  ['reason?', 'text', 'reason'],
  ['trade_id?', 'text', 'tradeId'],
  ['maker_order_id?', 'text', 'makerOrderId'],
  ['taker_order_id?', 'text', 'takerOrderId'],
  ['old_price?', 'price', 'oldPrice'],
  ['new_price?', 'price', 'newPrice'],
  ['old_size?', 'size', 'oldSize'],
  ['new_size?', 'size', 'newSize'],
  ['funds?', 'text', 'funds'],
  ['old_funds?', 'text', 'oldFunds'],
  ['new_funds?', 'text', 'newFunds'],
  ['stop_type?', 'text', 'stopType'],
  ['stop_price?', 'price', 'stopPrice'],
  ['client_order_id?', 'text', 'clientOrderId'],
] as const;

const orders: Table = {
  columns: [
    SEGMENT,
    SEQUENCE,
    ...TIMES,
    column('type', 'text'),
    column('side', 'text'),
    ...ORDER_FIELDS.map(([name, type]) => column(name, type)),
  ],
  write(item, rows, segment) {
    if (item.type !== 'order') throw wrongItem(item);
    const { event } = item;
    rows.put(segment);
    rows.put(event.type === 'activate' ? null : event.lastSequence);
    rows.put(event.exchangeTimeUs);
    rows.put(event.receiveTimeUs);
    rows.put(event.type);
    rows.put(sideOf(event));
    const fields: Partial<Record<string, unknown>> = { ...event };
    for (const [, type, field] of ORDER_FIELDS) {
      const value = (fields[field] ?? null) as CellValue;
      rows.put(type === 'text' && value !== null ? String(value) : value);
    }
    rows.end();
  },
};

/** The message about a match names the maker's side; the file names the taker's, as of every trade. */
function sideOf(event: OrderItem['event']): OrderEvent['side'] {
  if (event.type !== 'match') return event.side;
  return event.side === 'buy' ? 'sell' : 'buy';
}

const candles: Table = {
  columns: [
    SEGMENT,
    column('from_time', 'time'),
    column('to_time', 'time'),
    column('open?', 'price'),
    column('high?', 'price'),
    column('low?', 'price'),
    column('close?', 'price'),
    column('volume', 'volume'),
    column('quote_volume', 'notional'),
    column('buy_volume', 'volume'),
    column('trades', 'int64'),
    column('first_trade_id?', 'text'),
    column('last_trade_id?', 'text'),
    column('state', 'text'),
    column('source', 'text'),
    column('missing?', 'text'),
  ],
  write(item, rows, segment) {
    if (item.type !== 'candle') throw wrongItem(item);
    const { priceExponent, sizeExponent } = item.scale;
    rows.put(segment);
    rows.put(item.fromUs);
    rows.put(item.toUs);
    rows.put(item.open);
    rows.put(item.high);
    rows.put(item.low);
    rows.put(item.close);
    rows.put(item.volume);
    rows.putNotional(item.quoteVolume, priceExponent + sizeExponent);
    rows.put(item.buyVolume);
    rows.put(item.trades);
    rows.put(item.firstTradeId === null ? null : String(item.firstTradeId));
    rows.put(item.lastTradeId === null ? null : String(item.lastTradeId));
    rows.put(item.state);
    rows.put(item.source);
    rows.put(missingText(item));
    rows.end();
  },
};

function missingText({ missing }: CandleItem): string | null {
  if (missing.length === 0) return null;
  return JSON.stringify(
    missing.map(({ fromUs, toUs, cause }) => ({
      from: formatTimeUs(fromUs),
      to: formatTimeUs(toUs),
      cause,
    })),
  );
}
