/**
 * Whether what a transfer has brought is sold now: at once, at any price, unless its book must not be traded. To wait
 * for a better one would be a bet that nobody decided on. A pure function, as `decide`.
 */

import type { FeeTable } from '../../fees/fee-table.ts';
import {
  divideRounded,
  floorToLot,
  formatExact,
  multiplyExact,
  parseExact,
  subtractExact,
} from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { DecisionRecord, Evaluation, RecordedLeg } from '../../records/records.ts';
import { bookSide } from '../book-side.ts';
import { legOf } from './decide.ts';
import type { Decision } from './decide.ts';
import { waysOf } from './plan.ts';
import type { Direction, LegBook } from './plan.ts';
import { walkUpTo } from './profit.ts';
import { because, bookReasons } from './reasons.ts';
import type { ArbitrageSettings } from './settings.ts';

/** Any price: what was bought has to be sold. */
export const NO_LIMIT = '0';

/** Plain JSON. What else the decision is made of. */
export interface SaleInputs {
  readonly direction: Direction;
  readonly sale: {
    /** What has arrived, and what was paid for it. */
    readonly amount: string;
    readonly paid: string;
  };
  readonly halted: string | null;
}

export interface SaleQuestion {
  readonly atUs: number;
  /** Where it was bought. */
  readonly bought: RecordedLeg;
  readonly sell: LegBook;
  readonly table: FeeTable;
  readonly settings: ArbitrageSettings;
  readonly inputs: SaleInputs;
}

export type MadeSale = Pick<Decision, 'verdict' | 'reasons' | 'evaluation'> & {
  readonly inputs: SaleInputs;
  readonly expected: Readonly<Record<string, unknown>>;
};

export function isSale({ inputs }: Pick<DecisionRecord, 'inputs'>): boolean {
  return inputs['sale'] !== undefined;
}

/** Whole lots of what has arrived. */
export function lotsOf(amount: Exact, lot: Exact): string {
  return formatExact(floorToLot(amount, lot));
}

export function decideSale(question: SaleQuestion): MadeSale {
  const { atUs, sell, table, settings, inputs } = question;
  const { direction, halted } = inputs;
  const [way] = waysOf(direction, table, settings).ways;
  const reasons = [...bookReasons(atUs, [sell], settings)];
  if (way === undefined) {
    reasons.push(because('no-fees', `no fees of ${direction.sell.venue} are known`));
  }
  if (!sell.book.best('bid')) reasons.push(because('depth', `nobody buys on ${sell.venue}`));
  if (halted !== null) reasons.push(because('halted', halted));
  const evaluation = evaluationOf(question, way?.terms.sell ?? null);
  const { sold: size, profit } = evaluation;
  const order = { venue: sell.venue, side: 'sell', size, limit: NO_LIMIT };
  return {
    verdict: reasons.length === 0 ? 'taken' : 'rejected',
    reasons,
    evaluation,
    inputs,
    expected: { mode: 'sale', profit, orders: [order] },
  };
}

/** A recorded one, made again from the book at its point. */
export function decideSaleAgain(
  { atUs, evaluation, inputs }: DecisionRecord,
  book: Pick<LegBook, 'book' | 'horizon'>,
  table: FeeTable,
  settings: ArbitrageSettings,
): MadeSale {
  return decideSale({
    atUs,
    bought: evaluation.buy,
    sell: { ...evaluation.sell, ...book },
    table,
    settings,
    inputs: inputs as unknown as SaleInputs,
  });
}

function evaluationOf(
  { atUs, bought, sell, inputs }: SaleQuestion,
  terms: { readonly lot: Exact; readonly kept: Exact } | null,
): Evaluation {
  const { amount, paid } = inputs.sale;
  const [cost, size] = [parseExact(paid), terms ? lotsOf(parseExact(amount), terms.lot) : '0'];
  const { notional, end } = walkUpTo(bookSide('bid', sell.book, sell.horizon), parseExact(size));
  const net = terms ? multiplyExact(notional, terms.kept) : notional;
  const profit = subtractExact(net, cost);
  const ratio = multiplyExact(profit, { value: 10_000n, exponent: 0 });
  return {
    atUs,
    buy: bought,
    sell: legOf(sell),
    size: amount,
    cost: paid,
    received: amount,
    transferred: amount,
    sold: size,
    revenue: formatExact(notional),
    net: formatExact(net),
    profit: formatExact(profit),
    bps: cost.value > 0n ? formatExact(divideRounded(ratio, cost, 2)) : '0',
    limitedBy: end ?? 'none',
  };
}
