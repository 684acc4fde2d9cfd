/**
 * The size that brings the highest profit, exactly, among whole lots.
 *
 * Sizes are counted in lots of the buy: n. What arrives is a straight line in n, and of it whole lots of the
 * sale are sold: k = floor(line). While n stays within one ask and k within one bid, the profit is
 * constant + (bid × lot) × k − (ask × lot) × n: a line plus a staircase, whose highest place among whole n is
 * found exactly (`weighted-floor.ts`). Both books are walked together, so that every n is in such a piece.
 *
 * Pieces are left out only where a bound shows that they can't be better. If what arrives could be sold in full,
 * profit would be a concave function of n, since asks get dearer and bids cheaper; whole lots can only sell
 * less. So once a piece no longer rises, nothing behind it is above its start. Minimums and caps only cut n
 * from below and above, since all that they look at grows with n; a flat fee only moves the line.
 */

import { assertInvariant } from '../../../logger/errors.ts';
import { compareExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { Evaluation } from '../../records/records.ts';
import type { BookSide } from '../book-side.ts';
import { Pieces, integersOf } from './pieces.ts';
import type { Caps, Piece } from './pieces.ts';
import { profitOf } from './profit.ts';
import type { SizeResult } from './profit.ts';
import type { TradeTerms } from './terms.ts';
import { highestOf } from './weighted-floor.ts';

export interface BestSize {
  /** The smallest size of the highest profit; null: no allowed size brings one. */
  readonly result: SizeResult | null;
  /** What kept it from being larger. */
  readonly limitedBy: Evaluation['limitedBy'];
}

export function bestSize(terms: TradeTerms, asks: BookSide, bids: BookSide, caps: Caps): BestSize {
  const integers = integersOf(terms, asks, bids, caps);
  const pieces = new Pieces(integers, asks, bids);
  const rising: Piece[] = [];
  let piece = pieces.next();
  for (; piece?.isRising; piece = pieces.next()) rising.push(piece);
  const limitedBy = piece === null ? pieces.end : 'edge';

  let best = { lots: 0n, profit: 0n };
  // The last one that rises is nearest to the top: the others seldom need a closer look.
  for (const each of rising.reverse()) best = better(best, each);
  while (piece !== null && isAbove(best, piece, smaller(piece.from, piece.to))) {
    best = better(best, piece);
    piece = pieces.next();
  }
  if (best.lots === 0n) return { result: null, limitedBy };

  const size = { value: best.lots * integers.buyLot, exponent: integers.sizeDecimals };
  const result = profitOf(terms, asks, bids, size);
  assertInvariant(
    result !== null && compareExact(result.profit, amountOfProfit(best.profit, integers)) === 0,
    'The best size does not bring the profit that it was chosen for',
  );
  return { result, limitedBy };
}

interface Found {
  readonly lots: bigint;
  readonly profit: bigint;
}

/** Whether so many lots of this piece may bring more, or the same with fewer lots. */
function isAbove(best: Found, piece: Piece, lots: bigint): boolean {
  const bound = piece.boundAt(lots);
  const known = best.profit * piece.boundFactor;
  return bound > known || (bound === known && lots < best.lots);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function better(best: Found, piece: Piece): Found {
  const { from, to } = piece;
  if (from > to || !isAbove(best, piece, piece.isRising ? to : from)) return best;
  const { x, value } = highestOf(piece.line, to - from + 1n);
  const found = { lots: from + x, profit: piece.constant + value };
  if (found.profit !== best.profit) return found.profit > best.profit ? found : best;
  return found.lots < best.lots ? found : best;
}

function amountOfProfit(
  value: bigint,
  { moneyDecimals }: { readonly moneyDecimals: number },
): Exact {
  return { value, exponent: moneyDecimals };
}
