/** The best size against trying every whole lot, with a formula of its own in fixed units. */

import { expect, it } from 'vitest';
import { formatExact, parseExact } from '../../../../../pipe/market/exact.ts';
import type { Exact } from '../../../../../pipe/market/exact.ts';
import { bestSize } from '../../../../../pipe/strategy/arbitrage/best-size.ts';
import { figuresOf } from '../../../../../pipe/strategy/arbitrage/profit.ts';
import { tradeTerms } from '../../../../../pipe/strategy/arbitrage/terms.ts';
import type { TradeCosts } from '../../../../../pipe/strategy/arbitrage/terms.ts';
import { seededRandom, testSeed } from '../../../../support/seeded-random.ts';
import type { SeededRandom } from '../../../../support/seeded-random.ts';
import { sideOf } from '../../../../support/trade-books.ts';

const seed = testSeed();
const DECIMALS = 12;
const UNIT = 10n ** BigInt(DECIMALS);

it(`no whole lot brings more than the best size [seed ${seed}]`, () => {
  const random = seededRandom(seed);
  let found = 0;
  for (let i = 0; i < 1000; i++) {
    const trade = randomTrade(random);
    const { asks, bids, costs, caps } = trade;
    const best = bestSize(
      tradeTerms(costs),
      sideOf('ask', asks.map(levelText).join(' '), trade.askOptions),
      sideOf('bid', bids.map(levelText).join(' '), trade.bidOptions),
      caps,
    );
    const { size, profit } = figuresOf(best.result);
    expect({ i, trade, size, profit }).toEqual({ i, trade, ...bestByTrying(trade) });
    if (size !== '0') found++;
  }
  expect(found).toBeGreaterThan(50);
}, 120_000);

interface Level {
  readonly price: string;
  readonly size: string;
}

interface RandomTrade {
  readonly asks: readonly Level[];
  readonly bids: readonly Level[];
  readonly askOptions: { horizon?: string; taken?: Record<string, string> };
  readonly bidOptions: { horizon?: string; taken?: Record<string, string> };
  readonly costs: TradeCosts;
  readonly caps: Record<'maxNotional' | 'quoteBalance' | 'baseBalance', Exact | null>;
}

function randomTrade(random: SeededRandom): RandomTrade {
  const decimal = (from: number, to: number, exponent: number): string =>
    formatExact({ value: BigInt(random.integer(from, to)), exponent });
  const maybe = <T>(chance: number, value: () => T): T | null =>
    random.chance(chance) ? value() : null;
  const levels = (start: number, sign: 1 | -1): Level[] => {
    let price = start;
    return Array.from({ length: random.integer(1, 6) }, () => {
      price += sign * random.integer(1, random.pick([3, 40]));
      return { price: decimal(price, price, 1), size: decimal(1, random.pick([30, 200]), 2) };
    });
  };
  const asks = levels(1000, 1);
  const bids = levels(1000 + random.integer(10, 120), -1);
  const options = (side: readonly Level[]): RandomTrade['askOptions'] => ({
    ...(random.chance(0.2) && { horizon: random.pick(side).price }),
    ...(random.chance(0.3) && { taken: { [random.pick(side).price]: decimal(1, 900, 3) } }),
  });
  const rules = (): TradeCosts['buy']['rules'] => ({
    lotSize: random.pick(['0.01', '0.03', '0.05', '0.1', '0.007', '0.5']),
    minSize: maybe(0.2, () => decimal(1, 60, 2)),
    minNotional: maybe(0.2, () => decimal(1, 600, 1)),
  });
  const fees = (): TradeCosts['buy']['fees'] => ({
    taker: random.pick(['0', '0.001', '0.00075', '0.006', '0.02']),
    feeIn: random.pick(['received', 'quote']),
  });
  return {
    asks,
    bids,
    askOptions: options(asks),
    bidOptions: options(bids),
    costs: {
      buy: { fees: fees(), rules: rules() },
      sell: { fees: fees(), rules: rules() },
      withdrawal: maybe(0.6, () => ({
        fee: random.pick(['0', '0.001', '0.05', '0.0137']),
        percent: random.pick(['0', '0', '0.001', '0.01']),
        min: random.pick(['0', '0.5']),
      })),
    },
    caps: {
      maxNotional: maybe(0.2, () => parseExact(decimal(1, 40_000, 2))),
      quoteBalance: maybe(0.2, () => parseExact(decimal(1, 40_000, 2))),
      baseBalance: maybe(0.2, () => parseExact(decimal(1, 4000, 3))),
    },
  };
}

const levelText = ({ price, size }: Level): string => `${price}×${size}`;

/** Units of 10⁻¹². */
function units(value: string | Exact | null): bigint {
  if (value === null) return 0n;
  const amount = typeof value === 'string' ? parseExact(value) : value;
  return amount.value * 10n ** BigInt(DECIMALS - amount.exponent);
}

type Levels = readonly (readonly [price: bigint, size: bigint])[];

function usable(levels: readonly Level[], options: RandomTrade['askOptions']): Levels {
  const end = levels.findIndex(({ price }) => price === options.horizon);
  return levels.slice(0, end < 0 ? levels.length : end + 1).map(({ price, size }) => {
    const left = units(size) - units(options.taken?.[price] ?? '0');
    return [units(price), left > 0n ? left : 0n];
  });
}

/** Money in units of 10⁻²⁴; null: not so much is there. */
function walked(levels: Levels, size: bigint): bigint | null {
  let left = size;
  let money = 0n;
  for (const [price, there] of levels) {
    const taken = there < left ? there : left;
    money += price * taken;
    left -= taken;
  }
  return left > 0n ? null : money;
}

function bestByTrying(trade: RandomTrade): { size: string; profit: string } {
  const { costs, caps } = trade;
  const { buy, sell, withdrawal } = costs;
  const asks = usable(trade.asks, trade.askOptions);
  const bids = usable(trade.bids, trade.bidOptions);
  const lot = units(buy.rules.lotSize);
  const total = asks.reduce((sum, [, size]) => sum + size, 0n);
  const buyFee = units(buy.fees.taker);
  const inQuote = buy.fees.feeIn === 'quote';
  let best = { size: 0n, profit: 0n };
  for (let size = lot; size <= total; size += lot) {
    const notional = walked(asks, size) as bigint;
    // In units of 10⁻²⁴, 10⁻²⁴ and 10⁻³⁶.
    const cost = notional * (inQuote ? UNIT + buyFee : UNIT);
    const received = size * (inQuote ? UNIT : UNIT - buyFee);
    let arrived = received * UNIT;
    if (withdrawal) {
      if (received < units(withdrawal.min) * UNIT) continue;
      arrived = received * (UNIT - units(withdrawal.percent)) - units(withdrawal.fee) * UNIT * UNIT;
    }
    if (arrived < 0n) continue;
    const sellLot = units(sell.rules.lotSize);
    const sold = (arrived / (sellLot * UNIT * UNIT)) * sellLot;
    const revenue = walked(bids, sold);
    if (revenue === null) continue;
    const isLargeEnough =
      size >= units(buy.rules.minSize) &&
      sold >= units(sell.rules.minSize) &&
      notional >= units(buy.rules.minNotional) * UNIT &&
      revenue >= units(sell.rules.minNotional) * UNIT;
    const isAllowed = isLargeEnough && isWithin(caps, { notional, cost, sold });
    const profit = revenue * (UNIT - units(sell.fees.taker)) - cost;
    if (isAllowed && profit > best.profit) best = { size, profit };
  }
  return {
    size: formatExact({ value: best.size, exponent: DECIMALS }),
    profit: formatExact({ value: best.profit, exponent: 3 * DECIMALS }),
  };
}

function isWithin(
  { maxNotional, quoteBalance, baseBalance }: RandomTrade['caps'],
  amounts: { readonly notional: bigint; readonly cost: bigint; readonly sold: bigint },
): boolean {
  const { notional, cost, sold } = amounts;
  return (
    (maxNotional === null || notional <= units(maxNotional) * UNIT) &&
    (quoteBalance === null || cost <= units(quoteBalance) * UNIT * UNIT) &&
    (baseBalance === null || sold <= units(baseBalance))
  );
}
