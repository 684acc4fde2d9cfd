/** What it costs to buy on one venue and to sell on another, parsed once for many books. */

import type { InstrumentFacts } from '../../../logger/market/instrument.ts';
import type { ExchangeFees } from '../../fees/fee-table.ts';
import { ONE, ZERO, addExact, parseExact, subtractExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';

/** Where an exchange does not say its lot. */
const FINEST_LOT = '0.00000001';

/** An exchange's rules for one order. */
export type OrderRules = Pick<InstrumentFacts, 'lotSize' | 'minSize' | 'minNotional'>;

export type TakerFee = Pick<ExchangeFees, 'taker' | 'feeIn'>;

/** What leaves of an amount that is withdrawn: less `percent` of it (a fraction), less `fee`. */
export interface Withdrawal {
  readonly fee: string;
  readonly percent: string;
  /** The smallest amount that is sent. */
  readonly min: string;
}

export interface LegTerms {
  /** Sizes are multiples of it. */
  readonly lot: Exact;
  readonly minSize: Exact;
  /** Of what is walked, before the fee. */
  readonly minNotional: Exact;
}

export interface TradeTerms {
  readonly buy: LegTerms & {
    /** Paid for each unit of quote that is walked. */
    readonly paid: Exact;
    /** Received for each unit of base that is bought. */
    readonly kept: Exact;
  };
  readonly sell: LegTerms & {
    /** Received for each unit of quote that is walked. */
    readonly kept: Exact;
  };
  /** null: what is sold is there already. */
  readonly withdrawal: {
    /** Of each unit of base. */
    readonly kept: Exact;
    readonly fee: Exact;
    readonly min: Exact;
  } | null;
}

export interface TradeCosts {
  readonly buy: { readonly fees: TakerFee; readonly rules: OrderRules };
  readonly sell: { readonly fees: TakerFee; readonly rules: OrderRules };
  readonly withdrawal: Withdrawal | null;
}

/** @throws InvalidArgumentError unless all are plain decimals. */
export function tradeTerms({ buy, sell, withdrawal }: TradeCosts): TradeTerms {
  const buyFee = parseExact(buy.fees.taker);
  const isPaidInQuote = buy.fees.feeIn === 'quote';
  return {
    buy: {
      ...legTerms(buy.rules),
      paid: isPaidInQuote ? addExact(ONE, buyFee) : ONE,
      kept: isPaidInQuote ? ONE : subtractExact(ONE, buyFee),
    },
    // A sale receives quote: either way its fee is in quote.
    sell: { ...legTerms(sell.rules), kept: subtractExact(ONE, parseExact(sell.fees.taker)) },
    withdrawal: withdrawal && {
      kept: subtractExact(ONE, parseExact(withdrawal.percent)),
      fee: parseExact(withdrawal.fee),
      min: parseExact(withdrawal.min),
    },
  };
}

/** The same without the smallest sizes of orders and withdrawals. */
export function withoutMinimums(terms: TradeTerms): TradeTerms {
  const none = { minSize: ZERO, minNotional: ZERO };
  return {
    buy: { ...terms.buy, ...none },
    sell: { ...terms.sell, ...none },
    withdrawal: terms.withdrawal && { ...terms.withdrawal, min: ZERO },
  };
}

function legTerms({ lotSize, minSize, minNotional }: OrderRules): LegTerms {
  const lot = parseExact(lotSize ?? FINEST_LOT);
  return {
    lot: lot.value > 0n ? lot : parseExact(FINEST_LOT),
    minSize: parseExact(minSize ?? '0'),
    minNotional: parseExact(minNotional ?? '0'),
  };
}
