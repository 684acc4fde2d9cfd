/**
 * Renders books, trades and pairs as Bitfinex prints them: numbers are JSON numbers, small ones with an exponent.
 * Source: https://docs.bitfinex.com/docs/ws-public, read 2026-11. Pure.
 */

import { crc32 } from 'node:zlib';
import type { OrderSide } from '../../market/order-events.ts';
import type { MarketTrade } from '../../market/market-trade.ts';
import type { MarketCandle } from '../../market/market-candles.ts';
import type { SymbolProfile } from '../../market/symbols.ts';
import { decimal } from '../../market/units.ts';

/** P0: prices with the number of orders at each; R0: orders. */
export type Precision = 'P0' | 'R0';

/** A row of a book, in the engine's units. */
export interface Row {
  readonly side: OrderSide;
  readonly price: number;
  readonly size: number;
  /** Orders at the price, or the order's id. */
  readonly tag: number;
}

export type RowAction = 'insert' | 'update' | 'delete';

export interface RowChange {
  readonly action: RowAction;
  readonly row: Row;
}

const CHECKED = 25;

/** `tBTCUST`, or `tQUIET:UST` where a code has more than three letters: Tether is UST. */
export function symbolOf({ baseAsset, quoteAsset }: SymbolProfile): string {
  const quote = quoteAsset === 'USDT' ? 'UST' : quoteAsset;
  return baseAsset.length > 3 || quote.length > 3
    ? `t${baseAsset}:${quote}`
    : `t${baseAsset}${quote}`;
}

export function rowText(precision: Precision, { row, action }: RowChange): string {
  const isGone = action === 'delete';
  const price = number(row.price);
  if (precision === 'P0') return `[${price},${isGone ? 0 : row.tag},${amountText(row, isGone)}]`;
  return `[${row.tag},${isGone ? 0 : price},${amountText(row, isGone)}]`;
}

export function imageText(precision: Precision, rows: readonly Row[]): string {
  const texts = rows.map((row) => rowText(precision, { action: 'insert', row }));
  return `[${texts.join(',')}]`;
}

/** @param rows best first. */
export function checksumOf(precision: Precision, rows: readonly Row[]): number {
  const [bids, asks] = (['buy', 'sell'] as const).map((side) =>
    rows.filter((row) => row.side === side).slice(0, CHECKED),
  );
  const texts: string[] = [];
  for (let i = 0; i < CHECKED; i++) {
    for (const row of [bids?.[i], asks?.[i]]) {
      if (row)
        texts.push(precision === 'P0' ? number(row.price) : String(row.tag), amountText(row));
    }
  }
  return crc32(texts.join(':')) | 0;
}

export function tradeText({ tradeId, price, size, takerSide, timeUs }: MarketTrade): string {
  const amount = `${takerSide === 'buy' ? '' : '-'}${number(size)}`;
  return `[${tradeId},${milliseconds(timeUs)},${amount},${number(price)}]`;
}

/** The close is the second price. */
export function candleText({ fromUs, open, close, high, low, volume }: MarketCandle): string {
  const numbers = [open, close, high, low, volume].map(number);
  return `[${milliseconds(fromUs)},${numbers.join(',')}]`;
}

export function milliseconds(timeUs: number): number {
  return Math.floor(timeUs / 1000);
}

/** As JSON prints it. */
export function number(units: number): string {
  return String(Number(decimal(units)));
}

function amountText({ side, size }: Row, isGone = false): string {
  return `${side === 'buy' ? '' : '-'}${isGone ? 1 : number(size)}`;
}
