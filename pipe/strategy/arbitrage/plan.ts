/** What buying on one venue and selling on the other could bring: on every way, with and without limits. Pure. */

import type { LevelBook } from '../../../logger/book/level-book.ts';
import type { Horizon } from '../../../logger/market/events.ts';
import type { FeeTable } from '../../fees/fee-table.ts';
import { feesOf, routesBetween } from '../../fees/lookup.ts';
import type { Route, RouteReason } from '../../fees/lookup.ts';
import { compareExact, parseExact } from '../../market/exact.ts';
import type { BookPoint } from '../../market/events.ts';
import { bookSide } from '../book-side.ts';
import type { TakenLevels } from '../book-side.ts';
import { bestSize } from './best-size.ts';
import type { BestSize } from './best-size.ts';
import type { Caps } from './pieces.ts';
import type { ArbitrageSettings } from './settings.ts';
import { tradeTerms, withoutMinimums } from './terms.ts';
import type { OrderRules, TradeTerms } from './terms.ts';

/** One venue's proven book at a moment. */
export interface LegBook {
  /** The venue's name, as in the table of fees. */
  readonly venue: string;
  readonly security: string;
  readonly source: string;
  readonly point: BookPoint;
  readonly book: LevelBook;
  readonly horizon: Horizon;
}

/** What does not change from event to event. */
export interface Direction {
  readonly buy: { readonly venue: string; readonly rules: OrderRules };
  readonly sell: { readonly venue: string; readonly rules: OrderRules };
  readonly base: string;
  readonly quote: string;
}

/** One way from venue to venue: a network; null: nothing is moved. */
export interface Way {
  readonly route: Route | null;
  readonly terms: TradeTerms;
}

export interface Ways {
  /** None: the fees are not known. */
  readonly ways: readonly Way[];
  readonly reasons: readonly RouteReason[];
}

/** All ways that the settings allow. In transfer mode without any, what it would be without a withdrawal. */
export function waysOf(direction: Direction, table: FeeTable, settings: ArbitrageSettings): Ways {
  const { buy, sell, base } = direction;
  const [buyFees, sellFees] = [feesOf(table, buy.venue), feesOf(table, sell.venue)];
  const reasons: RouteReason[] = [];
  for (const [fees, { venue }] of [[buyFees, buy] as const, [sellFees, sell] as const]) {
    if (fees === null) reasons.push({ reason: 'no-fees', detail: `no fees of ${venue} are known` });
  }
  if (buyFees === null || sellFees === null) return { ways: [], reasons };
  const costs = {
    buy: { fees: buyFees, rules: buy.rules },
    sell: { fees: sellFees, rules: sell.rules },
  };
  const alone: Way = { route: null, terms: tradeTerms({ ...costs, withdrawal: null }) };
  if (!settings.transfer) return { ways: [alone], reasons };
  const found = routesBetween(table, {
    coin: base,
    from: buy.venue,
    to: sell.venue,
    maxDelayMs: Math.floor(settings.maxTransferTimeUs / 1000),
  });
  if (found.routes.length === 0) return { ways: [alone], reasons: found.reasons };
  return {
    ways: found.routes.map((route) => {
      const { withdrawFee: fee, withdrawPercent: percent, withdrawMin } = route;
      const withdrawal = { fee, percent, min: withdrawMin ?? '0' };
      return { route, terms: tradeTerms({ ...costs, withdrawal }) };
    }),
    reasons,
  };
}

export interface Limits {
  readonly caps: Caps;
  readonly asksTaken: TakenLevels;
  readonly bidsTaken: TakenLevels;
  readonly hasMinimums: boolean;
}

export interface BestWay {
  readonly way: Way;
  readonly best: BestSize;
}

/** The way that brings most; of equal ones the first. */
export function bestWay(
  ways: readonly [Way, ...Way[]],
  buy: Pick<LegBook, 'book' | 'horizon'>,
  sell: Pick<LegBook, 'book' | 'horizon'>,
  limits: Limits,
): BestWay {
  const asks = bookSide('ask', buy.book, buy.horizon, limits.asksTaken);
  const bids = bookSide('bid', sell.book, sell.horizon, limits.bidsTaken);
  const all = ways.map((way): BestWay => {
    const terms = limits.hasMinimums ? way.terms : withoutMinimums(way.terms);
    return { way, best: bestSize(terms, asks, bids, limits.caps) };
  });
  return all.reduce((best, next) => (isBetter(next.best, best.best) ? next : best));
}

function isBetter(a: BestSize, b: BestSize): boolean {
  if (a.result === null || b.result === null) return a.result !== null;
  return compareExact(a.result.profit, b.result.profit) > 0;
}

/** It is worth being taken. */
export function isEnough({ best }: BestWay, settings: ArbitrageSettings): boolean {
  return (
    best.result !== null && compareExact(best.result.profit, parseExact(settings.minProfit)) >= 0
  );
}
