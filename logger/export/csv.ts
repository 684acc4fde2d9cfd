/**
 * CSV begins with a line of column names; times are ISO 8601 in µs and an absent value is an empty field:
 *
 * - trades: `sequence,tradeId,exchangeTime,receiveTime,price,size,side`
 * - quotes: `sequence,exchangeTime,receiveTime,bidPrice,bidSize,askPrice,askSize`
 * - incremental, one row per level:
 *   `image,firstSequence,sequence,exchangeTime,receiveTime,side,price,size,count`.
 *   The rows of one message follow one another and share its sequences; `image` is `true` on the levels of
 *   an image, before which a reader empties its book. `side` is `bid` or `ask`, `count` the number of orders
 *   at the level, where the exchange reports it. A message without any level is one row whose last four fields
 *   are empty, so that no sequence is missing. An image has two more
 *   rows, of sides `bid-horizon` and `ask-horizon`, whose price is the horizon (empty: the side is
 *   complete). An L3 book comes by price: absolute sizes, as of an L2 book.
 * - snapshots, one row per level or order:
 *   `at,sequence,exchangeTime,receiveTime,side,price,size,count,orderId`. The rows of one tick share its
 *   `at` and begin with the two of its horizon. `count` is of levels whose exchange reports it, and of an L3
 *   book by price, `orderId` of an order; best price first, each queue in its order.
 *   With features, `limit,cancel,market` behind: what changed there since the tick before, as notional; and
 *   rows of sides `bid-other` and `ask-other` for prices that changed and are not among the levels.
 * - candles: the columns of `COLUMNS.candles`, one row per interval; `missing` is `<from>/<to>/<cause>` of each
 *   stretch of which trades may be missing, with a space between two.
 * - orders: the columns of `COLUMNS.orders`, one row per message; a field that its type lacks is empty.
 *
 * Text from an exchange may hold anything, so an order's field or a trade's id with a comma, a quote, a line
 * end or the sign of a comment is quoted. No other field can hold one. A line that begins with `#` is a gap:
 * whoever writes the file puts it there.
 */

import { formatScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import { formatTimeUs } from '../market/time.ts';
import type { BookRows } from '../queries/book-rows.ts';
import { pricesOf } from '../queries/book-rows.ts';
import {
  formatCandle,
  formatChange,
  formatOrderEvent,
  formatOther,
  formatSequence,
} from '../queries/format.ts';
import type {
  CandleItem,
  DataItem,
  ImageItem,
  OrderItem,
  OtherChange,
  SnapshotItem,
  UpdateItem,
} from '../queries/items.ts';
import type { ExportType } from '../queries/results.ts';
import type { Encoder } from './encoder.ts';
import type { LineWriter } from './line-writer.ts';
import { decimalText, quoted, textEncoder } from './text-encoder.ts';

const TIMES = ['exchangeTime', 'receiveTime'];
const CHANGES = ['limit', 'cancel', 'market'];
const COLUMNS = {
  trades: ['sequence', 'tradeId', ...TIMES, 'price', 'size', 'side'],
  quotes: ['sequence', ...TIMES, 'bidPrice', 'bidSize', 'askPrice', 'askSize'],
  incremental: ['image', 'firstSequence', 'sequence', ...TIMES, 'side', 'price', 'size', 'count'],
  snapshots: ['at', 'sequence', ...TIMES, 'side', 'price', 'size', 'count', 'orderId'],
  candles: [
    'from',
    'to',
    'open',
    'high',
    'low',
    'close',
    'volume',
    'quoteVolume',
    'buyVolume',
    'trades',
    'firstTradeId',
    'lastTradeId',
    'state',
    'source',
    'missing',
  ],
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

/** @param features of snapshots: with columns for what changed at each price. */
export function csvEncoder(type: ExportType, features = false): Encoder {
  const columns = features ? [...COLUMNS[type], ...CHANGES] : COLUMNS[type];
  return textEncoder(columns.join(','), (item, out) => {
    if (item.type === 'update') writeUpdate(item, out);
    else if (item.type === 'image') writeImage(item, out);
    else out.text(linesOf(item));
  });
}

function linesOf(item: Exclude<DataItem, ImageItem | UpdateItem>): string {
  switch (item.type) {
    case 'trade': {
      const { sequence, tradeId, side, scale } = item;
      const price = formatScaled(item.price, scale.priceExponent);
      const size = formatScaled(item.size, scale.sizeExponent);
      return line(sequence, quoted(tradeId), timesOf(item), price, size, side);
    }
    case 'quote': {
      const { priceExponent, sizeExponent } = item.scale;
      return line(
        item.sequence,
        timesOf(item),
        decimalText(item.bidPrice, priceExponent),
        decimalText(item.bidSize, sizeExponent),
        decimalText(item.askPrice, priceExponent),
        decimalText(item.askSize, sizeExponent),
      );
    }
    case 'snapshot':
      return snapshotLines(item);
    case 'order':
      return orderLine(item);
    case 'candle':
      return candleLine(item);
  }
}

function line(...fields: readonly (string | number | null)[]): string {
  return `${fields.map((field) => field ?? '').join(',')}\n`;
}

function timesOf(item: {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}): string {
  return `${formatTimeUs(item.exchangeTimeUs)},${formatTimeUs(item.receiveTimeUs)}`;
}

function writeImage(item: ImageItem, out: LineWriter): void {
  const { sequence, horizon, scale } = item;
  const head = `true,${sequence ?? ''},${sequence ?? ''},${timesOf(item)}`;
  out.text(line(head, 'bid-horizon', decimalText(horizon.bid, scale.priceExponent), null, null));
  out.text(line(head, 'ask-horizon', decimalText(horizon.ask, scale.priceExponent), null, null));
  writeSides(head, item, out);
}

function writeUpdate(item: UpdateItem, out: LineWriter): void {
  const { firstSequence, sequence, bids, asks } = item;
  const head = `false,${firstSequence ?? ''},${sequence ?? ''},${timesOf(item)}`;
  if (bids.length + asks.length === 0) out.text(line(head, null, null, null, null));
  else writeSides(head, item, out);
}

function writeSides(
  head: string,
  { bids, asks, counts, scale }: ImageItem | UpdateItem,
  out: LineWriter,
): void {
  if (counts === undefined) {
    out.levels(bids, scale, [`${head},bid,`, ',', ',\n']);
    out.levels(asks, scale, [`${head},ask,`, ',', ',\n']);
  } else {
    out.countedLevels(bids, counts.bids, scale, [`${head},bid,`, ',', ',', '\n']);
    out.countedLevels(asks, counts.asks, scale, [`${head},ask,`, ',', ',', '\n']);
  }
}

function snapshotLines(item: SnapshotItem): string {
  const { rows, scale, horizon, features } = item;
  const sequence = formatSequence(item.sequence, item.proof);
  const head = `${formatTimeUs(item.atUs)},${sequence ?? ''},${timesOf(item)}`;
  const empty = features === undefined ? [] : [null, null, null];
  const [bid, ask] = [horizon.bid, horizon.ask].map((price) =>
    decimalText(price, scale.priceExponent),
  );
  return (
    line(head, 'bid-horizon', bid ?? null, null, null, null, ...empty) +
    line(head, 'ask-horizon', ask ?? null, null, null, null, ...empty) +
    withChanges(rowLines(`${head},bid,`, rows, 'bids', scale), item, 'bids') +
    otherLines(`${head},bid-other`, features?.others.bids, scale) +
    withChanges(rowLines(`${head},ask,`, rows, 'asks', scale), item, 'asks') +
    otherLines(`${head},ask-other`, features?.others.asks, scale)
  );
}

/** Three more fields on the line of each level. */
function withChanges(
  lines: string,
  { rows, features, scale }: SnapshotItem,
  side: 'bids' | 'asks',
): string {
  if (features === undefined) return lines;
  const prices = pricesOf(rows, side);
  const own = lines.split('\n');
  return prices
    .map((price, i) => {
      const change = features?.[side][i] ?? null;
      const fields = change === null ? ',,' : formatChange(price, change, scale).join(',');
      return `${own[i]},${fields}\n`;
    })
    .join('');
}

function otherLines(head: string, others: readonly OtherChange[] = [], scale: Scale): string {
  return others
    .map((other) => {
      const [price, size, ...change] = formatOther(other, scale);
      return line(head, price, size, null, null, ...change);
    })
    .join('');
}

function rowLines(head: string, rows: BookRows, side: 'bids' | 'asks', scale: Scale): string {
  const decimals = ({ price, size }: { price: ScaledInt; size: ScaledInt }): string =>
    `${head}${formatScaled(price, scale.priceExponent)},${formatScaled(size, scale.sizeExponent)}`;
  switch (rows.kind) {
    case 'levels':
      return levelLines(head, rows[side], rows.counts?.[side], scale);
    case 'totals':
      return rows[side].map((total) => `${decimals(total)},${total.count},\n`).join('');
    case 'orders':
      return rows[side].map((order) => `${decimals(order)},,${quoted(order.orderId)}\n`).join('');
  }
}

function levelLines(
  head: string,
  levels: Levels,
  counts: readonly number[] | undefined,
  { priceExponent, sizeExponent }: Scale,
): string {
  let text = '';
  for (let i = 0; i + 1 < levels.length; i += 2) {
    const price = formatScaled(levels[i] as ScaledInt, priceExponent);
    const size = formatScaled(levels[i + 1] as ScaledInt, sizeExponent);
    text += `${head}${price},${size},${counts?.[i / 2] ?? ''},\n`;
  }
  return text;
}

function orderLine({ event, scale }: OrderItem): string {
  const fields = formatOrderEvent(event, scale);
  return line(...COLUMNS.orders.map((name) => quoted(fields[name] ?? null)));
}

function candleLine(item: CandleItem): string {
  const candle = formatCandle(item);
  const missing = candle.missing.map(({ from, to, cause }) => `${from}/${to}/${cause}`).join(' ');
  const fields = { ...candle, missing, trades: String(candle.trades) };
  return line(...COLUMNS.candles.map((name) => quoted(fields[name])));
}
