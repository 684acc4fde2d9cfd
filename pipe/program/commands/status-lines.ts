/** How strategies stand, for people. Pure. */

import { formatTimeUs } from '../../../logger/market/time.ts';
import type { Paint } from '../../../manager-cli/style.ts';
import { renderTable } from '../../../manager-cli/table.ts';
import type { Column } from '../../../manager-cli/table.ts';
import type { DecisionRecord } from '../../records/records.ts';
import type { ResultOf, StoredBalance } from '../../records/standing-of.ts';
import type { Transfer } from '../../strategy/strategy.ts';

export interface StrategyStatus {
  readonly strategy: string;
  readonly runs: number;
  /** The last one. */
  readonly startedUs: number;
  readonly balances: readonly StoredBalance[];
  /** On their way, or there and not sold. */
  readonly transfers: readonly (Transfer & { readonly hasArrived: boolean })[];
  /** Of the UTC day. */
  readonly today: readonly ResultOf[];
  /** The last ones, in order of time. */
  readonly decisions: readonly DecisionRecord[];
}

const BALANCES: readonly Column[] = [
  { title: 'VENUE' },
  { title: 'COIN' },
  { title: 'BALANCE', align: 'right' },
];

const TRANSFERS: readonly Column[] = [
  { title: 'TRANSFER' },
  { title: 'FROM' },
  { title: 'TO' },
  { title: 'AMOUNT', align: 'right' },
  { title: 'FEE', align: 'right' },
  { title: 'DUE' },
];

const DECISIONS: readonly Column[] = [
  { title: 'DECIDED' },
  { title: 'PAIR' },
  { title: 'BUY' },
  { title: 'SELL' },
  { title: 'VERDICT' },
  { title: 'SIZE', align: 'right' },
  { title: 'PROFIT', align: 'right' },
  { title: 'BPS', align: 'right' },
  { title: 'REASONS' },
];

export function* statusLines(
  {
    halted,
    strategies,
  }: { readonly halted: string | null; readonly strategies: readonly StrategyStatus[] },
  paint: Paint,
  width: number,
): Generator<string> {
  yield halted === null ? 'not halted' : `halted: ${halted}`;
  if (strategies.length === 0) yield 'no strategy has run';
  for (const { strategy, runs, startedUs, today, ...lists } of strategies) {
    const { balances, transfers, decisions } = lists;
    yield '';
    const which = runs === 1 ? '1 run, since' : `${runs} runs, the last since`;
    yield `${strategy}: ${which} ${formatTimeUs(startedUs)}`;
    yield `today (UTC): ${today.map(todayText).join('; ') || 'no action has ended'}`;
    for (const [columns, rows] of [
      [BALANCES, balances.map(({ venue, coin, balance }) => [venue, coin, balance])],
      [TRANSFERS, transfers.map(transferRow)],
      [DECISIONS, decisions.map(decisionRow)],
    ] as const) {
      if (rows.length === 0) continue;
      yield '';
      yield* renderTable(columns, rows, paint, width);
    }
  }
}

function todayText({ quote, result, actions, failed }: ResultOf): string {
  return `${result} ${quote} of ${actions} ${actions === 1 ? 'action' : 'actions'}, ${failed} failed`;
}

function transferRow(transfer: StrategyStatus['transfers'][number]): string[] {
  const { coin, from, to, amount, fee, arrivesUs, hasArrived } = transfer;
  return [coin, from, to, amount, fee, hasArrived ? 'arrived' : formatTimeUs(arrivesUs)];
}

function decisionRow({ atUs, pair, verdict, reasons, evaluation }: DecisionRecord): string[] {
  const { buy, sell, size, profit, bps } = evaluation;
  const why = [...new Set(reasons.map(({ reason }) => reason))].join(', ');
  return [formatTimeUs(atUs), pair, buy.venue, sell.venue, verdict, size, profit, bps, why];
}
