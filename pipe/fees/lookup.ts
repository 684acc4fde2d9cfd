/** Questions to a table of fees. Pure, and exact: nothing is rounded but delays, up to a whole millisecond. */

import {
  addExact,
  compareExact,
  formatExact,
  multiplyExact,
  parseExact,
  subtractExact,
} from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { ExchangeFees, FeeTable, Network } from './fee-table.ts';

/** @param venue `binance`, or `sandbox@a`: an entry of that very name wins over the exchange's. */
export function feesOf(table: FeeTable, venue: string): ExchangeFees | null {
  const named = own(table.exchanges, venue);
  if (named !== undefined) return named;
  const at = venue.indexOf('@');
  return (at < 0 ? undefined : own(table.exchanges, venue.slice(0, at))) ?? null;
}

export interface Trade {
  readonly venue: string;
  readonly side: 'buy' | 'sell';
  readonly base: string;
  readonly quote: string;
  /** In base, and size × price in quote. */
  readonly size: string;
  readonly notional: string;
  /** Default: taker. */
  readonly liquidity?: 'taker' | 'maker';
}

export interface TradeFee {
  readonly coin: string;
  readonly fraction: string;
  /** Negative: the exchange pays it. */
  readonly amount: string;
}

/** null: the table does not have the exchange. */
export function tradeFee(table: FeeTable, trade: Trade): TradeFee | null {
  const fees = feesOf(table, trade.venue);
  if (fees === null) return null;
  const fraction = trade.liquidity === 'maker' ? fees.maker : fees.taker;
  const isInBase = fees.feeIn === 'received' && trade.side === 'buy';
  const charged = parseExact(isInBase ? trade.size : trade.notional);
  return {
    coin: isInBase ? trade.base : trade.quote,
    fraction,
    amount: formatExact(multiplyExact(charged, parseExact(fraction))),
  };
}

/** Why a coin can't be moved; the names are those of a decision's reasons. */
export interface RouteReason {
  readonly reason: 'no-fees' | 'withdrawal' | 'withdrawal-suspended' | 'transfer-time';
  readonly detail: string;
}

/** A network on which a coin can be moved from one exchange to the other. */
export interface Route {
  readonly coin: string;
  readonly from: string;
  readonly to: string;
  readonly network: string;
  readonly withdrawFee: string;
  readonly withdrawPercent: string;
  /** null: not known, taken as none. */
  readonly withdrawMin: string | null;
  /** Processing, then the receiver's confirmations. */
  readonly delayMs: number;
}

export interface Routes {
  /** In order of their names. */
  readonly routes: readonly Route[];
  /** Everything that speaks against any other network of the coin; or why there is none. */
  readonly reasons: readonly RouteReason[];
}

export interface RouteQuery {
  readonly coin: string;
  /** Venues. */
  readonly from: string;
  readonly to: string;
  readonly maxDelayMs?: number;
}

/** All ways of a coin between two exchanges that are open, known and fast enough. */
export function routesBetween(table: FeeTable, query: RouteQuery): Routes {
  const { coin, from, to } = query;
  const reasons: RouteReason[] = [];
  const [out, into] = [from, to].map((venue) => {
    const networks = networksOf(table, venue, coin);
    if (networks === null) {
      reasons.push({ reason: 'no-fees', detail: `no networks of ${coin} are known on ${venue}` });
    }
    return networks;
  });
  if (!out || !into) return { routes: [], reasons };
  const routes: Route[] = [];
  for (const name of namesOf(out, into)) {
    const found = routeOn(query, { name, leaving: out.get(name), arriving: into.get(name) });
    if (Array.isArray(found)) reasons.push(...found);
    else routes.push(found);
  }
  return { routes, reasons };
}

export interface RoutedAmount {
  readonly route: Route;
  readonly sent: string;
  /** What the withdrawal costs, and what arrives. */
  readonly cost: string;
  readonly arrives: string;
}

/**
 * The route on which most of the amount arrives; of equal ones the fastest.
 * @returns null with every reason why none will do.
 */
export function cheapestRoute(
  { routes, reasons }: Routes,
  amount: string,
): { readonly best: RoutedAmount | null; readonly reasons: readonly RouteReason[] } {
  const sent = parseExact(amount);
  const rejected: RouteReason[] = [...reasons];
  let best: { readonly route: Route; readonly cost: Exact } | null = null;
  for (const route of routes) {
    const cost = withdrawalCost(route, sent);
    const obstacle = obstacleTo(route, sent, cost);
    if (obstacle !== null) rejected.push({ reason: 'withdrawal', detail: obstacle });
    else if (best === null || isBetter({ route, cost }, best)) best = { route, cost };
  }
  if (best === null) return { best: null, reasons: rejected };
  const { route, cost } = best;
  const arrives = formatExact(subtractExact(sent, cost));
  return {
    best: { route, sent: formatExact(sent), cost: formatExact(cost), arrives },
    reasons: [],
  };
}

/** What a withdrawal of so much costs: the fraction of it and the flat fee. */
export function withdrawalCost(
  { withdrawFee, withdrawPercent }: Pick<Route, 'withdrawFee' | 'withdrawPercent'>,
  amount: Exact,
): Exact {
  return addExact(multiplyExact(amount, parseExact(withdrawPercent)), parseExact(withdrawFee));
}

/** From the order to withdraw until the receiver credits it. */
export function transferDelayMs(leaving: Network, arriving: Network): number {
  const seconds = Math.max(leaving.blockSeconds, arriving.blockSeconds);
  // Whole microseconds first: 0.4 s is no binary fraction.
  const blocksUs = Math.round(seconds * 1_000_000) * arriving.confirmations;
  return Math.ceil((Math.round(leaving.processingSeconds * 1_000_000) + blocksUs) / 1000);
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** By name; null: the table has none. */
function networksOf(table: FeeTable, venue: string, coin: string): Map<string, Network> | null {
  const networks = own(feesOf(table, venue)?.coins ?? {}, coin);
  if (networks === undefined || networks.length === 0) return null;
  return new Map(networks.map((network) => [network.name, network]));
}

function namesOf(...sides: readonly Map<string, Network>[]): string[] {
  return [...new Set(sides.flatMap((side) => [...side.keys()]))].sort();
}

interface Sides {
  readonly name: string;
  readonly leaving: Network | undefined;
  readonly arriving: Network | undefined;
}

function routeOn(query: RouteQuery, { name, leaving, arriving }: Sides): Route | RouteReason[] {
  const { coin, from, to, maxDelayMs } = query;
  const reasons: RouteReason[] = [];
  const reject = (reason: RouteReason['reason'], detail: string): void => {
    reasons.push({ reason, detail: `${coin} on ${name}: ${detail}` });
  };
  if (!leaving) reject('no-fees', `${from} is not known to have this network`);
  if (!arriving) reject('no-fees', `${to} is not known to have this network`);
  if (leaving?.canWithdraw === false) {
    reject('withdrawal-suspended', `${from} has suspended withdrawals`);
  }
  if (arriving?.canDeposit === false) {
    reject('withdrawal-suspended', `${to} has suspended deposits`);
  }
  const fee = leaving?.withdrawFee ?? null;
  if (leaving && fee === null) reject('no-fees', `the withdrawal fee of ${from} is not known`);
  const delayMs = leaving && arriving ? transferDelayMs(leaving, arriving) : 0;
  if (maxDelayMs !== undefined && delayMs > maxDelayMs) {
    reject('transfer-time', `takes ${seconds(delayMs)}, more than ${seconds(maxDelayMs)}`);
  }
  if (!leaving || fee === null || reasons.length > 0) return reasons;
  const { withdrawPercent, withdrawMin } = leaving;
  return { coin, from, to, network: name, withdrawFee: fee, withdrawPercent, withdrawMin, delayMs };
}

/** Why so much can't be sent on a route; null: it can. */
function obstacleTo(route: Route, sent: Exact, cost: Exact): string | null {
  const { coin, network, from, withdrawMin } = route;
  const amount = formatExact(sent);
  if (withdrawMin !== null && compareExact(sent, parseExact(withdrawMin)) < 0) {
    return `${coin} on ${network}: ${amount} is less than ${withdrawMin}, the smallest withdrawal of ${from}`;
  }
  if (compareExact(sent, cost) > 0) return null;
  return `${coin} on ${network}: of ${amount} nothing arrives: the withdrawal costs ${formatExact(cost)}`;
}

interface Candidate {
  readonly route: Route;
  readonly cost: Exact;
}

/** Of equal ones the first stays. */
function isBetter(a: Candidate, b: Candidate): boolean {
  const order = compareExact(a.cost, b.cost);
  return order === 0 ? a.route.delayMs < b.route.delayMs : order < 0;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
