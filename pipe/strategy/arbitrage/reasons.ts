/** Every reason that speaks against an action, each with its figures for people. Pure. */

import {
  compareExact,
  formatExact,
  multiplyExact,
  negateExact,
  parseExact,
} from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { DecisionRecord, Reason } from '../../records/records.ts';
import { bookSide } from '../book-side.ts';
import type { Bests, DecisionQuestion } from './question.ts';
import type { Expectation } from './expectation.ts';
import { NO_CAPS } from './pieces.ts';
import { bestWay, isEnough } from './plan.ts';
import type { BestWay, LegBook } from './plan.ts';
import { walk } from './profit.ts';
import type { ArbitrageSettings } from './settings.ts';
import type { TradeTerms } from './terms.ts';

type Reasons = DecisionRecord['reasons'];
type OneReason = Reasons[number];

export function reasonsAgainst(
  question: DecisionQuestion,
  bests: Bests,
  expected: Expectation | Record<string, never>,
): Reasons {
  return [
    ...bookReasons(question.atUs, [question.buy, question.sell], question.settings),
    ...profitReasons(question, bests),
    ...transferReasons(question, bests.own, expected),
    ...limitReasons(question),
  ];
}

export const because = (reason: Reason, detail: string): OneReason => ({ reason, detail });

/** Why books must not be traded: each is too old, or crossed. */
export function bookReasons(
  atUs: number,
  legs: readonly LegBook[],
  settings: ArbitrageSettings,
): Reasons {
  return legs.flatMap((leg) => {
    const reasons: OneReason[] = [];
    const ageUs = atUs - leg.point.receiveTimeUs;
    if (ageUs >= settings.maxAgeUs) {
      const [age, limit] = [ageUs, settings.maxAgeUs].map((us) => `${us / 1000} ms`);
      reasons.push(because('stale', `${leg.venue}: nothing for ${age}, the limit is ${limit}`));
    }
    const crossed = crossedAt(leg);
    if (crossed) reasons.push(because('crossed', `${leg.venue}: ${crossed}`));
    return reasons;
  });
}

function crossedAt({ book }: LegBook): string | null {
  const [bid, ask] = [book.best('bid'), book.best('ask')];
  if (!bid || !ask || bid[0] < ask[0]) return null;
  const text = (price: number | bigint): string =>
    formatExact({ value: BigInt(price), exponent: book.scale.priceExponent });
  return `bid ${text(bid[0])}, ask ${text(ask[0])}`;
}

function profitReasons(question: DecisionQuestion, bests: Bests): Reasons {
  const { settings } = question;
  if (isEnough(bests.own, settings)) return [];
  if (!isEnough(bests.market, settings)) return marketReasons(question, bests);
  const reasons: OneReason[] = [];
  const detail = (best: BestWay): string => `leaves ${profitText(best)}`;
  const isAffordable = isEnough(bests.affordable, settings);
  const isUntaken = isEnough(bests.untaken, settings);
  if (!isAffordable) {
    const { quote, base } = question.inputs.balances;
    const { direction } = question.inputs;
    reasons.push(
      because(
        'inventory',
        `${quote} ${direction.quote} on ${direction.buy.venue}, ${base} ${direction.base} on ${direction.sell.venue}: ${detail(bests.affordable)}`,
      ),
    );
  }
  if (!isUntaken || isAffordable) {
    reasons.push(
      because(
        'already-taken',
        `what is not taken yet ${detail(isUntaken ? bests.own : bests.untaken)}`,
      ),
    );
  }
  return reasons;
}

/** Why the market brings too little. */
function marketReasons(question: DecisionQuestion, bests: Bests): Reasons {
  const { settings, buy, sell } = question;
  const { market } = bests;
  const { limitedBy, result } = market.best;
  const reasons: OneReason[] = [];
  if (result === null) {
    const lost = lostToFees(market.way.terms, buy, sell);
    if (lost) return [because('fees', lost)];
    if (bests.withoutMinimums.best.result !== null) return [minimumReason(bests)];
    return [
      because(
        settings.transfer ? 'withdrawal' : 'min-size',
        nothingText(market, settings.transfer),
      ),
    ];
  }
  reasons.push(
    because(
      'below-threshold',
      `${profitText(market)}, at least ${settings.minProfit} is asked for`,
    ),
  );
  if (limitedBy === 'depth' || limitedBy === 'horizon') {
    const what = limitedBy === 'depth' ? 'there is no more' : 'no more is known of the books';
    reasons.push(because('depth', `at a size of ${formatExact(result.size)} ${what}`));
  }
  if (limitedBy === 'notional' && isEnough(withoutNotional(question, market), settings)) {
    reasons.push(because('limit', `no more than ${settings.maxNotional} may be spent`));
  }
  return reasons;
}

function withoutNotional({ buy, sell }: DecisionQuestion, { way }: BestWay): BestWay {
  const nothing = new Map<string, Exact>();
  const limits = { caps: NO_CAPS, asksTaken: nothing, bidsTaken: nothing, hasMinimums: true };
  return bestWay([way], buy, sell, limits);
}

/** A minimum of the exchanges, or that of a withdrawal. */
function minimumReason({ withoutMinimums }: Bests): OneReason {
  const { best, way } = withoutMinimums;
  const size = formatExact(best.result?.size ?? parseExact('0'));
  const received = best.result?.received;
  const min = way.terms.withdrawal?.min;
  if (min && received && compareExact(received, min) < 0) {
    return because('withdrawal', `a size of ${size} is less than the smallest withdrawal`);
  }
  return because('min-size', `a size of ${size} is less than an exchange accepts`);
}

function nothingText({ way }: BestWay, isTransfer: boolean): string {
  return isTransfer && way.terms.withdrawal
    ? `a withdrawal costs ${formatExact(way.terms.withdrawal.fee)} and more than any size brings`
    : 'not a single lot brings a profit';
}

/** Why not even the best prices pay after fees; null: they do. */
function lostToFees(terms: TradeTerms, buy: LegBook, sell: LegBook): string | null {
  const [ask, bid] = [bestOf('ask', buy), bestOf('bid', sell)];
  if (ask === null || bid === null) return null;
  const paid = multiplyExact(ask, terms.buy.paid);
  const kept = multiplyExact(multiplyExact(bid, terms.sell.kept), terms.buy.kept);
  const left = terms.withdrawal ? multiplyExact(kept, terms.withdrawal.kept) : kept;
  if (compareExact(left, paid) > 0) return null;
  return `bought at ${formatExact(ask)}, sold at ${formatExact(bid)}: after fees ${formatExact(left)} for ${formatExact(paid)}`;
}

function bestOf(side: 'bid' | 'ask', { book, horizon }: LegBook): Exact | null {
  const best = book.best(side);
  if (!best) return null;
  const one = { value: BigInt(best[1]), exponent: book.scale.sizeExponent };
  return walk(bookSide(side, book, horizon), one)?.worst ?? null;
}

function transferReasons(
  { settings }: DecisionQuestion,
  own: BestWay,
  expected: Expectation | Record<string, never>,
): Reasons {
  if (!settings.transfer || own.way.route === null || own.best.result === null) return [];
  const { transfer, profit } = expected as Expectation;
  if (transfer?.risk == null) {
    return [because('transfer-risk', 'the last 24 hours have too few proven minutes')];
  }
  if (compareExact(parseExact(profit), parseExact(settings.minProfit)) >= 0) return [];
  return [
    because(
      'transfer-risk',
      `${transfer.risk} may be lost in ${transfer.delayMs / 1000} s, which leaves ${profit}`,
    ),
  ];
}

function limitReasons({ inputs, settings }: DecisionQuestion): Reasons {
  const { halted, standing } = inputs;
  const reasons: OneReason[] = [];
  if (settings.transfer && standing.openTransfers >= settings.maxOpenTransfers) {
    reasons.push(because('limit', `${standing.openTransfers} transfers are on their way`));
  }
  if (standing.failures >= settings.maxFailures) {
    reasons.push(because('limit', `${standing.failures} actions in a row have failed`));
  }
  const { maxDailyLoss } = settings;
  if (maxDailyLoss !== null && isLost(standing.resultOfDay, maxDailyLoss)) {
    reasons.push(because('limit', `the result of this day is ${standing.resultOfDay}`));
  }
  if (halted !== null) reasons.push(because('halted', halted));
  return reasons;
}

/** A result is a loss of at least so much. */
export function isLost(result: string, maxLoss: string): boolean {
  const loss = negateExact(parseExact(result));
  return loss.value > 0n && compareExact(loss, parseExact(maxLoss)) >= 0;
}

function profitText({ best }: BestWay): string {
  return best.result ? `a profit of ${formatExact(best.result.profit)}` : 'no profit';
}
