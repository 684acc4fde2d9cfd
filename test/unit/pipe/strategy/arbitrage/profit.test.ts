import { describe, expect, it } from 'vitest';
import { parseExact } from '../../../../../pipe/market/exact.ts';
import { bestSize } from '../../../../../pipe/strategy/arbitrage/best-size.ts';
import { NO_CAPS } from '../../../../../pipe/strategy/arbitrage/pieces.ts';
import { figuresOf, profitOf } from '../../../../../pipe/strategy/arbitrage/profit.ts';
import { tradeTerms, withoutMinimums } from '../../../../../pipe/strategy/arbitrage/terms.ts';
import type { TradeCosts } from '../../../../../pipe/strategy/arbitrage/terms.ts';
import { sideOf } from '../../../../support/trade-books.ts';

const NO_RULES = { lotSize: null, minSize: null, minNotional: null };
const RECEIVED = { taker: '0.001', feeIn: 'received' } as const;
const IN_QUOTE = { taker: '0.001', feeIn: 'quote' } as const;

/** The contract's: 0.1 % of what is received on both venues, withdrawal 0.001. */
const COSTS: TradeCosts = {
  buy: { fees: RECEIVED, rules: NO_RULES },
  sell: { fees: RECEIVED, rules: NO_RULES },
  withdrawal: { fee: '0.001', percent: '0', min: '0' },
};
const ASKS = sideOf('ask', '100×1 101×2');
const BIDS = sideOf('bid', '103×1.5 102×1');

function figures(costs: TradeCosts, size: string): Record<string, string> {
  return { ...figuresOf(profitOf(tradeTerms(costs), ASKS, BIDS, parseExact(size))) };
}

function best(costs: TradeCosts, caps = {}, asks = ASKS, bids = BIDS): [string, string, string] {
  const { result, limitedBy } = bestSize(tradeTerms(costs), asks, bids, { ...NO_CAPS, ...caps });
  const { size, profit } = figuresOf(result);
  return [size, profit, limitedBy];
}

function withRules(
  buy: Partial<typeof NO_RULES> | Record<string, string>,
  sell: Partial<typeof NO_RULES> | Record<string, string> = {},
): TradeCosts {
  return {
    ...COSTS,
    buy: { fees: RECEIVED, rules: { ...NO_RULES, ...buy } },
    sell: { fees: RECEIVED, rules: { ...NO_RULES, ...sell } },
  };
}

describe('the profit of a size', () => {
  it('is what the contract says, to the last digit', () => {
    expect(figures(COSTS, '2.5')).toEqual({
      size: '2.5',
      cost: '251.5',
      received: '2.4975',
      transferred: '2.4965',
      sold: '2.4965',
      revenue: '256.143',
      net: '255.886857',
      profit: '4.386857',
      bps: '174.43',
    });
    expect(figures(COSTS, '1')).toMatchObject({ profit: '2.691206', bps: '269.12' });
  });

  it('has the fee of the buy in quote where the exchange charges it there', () => {
    const costs = { ...COSTS, buy: { ...COSTS.buy, fees: IN_QUOTE }, withdrawal: null };
    expect(figures(costs, '1')).toMatchObject({ cost: '100.1', received: '1', net: '102.897' });
    // A sale receives quote either way.
    const sold = { ...COSTS, sell: { ...COSTS.sell, fees: IN_QUOTE } };
    expect(figures(sold, '1')).toEqual(figures(COSTS, '1'));
  });

  it('has a withdrawal that costs a part, and whole lots sold', () => {
    const costs = {
      ...withRules({}, { lotSize: '0.01' }),
      withdrawal: { fee: '0.001', percent: '0.01', min: '0' },
    };
    expect(figures(costs, '1')).toMatchObject({
      received: '0.999',
      transferred: '0.98801',
      sold: '0.98',
      revenue: '100.94',
    });
  });

  it('is nothing sold where the withdrawal costs more than was bought', () => {
    expect(figures(COSTS, '0.0005')).toMatchObject({
      transferred: '0',
      sold: '0',
      profit: '-0.05',
    });
  });

  it('is unknown beyond what is there', () => {
    expect(profitOf(tradeTerms(COSTS), ASKS, BIDS, parseExact('3.1'))).toBeNull();
    expect(profitOf(tradeTerms(COSTS), ASKS, BIDS, parseExact('2.6'))).toBeNull();
    const known = sideOf('ask', '100×1 101×2', { horizon: '100' });
    expect(profitOf(tradeTerms(COSTS), known, BIDS, parseExact('1'))).not.toBeNull();
    expect(profitOf(tradeTerms(COSTS), known, BIDS, parseExact('1.1'))).toBeNull();
  });
});

describe('the best size', () => {
  it('takes all that pays in both books', () => {
    expect(best(withRules({ lotSize: '0.1' }, { lotSize: '0.0001' }))).toEqual([
      '2.5',
      '4.386857',
      'depth',
    ]);
    // Without lots, the last that B buys is filled up.
    expect(best(COSTS)).toEqual(['2.50350351', '4.38964549', 'depth']);
  });

  it('ends where the next levels bring nothing after fees', () => {
    const bids = sideOf('bid', '103×1.5 101.1×1');
    expect(best(withRules({ lotSize: '0.1' }), {}, ASKS, bids)[2]).toBe('edge');
    expect(best(COSTS, {}, ASKS, sideOf('bid', '100×1'))).toEqual(['0', '0', 'edge']);
  });

  it('is capped by what may be spent, by balances and by horizons', () => {
    const costs = withRules({ lotSize: '0.1' });
    expect(best(costs, { maxNotional: parseExact('150.6') })).toEqual([
      '1.5',
      expect.anything(),
      'notional',
    ]);
    expect(best(costs, { quoteBalance: parseExact('100') })).toEqual(['1', '2.691206', 'balance']);
    expect(best({ ...costs, withdrawal: null }, { baseBalance: parseExact('0.9999') })[2]).toBe(
      'balance',
    );
    const asks = sideOf('ask', '100×1 101×2', { horizon: '100' });
    expect(best(costs, {}, asks)).toEqual(['1', '2.691206', 'horizon']);
    const bids = sideOf('bid', '103×1.5 102×1', { horizon: '103' });
    expect(best(costs, {}, ASKS, bids)[2]).toBe('horizon');
  });

  it('leaves out what was taken of a level', () => {
    const asks = sideOf('ask', '100×1 101×2', { taken: { '100': '1', '101': '0.0005' } });
    const whole = sideOf('ask', '101×1.9995');
    expect(best(COSTS, {}, asks)).toEqual(best(COSTS, {}, whole));
  });

  it('is none below a minimum of an order or a withdrawal', () => {
    const tooLarge: TradeCosts[] = [
      withRules({ minSize: '2.6' }),
      withRules({ minNotional: '260' }),
      withRules({}, { minSize: '2.51' }),
      withRules({}, { minNotional: '257' }),
      { ...COSTS, withdrawal: { fee: '0.001', percent: '0', min: '2.6' } },
    ];
    for (const costs of tooLarge) {
      expect(best(costs)[0]).toBe('0');
      const { result } = bestSize(withoutMinimums(tradeTerms(costs)), ASKS, BIDS, NO_CAPS);
      expect(figuresOf(result).size).not.toBe('0');
    }
    expect(best(withRules({ minSize: '2.5', lotSize: '0.1' }))[1]).toBe('4.386857');
  });

  it('is none where a flat fee eats the edge', () => {
    const costs = { ...COSTS, withdrawal: { fee: '0.1', percent: '0', min: '0' } };
    expect(best(costs)[0]).toBe('0');
  });
});
