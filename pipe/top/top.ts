/** The best level of each side of a proven book, in exact integers. */

import { formatScaled } from '../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import type { LevelBook } from '../../logger/book/level-book.ts';

/** null: the side is empty. */
export interface Top {
  readonly scale: Scale;
  readonly bidPrice: ScaledInt | null;
  readonly bidSize: ScaledInt | null;
  readonly askPrice: ScaledInt | null;
  readonly askSize: ScaledInt | null;
}

/** As plain decimals. */
export interface TopText {
  readonly bid: string | null;
  readonly bidSize: string | null;
  readonly ask: string | null;
  readonly askSize: string | null;
}

export function topOf(book: LevelBook): Top {
  const [bidPrice = null, bidSize = null] = book.best('bid') ?? [];
  const [askPrice = null, askSize = null] = book.best('ask') ?? [];
  return { scale: book.scale, bidPrice, bidSize, askPrice, askSize };
}

/** Whether both show the same; a scale that became finer changes nothing. */
export function isSameTop(a: Top | null, b: Top | null): boolean {
  if (a === null || b === null) return a === b;
  const { priceExponent, sizeExponent } = a.scale;
  if (priceExponent === b.scale.priceExponent && sizeExponent === b.scale.sizeExponent) {
    return (
      a.bidPrice === b.bidPrice &&
      a.bidSize === b.bidSize &&
      a.askPrice === b.askPrice &&
      a.askSize === b.askSize
    );
  }
  const [one, other] = [topText(a), topText(b)];
  return (
    one.bid === other.bid &&
    one.bidSize === other.bidSize &&
    one.ask === other.ask &&
    one.askSize === other.askSize
  );
}

export function topText({ scale, bidPrice, bidSize, askPrice, askSize }: Top): TopText {
  const text = (value: ScaledInt | null, exponent: number): string | null =>
    value === null ? null : formatScaled(value, exponent);
  return {
    bid: text(bidPrice, scale.priceExponent),
    bidSize: text(bidSize, scale.sizeExponent),
    ask: text(askPrice, scale.priceExponent),
    askSize: text(askSize, scale.sizeExponent),
  };
}
