/** From decided opportunities to what the report says of them. */

import { feesOf, cheapestRoute, routesBetween } from '../../fees/lookup.ts';
import type { Route } from '../../fees/lookup.ts';
import type { FeeTable } from '../../fees/fee-table.ts';
import { compareExact, parseExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { Venue } from '../../market/venue.ts';
import type { DecisionRecord, Evaluation, OpportunityRecord } from '../../records/records.ts';
import { NO_CAPS } from '../../strategy/arbitrage/pieces.ts';
import { takenFrom } from '../../strategy/arbitrage/decide.ts';
import { waysOf } from '../../strategy/arbitrage/plan.ts';
import type { Direction, LegBook } from '../../strategy/arbitrage/plan.ts';
import type { DecisionInputs } from '../../strategy/arbitrage/question.ts';
import type { ArbitrageSettings } from '../../strategy/arbitrage/settings.ts';
import type { TradeCosts } from '../../strategy/arbitrage/terms.ts';
import { bookSide } from '../../strategy/book-side.ts';
import type { PastVenues } from '../past-venues.ts';
import type { BreakEven, ReportedOpportunity, Verdict } from '../report.ts';
import { breakEvenFee } from './break-even-fee.ts';
import { LaterTask } from './later-task.ts';
import { nothing, unknown } from './sides.ts';
import { sweep } from './sweep.ts';
import { transferOutcome } from './transfer-outcome.ts';

/** How far the searches go: a difference of prices that lasts longer is not one of speed. */
const MAX_LATENCY_US = 600_000_000;
const MAX_TRANSFER_US = 3_600_000_000;

/** An opportunity with what was, or would have been, decided. */
export interface Decided {
  readonly opportunity: OpportunityRecord;
  readonly verdict: Verdict;
  readonly reasons: DecisionRecord['reasons'];
  readonly evaluation: Evaluation;
  readonly direction: Direction;
  readonly alreadyTaken: DecisionInputs['taken'];
  /** The fee at which nothing would have been left, from the books of the decision. */
  readonly breakEvenFee: BreakEven['fee'];
}

/** What the recorded future is asked. */
export interface Asked {
  readonly route: Route | null;
  readonly task: LaterTask;
}

/** What the recorded future made of it. Plain JSON. */
export interface WithLater extends Decided {
  readonly later: Pick<ReportedOpportunity, 'atLatency' | 'byTransfer'> &
    Pick<BreakEven, 'latency' | 'transfer'>;
}

/** What has to be known before the later books are read. */
export function askLater(
  decided: Pick<Decided, 'direction' | 'evaluation'>,
  venues: { readonly buy: Venue; readonly sell: Venue },
  table: FeeTable,
  settings: ArbitrageSettings,
): Asked {
  const { direction, evaluation } = decided;
  const { buy, sell } = direction;
  const alone = waysOf(direction, table, { ...settings, transfer: false }).ways[0];
  const route = routeOf(direction, table, evaluation);
  const moving = waysOf(direction, table, {
    ...settings,
    transfer: true,
    maxTransferTimeUs: Number.MAX_SAFE_INTEGER,
  }).ways.find((way) => way.route !== null && way.route.network === route?.network);
  const delayUs = (route?.delayMs ?? 0) * 1000;
  const latencyUs = (venue: string): number => (feesOf(table, venue)?.latencyMs ?? 0) * 1000;
  const hasTerms = alone !== undefined;
  const task = new LaterTask({
    atUs: evaluation.atUs,
    ...venues,
    // Without fees nothing can be said of any size.
    size: parseExact(hasTerms ? evaluation.size : '0'),
    terms: alone?.terms ?? NO_TERMS,
    buyLatencyUs: latencyUs(buy.venue),
    sellLatencyUs: latencyUs(sell.venue),
    transfer: moving && route ? { terms: moving.terms, delayUs } : null,
    maxLatencyUs: MAX_LATENCY_US,
    maxTransferUs: Math.max(MAX_TRANSFER_US, delayUs),
  });
  return { route, task };
}

function routeOf({ base, buy, sell }: Direction, table: FeeTable, evaluation: Evaluation) {
  const routes = routesBetween(table, { coin: base, from: buy.venue, to: sell.venue });
  return cheapestRoute(routes, evaluation.received).best?.route ?? cheapest(routes.routes);
}

/** Of any amount: where nothing was to be moved. */
function cheapest(routes: readonly Route[]): Route | null {
  const fee = (route: Route): Exact => parseExact(route.withdrawFee);
  return routes.reduce<Route | null>(
    (best, next) => (best !== null && compareExact(fee(best), fee(next)) <= 0 ? best : next),
    null,
  );
}

const NO_TERMS = {
  buy: legOf(),
  sell: legOf(),
  withdrawal: null,
};

function legOf() {
  const one = parseExact('1');
  const zero = parseExact('0');
  return { lot: one, minSize: zero, minNotional: zero, paid: one, kept: one };
}

/** @param books of the decision; null: the archive does not lead to them any more. */
export function breakEvenFeeOf(
  {
    direction,
    evaluation,
    alreadyTaken,
  }: Pick<Decided, 'direction' | 'evaluation' | 'alreadyTaken'>,
  books: { readonly buy: LegBook; readonly sell: LegBook } | null,
  table: FeeTable,
  settings: ArbitrageSettings,
): BreakEven['fee'] {
  const [buyFees, sellFees] = [direction.buy, direction.sell].map(({ venue }) =>
    feesOf(table, venue),
  );
  if (!buyFees || !sellFees) return nothing('the fees are not known');
  if (books === null) return unknown('the archive does not lead to the books any more');
  const route = settings.transfer ? routeOf(direction, table, evaluation) : null;
  const costs: TradeCosts = {
    buy: { fees: buyFees, rules: direction.buy.rules },
    sell: { fees: sellFees, rules: direction.sell.rules },
    withdrawal: route
      ? {
          fee: route.withdrawFee,
          percent: route.withdrawPercent,
          min: route.withdrawMin ?? '0',
        }
      : null,
  };
  const maxNotional = settings.maxNotional === null ? null : parseExact(settings.maxNotional);
  const { buy, sell } = books;
  return breakEvenFee(
    costs,
    bookSide('ask', buy.book, buy.horizon, takenFrom(alreadyTaken.asks)),
    bookSide('bid', sell.book, sell.horizon, takenFrom(alreadyTaken.bids)),
    { ...NO_CAPS, maxNotional },
  );
}

/** Lets the recorded future run over all of them. */
export async function runLater(
  past: PastVenues,
  all: readonly Asked[],
  onProgress: (ended: number) => void = () => undefined,
): Promise<void> {
  const byVenues = new Map<string, { venues: [Venue, Venue]; tasks: LaterTask[] }>();
  for (const { task } of all) {
    if (task.isDone) continue;
    const { buy, sell } = task.question;
    const venues: [Venue, Venue] = buy.name < sell.name ? [buy, sell] : [sell, buy];
    const key = venues.map(({ name, security }) => `${name} ${security}`).join('\n');
    const group = byVenues.get(key) ?? { venues, tasks: [] };
    group.tasks.push(task);
    byVenues.set(key, group);
  }
  let before = 0;
  for (const [, { venues, tasks }] of [...byVenues].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await sweep(past, venues, tasks, { onProgress: (ended) => onProgress(before + ended) });
    before += tasks.length;
  }
}

/** @param asked all that it asks is answered, or nothing later is known. */
export async function withLater(
  past: PastVenues,
  decided: Decided,
  { route, task }: Asked,
): Promise<WithLater> {
  const missing = unknown('not examined');
  const byTransfer = await transferOutcome(past, task);
  return {
    ...decided,
    later: {
      atLatency: task.atLatency ?? missing,
      byTransfer:
        byTransfer.state === 'known' && route !== null
          ? { ...byTransfer, network: route.network, delayUs: route.delayMs * 1000 }
          : (byTransfer as ReportedOpportunity['byTransfer']),
      latency: task.latency ?? missing,
      transfer: task.transfer ?? missing,
    },
  };
}

export function reported(
  one: WithLater,
  booked: ReportedOpportunity['booked'],
): ReportedOpportunity {
  const { opportunity, verdict, reasons, evaluation, alreadyTaken, direction } = one;
  const { breakEvenFee: fee, later } = one;
  const { id, pair, buy, sell, fromUs, toUs, end, best } = opportunity;
  return {
    id,
    pair,
    quote: direction.quote,
    buy,
    sell,
    fromUs,
    toUs,
    end,
    lifetimeUs: toUs - fromUs,
    verdict,
    reasons,
    predicted: evaluation,
    best,
    alreadyTaken,
    books: { buy: evaluation.buy, sell: evaluation.sell },
    booked,
    atLatency: later.atLatency,
    byTransfer: later.byTransfer,
    breakEven: { latency: later.latency, fee, transfer: later.transfer },
  };
}
