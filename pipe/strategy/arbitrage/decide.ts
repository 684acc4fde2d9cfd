/**
 * A decision: taken, or every reason against it. A pure function of the two books, the table of fees, the
 * settings and the inputs that its record keeps, so that anyone can make it again from the archive.
 */

import type { FeeTable } from '../../fees/fee-table.ts';
import { formatExact, parseExact } from '../../market/exact.ts';
import type { DecisionRecord, Evaluation, Reason, RecordedLeg } from '../../records/records.ts';
import type { TakenLevels } from '../book-side.ts';
import { expectationOf } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { NO_CAPS } from './pieces.ts';
import { bestWay, waysOf } from './plan.ts';
import type { BestWay, LegBook, Way } from './plan.ts';
import { figuresOf } from './profit.ts';
import type { Bests, DecisionInputs, DecisionQuestion } from './question.ts';
import { reasonsAgainst } from './reasons.ts';
import type { ArbitrageSettings } from './settings.ts';

export interface Decision {
  readonly verdict: DecisionRecord['verdict'];
  readonly reasons: DecisionRecord['reasons'];
  readonly evaluation: Evaluation;
  readonly inputs: DecisionInputs;
  readonly expected: Expectation | Record<string, never>;
  /** What is taken; null: nothing. */
  readonly plan: BestWay | null;
}

export function decide(question: DecisionQuestion): Decision {
  const { atUs, buy, sell, table, settings, inputs } = question;
  const { ways, reasons } = waysOf(inputs.direction, table, settings);
  const [first, ...others] = ways;
  if (first === undefined) {
    const evaluation = evaluationOf(null, { atUs, buy, sell });
    const rejected = withoutRisk(inputs);
    return { verdict: 'rejected', reasons, evaluation, inputs: rejected, expected: {}, plan: null };
  }
  const bests = bestsOf(question, [first, ...others]);
  const { route } = bests.own.way;
  const risk = route && question.risk(route.delayMs);
  const expected = expectationOf(question, bests.own, risk);
  const all = [...reasons, ...reasonsAgainst(question, bests, expected)];
  const isTaken = all.length === 0;
  return {
    verdict: isTaken ? 'taken' : 'rejected',
    reasons: distinct(all),
    evaluation: evaluationOf(bests.own, { atUs, buy, sell }),
    inputs: { ...inputs, risk },
    expected,
    plan: isTaken ? bests.own : null,
  };
}

/**
 * A recorded decision, made again. The books are those at the points of its evaluation.
 * @returns what it would be now, to be compared field by field.
 */
export function decideAgain(
  record: DecisionRecord,
  books: {
    readonly buy: Pick<LegBook, 'book' | 'horizon'>;
    readonly sell: Pick<LegBook, 'book' | 'horizon'>;
  },
  table: FeeTable,
  settings: ArbitrageSettings,
): Decision {
  const { risk, ...inputs } = record.inputs as unknown as DecisionInputs;
  const { buy, sell } = record.evaluation;
  return decide({
    atUs: record.atUs,
    buy: { ...buy, ...books.buy },
    sell: { ...sell, ...books.sell },
    table,
    settings,
    inputs,
    // Under another table another way may be chosen, of which nothing was recorded.
    risk: (delayMs) => (risk !== null && risk.delayMs === delayMs ? risk : null),
  });
}

function bestsOf(
  { buy, sell, settings, inputs }: DecisionQuestion,
  ways: readonly [Way, ...Way[]],
): Bests {
  const maxNotional = settings.maxNotional === null ? null : parseExact(settings.maxNotional);
  const open = { ...NO_CAPS, maxNotional };
  const caps = {
    maxNotional,
    quoteBalance: parseExact(inputs.balances.quote),
    baseBalance: settings.transfer ? null : parseExact(inputs.balances.base),
  };
  const nothing = { asksTaken: takenFrom({}), bidsTaken: takenFrom({}) };
  const taken = {
    asksTaken: takenFrom(inputs.taken.asks),
    bidsTaken: takenFrom(inputs.taken.bids),
  };
  const best = (limits: Parameters<typeof bestWay>[3]): BestWay => bestWay(ways, buy, sell, limits);
  return {
    market: best({ caps: open, ...nothing, hasMinimums: true }),
    withoutMinimums: best({ caps: open, ...nothing, hasMinimums: false }),
    untaken: best({ caps: open, ...taken, hasMinimums: true }),
    affordable: best({ caps, ...nothing, hasMinimums: true }),
    own: best({ caps, ...taken, hasMinimums: true }),
  };
}

export function takenFrom(sizes: Readonly<Record<string, string>>): TakenLevels {
  return new Map(Object.entries(sizes).map(([price, size]) => [price, parseExact(size)]));
}

export function takenTo(levels: TakenLevels): Readonly<Record<string, string>> {
  return Object.fromEntries([...levels].map(([price, size]) => [price, formatExact(size)]));
}

export function evaluationOf(
  own: BestWay | null,
  { atUs, buy, sell }: { readonly atUs: number; readonly buy: LegBook; readonly sell: LegBook },
): Evaluation {
  return {
    atUs,
    buy: legOf(buy),
    sell: legOf(sell),
    ...figuresOf(own?.best.result ?? null),
    limitedBy: own?.best.limitedBy ?? 'none',
  };
}

export function legOf({ venue, security, source, point }: LegBook): RecordedLeg {
  return { venue, security, source, point };
}

function withoutRisk(inputs: Omit<DecisionInputs, 'risk'>): DecisionInputs {
  return { ...inputs, risk: null };
}

function distinct(
  reasons: readonly { readonly reason: Reason; readonly detail: string }[],
): DecisionRecord['reasons'] {
  const isNew = (reason: Reason, detail: string, at: number): boolean =>
    reasons.findIndex((each) => each.reason === reason && each.detail === detail) === at;
  return reasons.filter(({ reason, detail }, at) => isNew(reason, detail, at));
}
