/**
 * The figures of a decision, calculated once more from the exchange's own books, by other code than the pipe's.
 * All amounts are integers at 24 decimals. Pure.
 */

import type { BookRow } from '../venues/venue.ts';
import { DemoError } from './demo-process.ts';

const DECIMALS = 24;
const ONE = 10n ** BigInt(DECIMALS);

/** Of a decision, as the pipe prints it. */
export interface RecordedEvaluation {
  readonly buy: RecordedLeg;
  readonly sell: RecordedLeg;
  readonly size: string;
  readonly cost: string;
  readonly received: string;
  readonly sold: string;
  readonly revenue: string;
  readonly net: string;
  readonly profit: string;
  readonly limitedBy: string;
}

export interface RecordedLeg {
  readonly venue: string;
  readonly security: string;
  readonly point: { readonly epoch: number; readonly sequence: number };
}

/** What the check is made against: the exchange's books, and what trading on them costs. */
export interface TrueMarket {
  readonly asks: readonly BookRow[];
  readonly bids: readonly BookRow[];
  /** Fractions of what is received. */
  readonly buyFee: string;
  readonly sellFee: string;
  readonly lot: string;
}

/** What earlier decisions took of the levels, by price. */
export interface AlreadyTaken {
  readonly asks: Readonly<Record<string, string>>;
  readonly bids: Readonly<Record<string, string>>;
}

type Figures = Omit<RecordedEvaluation, 'buy' | 'sell' | 'limitedBy'>;

/** @returns how many other sizes bring less. @throws DemoError for a figure that is wrong. */
export function checkEvaluation(evaluation: RecordedEvaluation, market: TrueMarket): number {
  const size = units(evaluation.size);
  const figures = figuresOf(size, market);
  if (figures === null) throw new DemoError(`There is not so much to buy: ${evaluation.size}`);
  for (const name of Object.keys(figures) as (keyof Figures)[]) {
    if (units(evaluation[name]) === units(figures[name])) continue;
    throw new DemoError(`The ${name} is ${figures[name]}, not ${evaluation[name]}`);
  }
  // Where something else kept the size small, larger ones are out of question.
  const others = candidates(market).filter(
    (other) => other !== size && (evaluation.limitedBy === 'edge' || other < size),
  );
  for (const other of others) {
    const better = figuresOf(other, market);
    if (better === null || units(better.profit) <= units(evaluation.profit)) continue;
    throw new DemoError(`A size of ${decimal(other)} brings ${better.profit}, which is more`);
  }
  return others.length;
}

/** Levels less what was taken of them: nothing is sold twice. */
export function without(
  rows: readonly BookRow[],
  taken: Readonly<Record<string, string>>,
): readonly BookRow[] {
  return rows.flatMap(([price, size]) => {
    const gone = units(taken[price] ?? '0');
    const left = gone < units(size) ? units(size) - gone : 0n;
    return left === 0n ? [] : [[price, decimal(left)] as const];
  });
}

/** What one size brings; null: not so much is there. */
function figuresOf(size: bigint, { asks, bids, buyFee, sellFee, lot }: TrueMarket): Figures | null {
  const cost = walk(asks, size);
  const received = times(size, ONE - units(buyFee));
  const sold = received - (received % units(lot));
  const revenue = walk(bids, sold);
  if (cost === null || revenue === null) return null;
  const net = times(revenue, ONE - units(sellFee));
  const all = { size, cost, received, sold, revenue, net, profit: net - cost };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, decimal(value)]),
  ) as unknown as Figures;
}

/** Sizes at which a level ends on either side, and those one lot below and above. */
function candidates({ asks, bids, lot }: TrueMarket): readonly bigint[] {
  const step = units(lot);
  const ends = [asks, bids].flatMap((rows) => {
    let sum = 0n;
    return rows.slice(0, 400).map(([, size]) => (sum += units(size)));
  });
  const near = ends.flatMap((end) => [end - step, end, end + step]);
  return [...new Set(near)].filter((size) => size > 0n);
}

function walk(rows: readonly BookRow[], size: bigint): bigint | null {
  let [left, sum] = [size, 0n];
  for (const [price, there] of rows) {
    if (left === 0n) break;
    const taken = units(there) < left ? units(there) : left;
    sum += times(units(price), taken);
    left -= taken;
  }
  return left === 0n ? sum : null;
}

function times(a: bigint, b: bigint): bigint {
  return (a * b) / ONE;
}

function units(text: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '' || fraction.length > DECIMALS) throw new DemoError(`Not a decimal: ${text}`);
  const value = BigInt(whole + fraction.padEnd(DECIMALS, '0'));
  return sign === '' ? value : -value;
}

function decimal(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  const whole = digits.slice(0, -DECIMALS);
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
