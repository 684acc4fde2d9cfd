/** JSON lines of an export back to the items they were made of, at the scale that the logger reported. */

import { InvariantError, assertInvariant } from '../errors.ts';
import { parseScaled, toScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Horizon, LevelCounts, Levels } from '../market/events.ts';
import { parseTimeUs } from '../market/time.ts';
import type { BookRows } from '../queries/book-rows.ts';
import type {
  CandleItem,
  DataItem,
  Flows,
  GapItem,
  LevelChange,
  LevelFeatures,
  OtherChange,
  ImageItem,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
  UpdateItem,
} from '../queries/items.ts';
import type {
  CandleResult,
  ChangeResult,
  FeaturesResult,
  ExportGap,
  ExportType,
  LevelRow,
  OrderEventResult,
  OrderBookResult,
  BookResult,
  SnapshotFlowResult,
} from '../queries/results.ts';

type Texts = Readonly<Record<string, string | null>>;

/** @param line one of an export as jsonl of this type. Only what the logger wrote comes here. */
export function itemOf(type: ExportType, line: string, scale: Scale): DataItem {
  const parsed: unknown = JSON.parse(line);
  switch (type) {
    case 'trades':
      return tradeOf(parsed as Texts, scale);
    case 'quotes':
      return quoteOf(parsed as Texts, scale);
    case 'incremental':
      return levelsOf(parsed as LevelsLine, scale);
    case 'snapshots':
      return snapshotOf(parsed as SnapshotLine, scale);
    case 'orders':
      return orderOf(parsed as OrderEventResult, scale);
    case 'candles':
      return candleOf(parsed as CandleResult, scale);
  }
}

export function gapItemOf(gap: ExportGap): GapItem {
  return {
    type: 'gap',
    fromUs: parseTimeUs(gap.from),
    toUs: gap.to === null ? null : parseTimeUs(gap.to),
    cause: gap.cause,
    firstMissing: numberOf(gap.firstMissing),
    lastMissing: numberOf(gap.lastMissing),
    missing: gap.missing,
  };
}

interface MessageLine {
  readonly exchangeTime: string;
  readonly receiveTime: string;
}

interface HorizonLine {
  readonly bid: string | null;
  readonly ask: string | null;
}

interface LevelsLine extends MessageLine {
  readonly firstSequence: string | null;
  readonly sequence: string | null;
  readonly image?: true;
  readonly windowed?: true;
  readonly horizon?: HorizonLine;
  readonly bids: readonly LevelRow[];
  readonly asks: readonly LevelRow[];
}

type SnapshotLine = (BookResult | OrderBookResult) & SnapshotFlowResult;

function timesOf({ exchangeTime, receiveTime }: MessageLine) {
  return { exchangeTimeUs: parseTimeUs(exchangeTime), receiveTimeUs: parseTimeUs(receiveTime) };
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

function scaled(text: string, exponent: number): ScaledInt {
  const value = parseScaled(text, exponent);
  if (value === undefined) {
    throw new InvariantError(`The logger sent ${text} as a number with ${exponent} decimals`);
  }
  return value;
}

function scaledOrNull(text: string | null | undefined, exponent: number): ScaledInt | null {
  return text === null || text === undefined ? null : scaled(text, exponent);
}

function tradeOf(line: Texts, scale: Scale): TradeItem {
  return {
    type: 'trade',
    tradeId: String(line['tradeId']),
    sequence: numberOf(line['sequence'] ?? null),
    ...timesOf(line as unknown as MessageLine),
    price: scaled(String(line['price']), scale.priceExponent),
    size: scaled(String(line['size']), scale.sizeExponent),
    side: line['side'] === 'buy' ? 'buy' : 'sell',
    scale,
  };
}

function quoteOf(line: Texts, scale: Scale): QuoteItem {
  const { priceExponent, sizeExponent } = scale;
  return {
    type: 'quote',
    sequence: numberOf(line['sequence'] ?? null),
    ...timesOf(line as unknown as MessageLine),
    bidPrice: scaledOrNull(line['bidPrice'], priceExponent),
    bidSize: scaledOrNull(line['bidSize'], sizeExponent),
    askPrice: scaledOrNull(line['askPrice'], priceExponent),
    askSize: scaledOrNull(line['askSize'], sizeExponent),
    scale,
  };
}

function levelsOf(line: LevelsLine, scale: Scale): ImageItem | UpdateItem {
  const counts = countsOf(line);
  const common = {
    sequence: numberOf(line.sequence),
    ...timesOf(line),
    bids: levels(line.bids, scale),
    asks: levels(line.asks, scale),
    ...(counts && { counts }),
    scale,
  };
  return line.image === true
    ? {
        type: 'image',
        ...common,
        ...(line.windowed && { windowed: true }),
        horizon: horizonOf(line.horizon, scale),
      }
    : { type: 'update', ...common, firstSequence: numberOf(line.firstSequence) };
}

function levels(rows: readonly LevelRow[], { priceExponent, sizeExponent }: Scale): Levels {
  return rows.flatMap(([price, size]) => [
    scaled(price, priceExponent),
    scaled(size, sizeExponent),
  ]);
}

/** Absent: no level has one. */
function countsOf({ bids, asks }: Pick<LevelsLine, 'bids' | 'asks'>): LevelCounts | undefined {
  const [first = ['', '']] = [...bids.slice(0, 1), ...asks.slice(0, 1)];
  if (first.length < 3) return undefined;
  const counts = (rows: readonly LevelRow[]): number[] => rows.map((row) => row[2] ?? 0);
  return { bids: counts(bids), asks: counts(asks) };
}

function horizonOf(horizon: HorizonLine | undefined, { priceExponent }: Scale): Horizon {
  return {
    bid: scaledOrNull(horizon?.bid, priceExponent),
    ask: scaledOrNull(horizon?.ask, priceExponent),
  };
}

function snapshotOf(line: SnapshotLine, scale: Scale): SnapshotItem {
  return {
    type: 'snapshot',
    security: line.security,
    level: line.level,
    proof: line.proof,
    ...(line.windowed && { windowed: true }),
    atUs: parseTimeUs(line.at),
    clock: line.clock,
    // Where the feed is not sequenced, no result names the archive's own count of messages.
    sequence: line.sequence === null ? 0 : Number(line.sequence),
    ...timesOf(line),
    scale,
    horizon: horizonOf(line.horizon, scale),
    rows: rowsOf(line, scale),
    segment: line.segment,
    flows: flowsOf(line, scale),
    ...(line.features !== undefined && { features: featuresOf(line, scale) }),
  };
}

/** Single orders are not asked for where items are wanted. */
function rowsOf(line: SnapshotLine, scale: Scale): BookRows {
  assertInvariant(line.level === 'L2', 'The logger sent single orders instead of levels');
  const { bids, asks } = line as { bids: readonly LevelRow[]; asks: readonly LevelRow[] };
  if (countsOf({ bids, asks }) === undefined) {
    return { kind: 'levels', bids: levels(bids, scale), asks: levels(asks, scale) };
  }
  const totals = (rows: readonly LevelRow[]) =>
    rows.map(([price, size, count = 0]) => ({
      price: scaled(price, scale.priceExponent),
      size: scaled(size, scale.sizeExponent),
      count,
    }));
  return { kind: 'totals', bids: totals(bids), asks: totals(asks) };
}

function flowsOf({ upticks, downticks }: SnapshotFlowResult, scale: Scale): Flows | null {
  const notionals = [upticks.notional, downticks.notional];
  const [up, down] = notionals;
  if (up == null || down == null) return null;
  // Trades of another block than the book's may be finer.
  const notionalExponent = Math.max(
    scale.priceExponent + scale.sizeExponent,
    decimalsOf(up),
    decimalsOf(down),
  );
  return {
    upticks: { notional: sum(up, notionalExponent), count: upticks.count ?? 0 },
    downticks: { notional: sum(down, notionalExponent), count: downticks.count ?? 0 },
    notionalExponent,
  };
}

/** A line has notionals, an item sizes. */
function featuresOf({ features, bids, asks }: SnapshotLine, scale: Scale): LevelFeatures | null {
  if (features === null || features === undefined) return null;
  const side = (rows: SnapshotLine['bids'], changes: FeaturesResult['bids']) =>
    changes.map((change, i) =>
      change === null ? null : changeOf(String(rows[i]?.[0]), change, scale),
    );
  const others = (changes: FeaturesResult['others']['bids']): OtherChange[] =>
    changes.map(([price, size, ...change]) => ({
      price: scaled(price, scale.priceExponent),
      size: scaled(size, scale.sizeExponent),
      ...changeOf(price, change, scale),
    }));
  return {
    kind: features.kind,
    bids: side(bids, features.bids),
    asks: side(asks, features.asks),
    others: { bids: others(features.others.bids), asks: others(features.others.asks) },
  };
}

function changeOf(
  price: string,
  [limit, cancel, market]: ChangeResult,
  { priceExponent, sizeExponent }: Scale,
): LevelChange {
  const divisor = BigInt(scaled(price, priceExponent));
  const size = (notional: string): ScaledInt =>
    toScaled(BigInt(sum(notional, priceExponent + sizeExponent)) / divisor);
  return { limit: size(limit), cancel: size(cancel), market: size(market) };
}

function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

/** A sum may be longer than any number of an exchange. */
function sum(text: string, exponent: number): ScaledInt {
  return toScaled(BigInt(text.replace('.', '') + '0'.repeat(exponent - decimalsOf(text))));
}

/** The fields that hold prices, and those that hold sizes. */
const PRICES = new Set(['price', 'oldPrice', 'newPrice', 'stopPrice']);
const SIZES = new Set(['size', 'remainingSize', 'oldSize', 'newSize']);

function orderOf(line: OrderEventResult, scale: Scale): OrderItem {
  const { sequence, exchangeTime, receiveTime, type, side, ...rest } = line;
  const fields: Record<string, ScaledInt | string | null> = {};
  for (const [name, text] of Object.entries(rest)) {
    if (PRICES.has(name)) fields[name] = scaledOrNull(text, scale.priceExponent);
    else if (SIZES.has(name)) fields[name] = scaledOrNull(text, scale.sizeExponent);
    else fields[name] = text;
  }
  const sequences =
    sequence === null ? {} : { firstSequence: Number(sequence), lastSequence: Number(sequence) };
  const event = {
    type,
    ...sequences,
    ...timesOf({ exchangeTime, receiveTime }),
    ...fields,
    // In a line the taker's side, in the event the maker's.
    side: type === 'match' ? (side === 'buy' ? 'sell' : 'buy') : side,
  };
  return { type: 'order', event: event as unknown as OrderItem['event'], scale };
}

function candleOf(line: CandleResult, scale: Scale): CandleItem {
  const { priceExponent, sizeExponent } = scale;
  const price = (text: string | null): ScaledInt | null => scaledOrNull(text, priceExponent);
  return {
    type: 'candle',
    security: line.security,
    timeframe: line.timeframe,
    fromUs: parseTimeUs(line.from),
    toUs: parseTimeUs(line.to),
    open: price(line.open),
    high: price(line.high),
    low: price(line.low),
    close: price(line.close),
    volume: sum(line.volume, sizeExponent),
    quoteVolume: sum(line.quoteVolume, priceExponent + sizeExponent),
    buyVolume: sum(line.buyVolume, sizeExponent),
    trades: line.trades,
    firstTradeId: line.firstTradeId,
    lastTradeId: line.lastTradeId,
    state: line.state,
    source: line.source,
    missing: line.missing.map(({ from, to, cause }) => ({
      fromUs: parseTimeUs(from),
      toUs: to === null ? Infinity : parseTimeUs(to),
      cause,
    })),
    scale,
  };
}
