/**
 * Bitfinex's pairs: `GET /v2/conf/pub:info:pair,pub:info:pair:futures`, two lists of `[pair, [.., .., .., smallest
 * order, largest order, ..]]`. A symbol is `t` and the pair; a code of more than three letters has a colon
 * (`tAAVE:USD`), and Tether is `UST`.
 *
 * No price step is said: prices have five significant digits, amounts eight decimals. The smallest order is
 * no step either, so it is no lot size.
 *
 * Sources: https://docs.bitfinex.com/reference/rest-public-conf and the exchange's own client (gathered
 * 2026-11-20).
 */

import type { Scale } from '../../market/decimal.ts';
import type { Instrument } from '../exchange.ts';
import { wireError } from '../wire/fields.ts';
import { codeOf, smallestOf } from '../wire/tick-size.ts';

export const PAIRS_PATH = '/v2/conf/pub:info:pair,pub:info:pair:futures';

/** Prices come at the scale that the first book needs. */
export const DEFAULT_SCALE: Scale = Object.freeze({ priceExponent: 0, sizeExponent: 8 });
const LOT_SIZE = '0.00000001';

/** What is listed, by symbol. @throws WireFormatError */
export function parsePairs(answer: unknown): ReadonlyMap<string, Instrument> {
  if (!Array.isArray(answer)) throw wireError('shape', 'The pairs are not a list');
  const lists = answer as readonly unknown[];
  return new Map(
    lists.flatMap((list) => {
      if (!Array.isArray(list)) throw wireError('shape', 'The pairs are not lists');
      return (list as readonly unknown[]).map(pairOf);
    }),
  );
}

function pairOf(row: unknown): readonly [symbol: string, instrument: Instrument] {
  const [pair, details]: readonly unknown[] = Array.isArray(row) ? row : [];
  if (typeof pair !== 'string') throw wireError('shape', 'A pair has no name');
  const symbol = `t${pair}`;
  const [base, quote] = pair.includes(':') ? pair.split(':') : [pair.slice(0, 3), pair.slice(3)];
  const [, , , smallest]: readonly unknown[] = Array.isArray(details) ? details : [];
  return [
    symbol,
    {
      symbol,
      scale: DEFAULT_SCALE,
      tickSize: null,
      lotSize: LOT_SIZE,
      base: codeOf(base),
      quote: codeOf(quote),
      minSize: smallestOf(smallest),
    },
  ];
}
