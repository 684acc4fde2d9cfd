/** Books, gaps and intervals in the JSON shapes of `results.ts`. */

import type { Book } from '../book/book.ts';
import { knownBest } from '../book/known-best.ts';
import type { LevelTotal } from '../book/order-book.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { Gap, GapCause, Interval, Proof } from '../market/coverage.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { formatScaled, multiplyScaled } from '../market/decimal.ts';
import type {
  Horizon,
  BookPosition,
  Levels,
  OrderActivated,
  OrderEvent,
  OrderSide,
  RestingOrder,
  TradeId,
} from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';
import { formatTimeUs } from '../market/time.ts';
import { pricesOf, rowsOf } from './book-rows.ts';
import type { BookRows } from './book-rows.ts';
import type {
  BookView,
  CandleItem,
  Flow,
  GapItem,
  ImageItem,
  LevelChange,
  OtherChange,
  SnapshotItem,
  UpdateItem,
} from './items.ts';
import type {
  BadReceiveTimeResult,
  BookResult,
  CandleResult,
  ChangeResult,
  ExportGap,
  FeaturesResult,
  FlowResult,
  GapResult,
  IntervalResult,
  LevelRow,
  NoBookResult,
  OrderEventResult,
  OrderRow,
  OtherChangeResult,
  SnapshotFlowResult,
} from './results.ts';

export interface BookToFormat {
  readonly header: {
    readonly security: string;
    readonly level: BookLevel;
    readonly proof: Proof;
    readonly windowed?: true;
  };
  readonly book: Book;
  readonly position: Omit<BookPosition, 'scale'>;
  readonly atUs: number;
  readonly clock: ClockName;
  /** Prices per side; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. */
  readonly level?: 'L2' | undefined;
}

export function formatBook(shown: BookToFormat): BookResult {
  return formatView(viewOf(shown));
}

export function viewOf(shown: BookToFormat): BookView {
  const { header, book, position, atUs, clock, depth, level } = shown;
  const { security, proof, windowed } = header;
  const { sequence, exchangeTimeUs, receiveTimeUs, horizon } = position;
  return {
    security,
    level: level ?? header.level,
    proof,
    windowed,
    atUs,
    clock,
    sequence,
    exchangeTimeUs,
    receiveTimeUs,
    horizon,
    scale: book.scale,
    rows: rowsOf(book, depth, level),
  };
}

export function formatView(view: BookView): BookResult {
  const { scale, rows } = view;
  return {
    security: view.security,
    level: view.level,
    at: formatTimeUs(view.atUs),
    clock: view.clock,
    sequence: formatSequence(view.sequence, view.proof),
    exchangeTime: formatTimeUs(view.exchangeTimeUs),
    receiveTime: formatTimeUs(view.receiveTimeUs),
    state: 'proven',
    proof: view.proof,
    ...(view.windowed && { windowed: true }),
    horizon: formatHorizon(view.horizon, scale),
    ...formatRows(rows, scale),
  };
}

function formatRows(rows: BookRows, scale: Scale): Pick<BookResult, 'bids' | 'asks'> {
  switch (rows.kind) {
    case 'levels':
      return formatSides(rows, scale);
    case 'totals':
      return { bids: formatTotals(rows.bids, scale), asks: formatTotals(rows.asks, scale) };
    case 'orders':
      return { bids: formatOrders(rows.bids, scale), asks: formatOrders(rows.asks, scale) };
  }
}

function formatTotals(totals: readonly LevelTotal[], scale: Scale): LevelRow[] {
  return totals.map(({ price, size, count }) => [
    formatScaled(price, scale.priceExponent),
    formatScaled(size, scale.sizeExponent),
    count,
  ]);
}

function formatOrders(orders: readonly RestingOrder[], scale: Scale): OrderRow[] {
  return orders.map(({ orderId, price, size }) => [
    formatScaled(price, scale.priceExponent),
    formatScaled(size, scale.sizeExponent),
    orderId,
  ]);
}

/** Fields of order events that hold prices, and those that hold sizes. */
const PRICES = new Set(['price', 'oldPrice', 'newPrice', 'stopPrice']);
const SIZES = new Set(['size', 'remainingSize', 'oldSize', 'newSize']);
/** Fields that `OrderEventResult` holds in a form of its own. */
const HEAD = new Set(['type', 'firstSequence', 'lastSequence', 'exchangeTimeUs', 'receiveTimeUs']);

export function formatOrderEvent(
  event: OrderEvent | OrderActivated,
  scale: Scale,
): OrderEventResult {
  const fields: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(event) as [string, ScaledInt | string | null][]) {
    if (HEAD.has(name)) continue;
    if (value === null || typeof value === 'string') fields[name] = value;
    else if (PRICES.has(name)) fields[name] = formatScaled(value, scale.priceExponent);
    else if (SIZES.has(name)) fields[name] = formatScaled(value, scale.sizeExponent);
    else fields[name] = String(value);
  }
  return {
    sequence: event.type === 'activate' ? null : String(event.lastSequence),
    exchangeTime: formatTimeUs(event.exchangeTimeUs),
    receiveTime: formatTimeUs(event.receiveTimeUs),
    type: event.type,
    ...fields,
    side: event.type === 'match' ? takerSide(event.side) : event.side,
  };
}

/** The exchange's message about a match names the maker's side. */
function takerSide(makerSide: OrderSide): OrderSide {
  return makerSide === 'buy' ? 'sell' : 'buy';
}

/** null where the feed is not sequenced: the archive's own count of messages appears in no result. */
export function formatSequence(sequence: number, proof: Proof): string | null {
  return proof === 'sequence' ? String(sequence) : null;
}

/** null: the side is empty, or its best price is not known. */
export function formatBestPrice(
  { book, horizon }: { readonly book: Book; readonly horizon: Horizon },
  side: 'bid' | 'ask',
): string | null {
  const best = knownBest(book, horizon, side);
  return best === undefined ? null : formatScaled(best[0], book.scale.priceExponent);
}

export function formatHorizon(
  horizon: Horizon,
  scale: Scale,
): { readonly bid: string | null; readonly ask: string | null } {
  const price = (value: ScaledInt | null): string | null =>
    value === null ? null : formatScaled(value, scale.priceExponent);
  return { bid: price(horizon.bid), ask: price(horizon.ask) };
}

/** Rows of levels, in the order given. */
export function formatSides(
  { bids, asks, counts }: Extract<BookRows, { kind: 'levels' }> | ImageItem | UpdateItem,
  scale: Scale,
): { readonly bids: readonly LevelRow[]; readonly asks: readonly LevelRow[] } {
  return {
    bids: formatLevels(bids, counts?.bids, scale),
    asks: formatLevels(asks, counts?.asks, scale),
  };
}

function formatLevels(
  levels: Levels,
  counts: readonly number[] | undefined,
  scale: Scale,
): LevelRow[] {
  const rows: LevelRow[] = [];
  for (let i = 0; i + 1 < levels.length; i += 2) {
    const price = formatScaled(levels[i] as ScaledInt, scale.priceExponent);
    const size = formatScaled(levels[i + 1] as ScaledInt, scale.sizeExponent);
    const count = counts?.[i / 2];
    rows.push(count === undefined ? [price, size] : [price, size, count]);
  }
  return rows;
}

export function formatFlows(item: SnapshotItem): SnapshotFlowResult {
  const { features } = item;
  return { ...flowsOf(item), ...(features !== undefined && { features: featuresOf(item) }) };
}

function featuresOf({ features, rows, scale }: SnapshotItem): FeaturesResult | null {
  if (features === undefined || features === null) return null;
  const { kind, bids, asks, others } = features;
  const side = (name: 'bids' | 'asks', own: typeof bids): FeaturesResult['bids'] => {
    const prices = pricesOf(rows, name);
    return own.map((change, i) => change && formatChange(prices[i] as ScaledInt, change, scale));
  };
  return {
    kind,
    bids: side('bids', bids),
    asks: side('asks', asks),
    others: {
      bids: others.bids.map((other) => formatOther(other, scale)),
      asks: others.asks.map((other) => formatOther(other, scale)),
    },
  };
}

/** As notional. */
export function formatChange(
  price: ScaledInt,
  { limit, cancel, market }: LevelChange,
  { priceExponent, sizeExponent }: Scale,
): ChangeResult {
  const notional = (size: ScaledInt): string =>
    formatScaled(multiplyScaled(price, size), priceExponent + sizeExponent);
  return [notional(limit), notional(cancel), notional(market)];
}

export function formatOther(other: OtherChange, scale: Scale): OtherChangeResult {
  return [
    formatScaled(other.price, scale.priceExponent),
    formatScaled(other.size, scale.sizeExponent),
    ...formatChange(other.price, other, scale),
  ];
}

function flowsOf({ segment, flows }: SnapshotItem): SnapshotFlowResult {
  if (flows === null) {
    const unknown = { notional: null, count: null };
    return { segment, upticks: unknown, downticks: unknown, flow: 'incomplete' };
  }
  const { upticks, downticks, notionalExponent } = flows;
  const shown = ({ notional, count }: Flow): FlowResult => ({
    notional: formatScaled(notional, notionalExponent),
    count,
  });
  return { segment, upticks: shown(upticks), downticks: shown(downticks), flow: 'complete' };
}

export function formatCandle(candle: CandleItem): CandleResult {
  const { priceExponent, sizeExponent } = candle.scale;
  const price = (value: ScaledInt | null): string | null =>
    value === null ? null : formatScaled(value, priceExponent);
  const id = (tradeId: TradeId | null): string | null => (tradeId === null ? null : `${tradeId}`);
  return {
    security: candle.security,
    timeframe: candle.timeframe,
    from: formatTimeUs(candle.fromUs),
    to: formatTimeUs(candle.toUs),
    open: price(candle.open),
    high: price(candle.high),
    low: price(candle.low),
    close: price(candle.close),
    volume: formatScaled(candle.volume, sizeExponent),
    quoteVolume: formatScaled(candle.quoteVolume, priceExponent + sizeExponent),
    buyVolume: formatScaled(candle.buyVolume, sizeExponent),
    trades: candle.trades,
    firstTradeId: id(candle.firstTradeId),
    lastTradeId: id(candle.lastTradeId),
    state: candle.state,
    source: candle.source,
    missing: candle.missing.map(({ fromUs, toUs, cause }) => ({
      from: formatTimeUs(fromUs),
      to: formatTimeUs(toUs),
      cause,
    })),
  };
}

export function formatGap(gap: Gap): GapResult {
  return {
    from: formatTimeUs(gap.fromUs),
    to: gap.toUs === null ? null : formatTimeUs(gap.toUs),
    cause: gap.cause,
    firstMissing: gap.firstMissing === null ? null : String(gap.firstMissing),
    lastMissing: gap.lastMissing === null ? null : String(gap.lastMissing),
  };
}

export function formatGapItem(item: GapItem): ExportGap {
  return { ...formatGap(item), missing: item.missing };
}

export function formatBadReceiveTime({
  fromUs,
  toUs,
  cause,
}: BadReceiveTime): BadReceiveTimeResult {
  return { from: formatTimeUs(fromUs), to: formatTimeUs(toUs), cause };
}

export function formatInterval(interval: Interval): IntervalResult {
  return {
    from: formatTimeUs(interval.fromUs),
    to: formatTimeUs(interval.toUs),
    firstSequence: formatSequence(interval.firstSequence, interval.proof),
    lastSequence: formatSequence(interval.lastSequence, interval.proof),
    feed: interval.feed,
    proof: interval.proof,
  };
}

export function formatNoBook(
  security: string,
  gap: { readonly fromUs: number; readonly toUs: number | null; readonly cause: GapCause },
): NoBookResult {
  return {
    security,
    state: 'gap',
    gap: {
      from: formatTimeUs(gap.fromUs),
      to: gap.toUs === null ? null : formatTimeUs(gap.toUs),
      cause: gap.cause,
    },
  };
}
