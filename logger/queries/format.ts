/** Books, gaps and intervals in the JSON shapes of `answers.ts`. Pure; the one place that formats. */

import type { Book } from '../book/book.ts';
import type { Side } from '../book/level-book.ts';
import type { LevelTotal } from '../book/order-book.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { Gap, GapCause, Interval, Proof } from '../market/coverage.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { formatScaled } from '../market/decimal.ts';
import type {
  Horizon,
  ImageHead,
  Levels,
  OrderActivated,
  OrderEvent,
  RestingOrder,
} from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';
import { formatTimeUs } from '../market/time.ts';
import type {
  BadReceiveTimeResult,
  BookResult,
  GapResult,
  IntervalResult,
  LevelRow,
  NoBookResult,
  OrderEventResult,
  OrderRow,
} from './results.ts';

export interface BookToFormat {
  readonly header: {
    readonly security: string;
    readonly level: BookLevel;
    readonly proof: Proof;
  };
  readonly book: Book;
  /** Where the book stands. */
  readonly stand: Omit<ImageHead, 'scale'>;
  readonly atUs: number;
  readonly clock: ClockName;
  /** Prices per side; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. */
  readonly level?: 'L2' | undefined;
}

export function formatBook(question: BookToFormat): BookResult {
  const { header, book, stand, atUs, clock, depth, level } = question;
  return {
    security: header.security,
    level: level ?? header.level,
    at: formatTimeUs(atUs),
    clock,
    sequence: formatSequence(stand.sequence, header.proof),
    exchangeTime: formatTimeUs(stand.exchangeTimeUs),
    receiveTime: formatTimeUs(stand.receiveTimeUs),
    state: 'proven',
    proof: header.proof,
    horizon: formatHorizon(stand.horizon, book.scale),
    ...formatSides(book, level, depth),
  };
}

function formatSides(
  book: Book,
  level: 'L2' | undefined,
  depth: number | undefined,
): Pick<BookResult, 'bids' | 'asks'> {
  const { scale } = book;
  if (book.level === 'L2') {
    const levels = (side: Side): LevelRow[] => formatLevels(book.levels(side, depth), scale);
    return { bids: levels('bid'), asks: levels('ask') };
  }
  if (level === 'L2') {
    const totals = (side: Side): LevelRow[] => formatTotals(book.totals(side, depth), scale);
    return { bids: totals('bid'), asks: totals('ask') };
  }
  const orders = (side: Side): OrderRow[] => formatOrders(book.orders(side, depth), scale);
  return { bids: orders('bid'), asks: orders('ask') };
}

export function formatTotals(totals: readonly LevelTotal[], scale: Scale): LevelRow[] {
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
/** Fields that the answer says in its own way, first. */
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
  } as OrderEventResult;
}

/** Where the exchange numbers nothing, the archive's own count of messages is nobody's business. */
export function formatSequence(sequence: number, proof: Proof): string | null {
  return proof === 'sequence' ? String(sequence) : null;
}

export function formatHorizon(
  horizon: Horizon,
  scale: Scale,
): { readonly bid: string | null; readonly ask: string | null } {
  const price = (value: ScaledInt | null): string | null =>
    value === null ? null : formatScaled(value, scale.priceExponent);
  return { bid: price(horizon.bid), ask: price(horizon.ask) };
}

/** In the order given. */
export function formatLevels(levels: Levels, scale: Scale): LevelRow[] {
  const rows: LevelRow[] = [];
  for (let i = 0; i + 1 < levels.length; i += 2) {
    rows.push([
      formatScaled(levels[i] as ScaledInt, scale.priceExponent),
      formatScaled(levels[i + 1] as ScaledInt, scale.sizeExponent),
    ]);
  }
  return rows;
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
