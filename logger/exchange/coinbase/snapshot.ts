/**
 * Coinbase's whole books: `GET /products/{id}/book?level=3`, single orders in queue order, and the
 * `snapshot` of the `level2_batch` channel, sizes by price. Both are complete: there is no horizon.
 *
 * Whether the two sides and the sequence of level 3 belong to the same moment is not documented; the
 * messages that follow contradict a book whose parts don't.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductbook (gathered
 * 2026-11-20).
 */

import { compareScaled, fractionDigits, parseScaled } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import { NO_HORIZON } from '../../market/events.ts';
import type { BookSnapshot, RestingOrder } from '../../market/events.ts';
import type { BookProbe } from '../exchange.ts';
import type { ImageMessage, ReadContext } from '../feed/protocol.ts';
import { bestOf } from '../wire/best-of.ts';
import { fieldsOf, integerOf, listOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { assertUncrossed, assertSide, scaleSides } from '../wire/scaled-levels.ts';
import { asId, timeOf } from './values.ts';

export interface OrderBookAnswer {
  readonly snapshot: BookSnapshot;
  /** Orders are being collected for an auction: the book may be crossed. */
  readonly isAuction: boolean;
}

/**
 * Checks an answer of level 3. Its scale is finer than the given one where it must be.
 * @throws WireFormatError, also for sides out of order, crossed outside of an auction, or with
 *   doubled ids or empty orders.
 */
export function parseOrderBook(answer: unknown, context: ReadContext): OrderBookAnswer {
  const fields = fieldsOf(answer, 'The book');
  const sequence = integerOf(fields, 'sequence');
  const isAuction = isInAuction(answer);
  const rows = { bids: listOf(fields, 'bids'), asks: listOf(fields, 'asks') };
  const scale = scaleNeeded([...rows.bids, ...rows.asks], context.scale);
  const seen = new Set<string>();
  const bids = ordersOf(rows.bids, scale, { direction: 1, seen });
  const asks = ordersOf(rows.asks, scale, { direction: -1, seen });
  if (!isAuction) assertUncrossed(bids[0]?.price, asks[0]?.price);
  return {
    isAuction,
    snapshot: {
      level: 'L3',
      sequence,
      receiveTimeUs: context.receiveTimeUs,
      exchangeTimeUs: timeOf(fields['time']),
      scale,
      horizon: NO_HORIZON,
      bids,
      asks,
    },
  };
}

/** The `snapshot` of level 2. It does not say whether there is an auction. @throws WireFormatError, as above. */
export function imageMessage(message: Fields, context: ReadContext): ImageMessage {
  const sides = scaleSides(listOf(message, 'bids'), listOf(message, 'asks'), context.scale);
  assertSide(sides.bids, 1);
  assertSide(sides.asks, -1);
  if (context.isAuction !== true) assertUncrossed(sides.bids[0], sides.asks[0]);
  return {
    kind: 'image',
    snapshot: {
      level: 'L2',
      sequence: 0,
      receiveTimeUs: context.receiveTimeUs,
      exchangeTimeUs: timeOf(message['time']),
      horizon: NO_HORIZON,
      ...sides,
    },
  };
}

/** An answer of level 1: best prices with their sizes. @throws WireFormatError */
export function parseTop(answer: unknown, { scale, receiveTimeUs }: ReadContext): BookProbe {
  const fields = fieldsOf(answer, 'The book');
  const sides = scaleSides(listOf(fields, 'bids'), listOf(fields, 'asks'), scale);
  return { sequence: integerOf(fields, 'sequence'), receiveTimeUs, ...bestOf(sides) };
}

/** Whether a book, of any level, is that of a running auction: its prices are then indicative. */
export function isInAuction(answer: unknown): boolean {
  return fieldsOf(answer, 'The book')['auction_mode'] === true;
}

type Row = readonly [string, string, string];

function rowOf(row: unknown): Row {
  if (Array.isArray(row) && row.every((part) => typeof part === 'string') && row.length >= 3) {
    return row as unknown as Row;
  }
  throw wireError('level', 'An order is not price, size and id as text');
}

function scaleNeeded(rows: readonly unknown[], scale: Scale): Scale {
  let { priceExponent, sizeExponent } = scale;
  for (const row of rows) {
    const [price, size] = rowOf(row);
    if (parseScaled(price, priceExponent) === undefined) priceExponent = fractionDigits(price);
    if (parseScaled(size, sizeExponent) === undefined) sizeExponent = fractionDigits(size);
  }
  return { priceExponent, sizeExponent };
}

/** `direction` 1: prices fall from one order to the next, or stay; -1: they rise. */
function ordersOf(
  rows: readonly unknown[],
  scale: Scale,
  { direction, seen }: { readonly direction: 1 | -1; readonly seen: Set<string> },
): RestingOrder[] {
  let before: ScaledInt | undefined;
  return rows.map((row) => {
    const [priceText, sizeText, orderId] = rowOf(row);
    const price = parseScaled(priceText, scale.priceExponent) ?? 0;
    const size = parseScaled(sizeText, scale.sizeExponent) ?? 0;
    if (before !== undefined && compareScaled(before, price) === -direction) {
      throw wireError('snapshot', 'The book is not in order of price');
    }
    if (!(size > 0)) throw wireError('snapshot', 'The book holds an empty order');
    if (seen.has(asId(orderId, 'order_id'))) {
      throw wireError('snapshot', 'The book holds an order twice');
    }
    seen.add(orderId);
    before = price;
    return { orderId, price, size };
  });
}
