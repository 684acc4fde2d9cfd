/**
 * The items of the library's streams. In all of them prices and sizes are exact decimal text, times are
 * integers of µs (`…Us`), and sequences are numbers, null where the feed is not sequenced.
 */

import { formatScaled } from './market/decimal.ts';
import type { ScaledInt } from './market/decimal.ts';
import type { InstrumentFacts } from './market/instrument.ts';
import {
  formatCandle,
  formatFlows,
  formatHorizon,
  formatSides,
  formatOrderEvent,
  formatView,
} from './queries/format.ts';
import type {
  CandleItem,
  GapItem,
  ImageItem,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
  UpdateItem,
} from './queries/items.ts';
import type {
  BookResult,
  CandleResult,
  LevelRow,
  OrderEventResult,
  SnapshotFlowResult,
} from './queries/results.ts';

/** A security as a product: decimals as text, null where the exchange does not say. */
export interface InstrumentRow extends InstrumentFacts {
  readonly security: string;
  /** Receive time from which on the exchange has said so, as far as it was asked. */
  readonly fromUs: number;
}

/** The whole proven book: at the start of every interval, and at the start of the range. */
export interface ImageRow {
  readonly type: 'image';
  /** null where the feed is not sequenced. */
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  /** The feed shows a window of the book, down to the horizon. Absent: it does not. */
  readonly windowed?: true | undefined;
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
  /** Exact decimals, best first. */
  readonly bids: readonly LevelRow[];
  readonly asks: readonly LevelRow[];
}

/**
 * One diff as the exchange sent it: levels in its order, phantom deletes included. Of an L3 book: what a
 * message left at the prices that it touched.
 */
export interface DiffRow {
  readonly type: 'diff';
  readonly firstSequence: number | null;
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly bids: readonly LevelRow[];
  readonly asks: readonly LevelRow[];
}

export interface TradeRow {
  readonly type: 'trade';
  readonly tradeId: TradeItem['tradeId'];
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly price: string;
  readonly size: string;
  /** Side of the taker. */
  readonly side: 'buy' | 'sell';
}

/** The best prices after a message; null on an empty side. */
export interface QuoteRow {
  readonly type: 'quote';
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly bidPrice: string | null;
  readonly bidSize: string | null;
  readonly askPrice: string | null;
  readonly askSize: string | null;
}

/** Named by `fromUs`, its open. Prices are null where there was no trade; times are the exchange's. */
export interface CandleRow extends Omit<
  CandleResult,
  'security' | 'from' | 'to' | 'firstTradeId' | 'lastTradeId' | 'missing'
> {
  readonly type: 'candle';
  readonly fromUs: number;
  readonly toUs: number;
  readonly firstTradeId: CandleItem['firstTradeId'];
  readonly lastTradeId: CandleItem['lastTradeId'];
  /** The parts of the interval of which trades may be missing. */
  readonly missing: CandleItem['missing'];
}

/** The book at one tick: after the last message at or before it. */
export interface SnapshotRow {
  readonly type: 'snapshot';
  /** The tick, on the clock that was asked for: a whole multiple of the cadence. */
  readonly atUs: number;
  /** Of that last message, as the next two. */
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  /** What `bookAt` answers for the tick. */
  readonly book: BookResult;
  /** 1 at the beginning, and one more behind each gap. */
  readonly segment: number;
  /** Fills since the tick before whose taker bought; null: a part of that time was not recorded. */
  readonly upticks: SnapshotFlowResult['upticks'];
  /** Those whose taker sold. */
  readonly downticks: SnapshotFlowResult['downticks'];
  readonly flow: SnapshotFlowResult['flow'];
  /** With `features`: what changed at each price since the tick before; null where the flow is incomplete. */
  readonly features?: SnapshotFlowResult['features'];
}

/** A message about one order, as the exchange sent it. */
export interface OrderEventRow {
  readonly type: 'order';
  /** null: the message has none. */
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  /** As an export writes it. */
  readonly event: OrderEventResult;
}

export function tradeRow({ scale, ...item }: TradeItem): TradeRow {
  return {
    ...item,
    price: formatScaled(item.price, scale.priceExponent),
    size: formatScaled(item.size, scale.sizeExponent),
  };
}

export function quoteRow({ scale, ...item }: QuoteItem): QuoteRow {
  const { priceExponent, sizeExponent } = scale;
  const text = (value: ScaledInt | null, exponent: number): string | null =>
    value === null ? null : formatScaled(value, exponent);
  return {
    ...item,
    bidPrice: text(item.bidPrice, priceExponent),
    bidSize: text(item.bidSize, sizeExponent),
    askPrice: text(item.askPrice, priceExponent),
    askSize: text(item.askSize, sizeExponent),
  };
}

export function updateRow(item: ImageItem | UpdateItem): ImageRow | DiffRow {
  const sides = formatSides(item, item.scale);
  if (item.type === 'update') {
    const { scale: _, counts: __, ...fields } = item;
    return { ...fields, type: 'diff', ...sides };
  }
  const { scale, counts: _, ...fields } = item;
  return { ...fields, horizon: formatHorizon(item.horizon, scale), ...sides };
}

export function orderRow({ event, scale }: OrderItem): OrderEventRow {
  const { exchangeTimeUs, receiveTimeUs } = event;
  const sequence = event.type === 'activate' ? null : event.lastSequence;
  const result = formatOrderEvent(event, scale);
  return { type: 'order', sequence, exchangeTimeUs, receiveTimeUs, event: result };
}

export function snapshotRow(item: SnapshotItem): SnapshotRow {
  const { atUs, exchangeTimeUs, receiveTimeUs, proof } = item;
  const sequence = proof === 'sequence' ? item.sequence : null;
  const book = formatView(item);
  const times = { atUs, sequence, exchangeTimeUs, receiveTimeUs };
  return { type: 'snapshot', ...times, book, ...formatFlows(item) };
}

export function candleRow(item: CandleItem): CandleRow {
  const { type, timeframe, fromUs, toUs, firstTradeId, lastTradeId, missing } = item;
  const { open, high, low, close, volume, quoteVolume, buyVolume, trades, state, source } =
    formatCandle(item);
  const prices = { open, high, low, close };
  const sums = { volume, quoteVolume, buyVolume, trades, firstTradeId, lastTradeId };
  return { type, timeframe, fromUs, toUs, ...prices, ...sums, state, source, missing };
}

/** The rows of a stream's items; gaps are their own rows. */
export async function* rowsOf<Item extends { readonly type: string }, Row>(
  items: AsyncIterable<Item | GapItem>,
  rowOf: (item: Item) => Row,
): AsyncGenerator<Row | GapItem> {
  for await (const item of items) yield isGap(item) ? item : rowOf(item);
}

function isGap(item: { readonly type: string }): item is GapItem {
  return item.type === 'gap';
}
