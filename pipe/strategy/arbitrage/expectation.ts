/** What is expected of a decision, as its record keeps it. Plain JSON. */

import { cheapestRoute, feesOf, routesBetween } from '../../fees/lookup.ts';
import { formatExact, multiplyExact, parseExact, subtractExact } from '../../market/exact.ts';
import type { DecisionQuestion } from './question.ts';
import type { BestWay } from './plan.ts';
import type { TransferRisk } from './risk.ts';

export interface ExpectedOrder {
  readonly venue: string;
  readonly side: 'buy' | 'sell';
  readonly size: string;
  /** The worst price that is walked. */
  readonly limit: string;
}

export interface Expectation {
  readonly mode: 'inventory' | 'transfer';
  /** At the books of the decision; in transfer mode, less the risk of the transfer. */
  readonly profit: string;
  readonly orders: readonly ExpectedOrder[];
  /** Of what is left of the coin on the way; null: nothing is moved. */
  readonly transfer: {
    readonly network: string;
    readonly fee: string;
    readonly delayMs: number;
    /** When it is sold at the earliest: after both latencies and the transfer. */
    readonly soldAtUs: number;
    readonly risk: string | null;
  } | null;
  /** In inventory mode: what it costs to bring as much back, in base; null: no way is known. */
  readonly rebalancing: { readonly network: string; readonly cost: string } | null;
}

export function expectationOf(
  question: DecisionQuestion,
  own: BestWay,
  risk: TransferRisk | null,
): Expectation | Record<string, never> {
  const { result } = own.best;
  if (result === null) return {};
  const { settings, inputs, atUs, table } = question;
  const { buy, sell } = inputs.direction;
  const { route, terms } = own.way;
  const buyOrder: ExpectedOrder = {
    venue: buy.venue,
    side: 'buy',
    size: formatExact(result.size),
    limit: formatExact(result.bought.worst),
  };
  const sellOrder: ExpectedOrder = {
    venue: sell.venue,
    side: 'sell',
    size: formatExact(result.sold),
    limit: formatExact(result.sale.worst),
  };
  if (!settings.transfer || route === null) {
    const rebalancing = rebalancingOf(question, formatExact(result.sold));
    const profit = formatExact(result.profit);
    const orders = [buyOrder, sellOrder];
    return { mode: modeOf(settings), profit, orders, transfer: null, rebalancing };
  }
  // A lower price costs as much for each unit that is sold, less the fee on it.
  const lost =
    risk?.move == null
      ? null
      : multiplyExact(multiplyExact(parseExact(risk.move), result.sold), terms.sell.kept);
  const latencyMs = [buy, sell].reduce(
    (sum, { venue }) => sum + (feesOf(table, venue)?.latencyMs ?? 0),
    0,
  );
  return {
    mode: 'transfer',
    profit: formatExact(lost ? subtractExact(result.profit, lost) : result.profit),
    orders: [buyOrder],
    transfer: {
      network: route.network,
      fee: formatExact(subtractExact(result.received, result.transferred)),
      delayMs: route.delayMs,
      soldAtUs: atUs + (latencyMs + route.delayMs) * 1000,
      risk: lost && formatExact(lost),
    },
    rebalancing: null,
  };
}

const modeOf = ({ transfer }: { readonly transfer: boolean }): 'inventory' | 'transfer' =>
  transfer ? 'transfer' : 'inventory';

function rebalancingOf(
  { inputs, table }: DecisionQuestion,
  amount: string,
): Expectation['rebalancing'] {
  const { base, buy, sell } = inputs.direction;
  const routes = routesBetween(table, { coin: base, from: buy.venue, to: sell.venue });
  const { best } = cheapestRoute(routes, amount);
  return best && { network: best.route.network, cost: best.cost };
}
