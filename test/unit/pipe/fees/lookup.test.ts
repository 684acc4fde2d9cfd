import { describe, expect, it } from 'vitest';
import type { FeeTable, Network } from '../../../../pipe/fees/fee-table.ts';
import {
  cheapestRoute,
  feesOf,
  routesBetween,
  tradeFee,
  transferDelayMs,
} from '../../../../pipe/fees/lookup.ts';
import { compareExact, multiplyExact, parseExact } from '../../../../pipe/market/exact.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const origin = { source: 'assumed', readAt: '2026-11-30' };

function network(name: string, changes: Partial<Network> = {}): Network {
  return {
    name,
    withdrawFee: '0.001',
    withdrawPercent: '0',
    withdrawMin: '0.01',
    canWithdraw: true,
    canDeposit: true,
    confirmations: 2,
    blockSeconds: 600,
    processingSeconds: 300,
    origin,
    ...changes,
  };
}

function tableOf(
  coins: Readonly<Record<'a' | 'b', Readonly<Record<string, readonly Network[]>>>>,
): FeeTable {
  const fees = { taker: '0.001', maker: '-0.00025', latencyMs: 100, origin } as const;
  return {
    exchanges: {
      a: { ...fees, feeIn: 'received', coins: coins.a },
      b: { ...fees, feeIn: 'quote', coins: coins.b },
    },
  };
}

const both = tableOf({ a: { BTC: [network('bitcoin')] }, b: { BTC: [network('bitcoin')] } });

describe('fee of a trade', () => {
  const trade = { base: 'BTC', quote: 'USDT', size: '2.5', notional: '251.5' };

  it('is charged in what is received, or always in quote', () => {
    expect(tradeFee(both, { ...trade, venue: 'a', side: 'buy' })).toEqual({
      coin: 'BTC',
      fraction: '0.001',
      amount: '0.0025',
    });
    expect(tradeFee(both, { ...trade, venue: 'a', side: 'sell' })).toMatchObject({
      coin: 'USDT',
      amount: '0.2515',
    });
    expect(tradeFee(both, { ...trade, venue: 'b', side: 'buy' })).toMatchObject({
      coin: 'USDT',
      amount: '0.2515',
    });
  });

  it('is negative where makers are paid', () => {
    const made = tradeFee(both, { ...trade, venue: 'b', side: 'sell', liquidity: 'maker' });
    expect(made?.amount).toBe('-0.062875');
  });

  it('is not known of an exchange that the table lacks', () => {
    expect(tradeFee(both, { ...trade, venue: 'c', side: 'buy' })).toBeNull();
    expect(tradeFee(both, { ...trade, venue: 'constructor', side: 'buy' })).toBeNull();
  });

  it('is that of the exchange for each of its sources, unless one is named itself', () => {
    const { a, b } = both.exchanges;
    const table: FeeTable = { exchanges: { a: a!, 'a@two': b! } };
    expect(feesOf(table, 'a@one')).toBe(a);
    expect(feesOf(table, 'a@two')).toBe(b);
    expect(feesOf(table, 'b@one')).toBeNull();
  });
});

describe('routes', () => {
  const query = { coin: 'BTC', from: 'a', to: 'b' };

  it('have the fee of the sender, and its processing beside the confirmations of the receiver', () => {
    const table = tableOf({
      a: { BTC: [network('bitcoin', { withdrawFee: '0.0002', confirmations: 1 })] },
      b: { BTC: [network('bitcoin', { withdrawFee: '0.9', processingSeconds: 9999 })] },
    });
    expect(routesBetween(table, query)).toEqual({
      routes: [
        {
          coin: 'BTC',
          from: 'a',
          to: 'b',
          network: 'bitcoin',
          withdrawFee: '0.0002',
          withdrawPercent: '0',
          withdrawMin: '0.01',
          delayMs: 1_500_000,
        },
      ],
      reasons: [],
    });
  });

  it('need a time to the millisecond for blocks of a part of a second', () => {
    const solana = network('solana', { blockSeconds: 0.4, processingSeconds: 0.1 });
    expect(transferDelayMs(solana, { ...solana, confirmations: 32 })).toBe(12_900);
    expect(transferDelayMs(solana, { ...solana, confirmations: 0 })).toBe(100);
  });

  it('are none with every reason', () => {
    const table = tableOf({
      a: {
        ETH: [
          network('arbitrum', { canWithdraw: false }),
          network('ethereum', { withdrawFee: null, confirmations: 64, blockSeconds: 12 }),
          network('optimism'),
        ],
      },
      b: {
        ETH: [
          network('arbitrum', { canDeposit: false }),
          network('base'),
          network('ethereum', { confirmations: 64, blockSeconds: 12 }),
        ],
      },
    });
    const { routes, reasons } = routesBetween(table, { ...query, coin: 'ETH', maxDelayMs: 60_000 });
    expect(routes).toEqual([]);
    expect(reasons.map(({ reason, detail }) => `${reason}: ${detail}`)).toEqual([
      'withdrawal-suspended: ETH on arbitrum: a has suspended withdrawals',
      'withdrawal-suspended: ETH on arbitrum: b has suspended deposits',
      'transfer-time: ETH on arbitrum: takes 1500 s, more than 60 s',
      'no-fees: ETH on base: a is not known to have this network',
      'no-fees: ETH on ethereum: the withdrawal fee of a is not known',
      'transfer-time: ETH on ethereum: takes 1068 s, more than 60 s',
      'no-fees: ETH on optimism: b is not known to have this network',
    ]);
    expect(routesBetween(table, { coin: 'XRP', from: 'a', to: 'c' }).reasons).toEqual([
      { reason: 'no-fees', detail: 'no networks of XRP are known on a' },
      { reason: 'no-fees', detail: 'no networks of XRP are known on c' },
    ]);
  });

  it('within the time limit are taken to the millisecond', () => {
    expect(routesBetween(both, { ...query, maxDelayMs: 1_500_000 }).routes).toHaveLength(1);
    expect(routesBetween(both, { ...query, maxDelayMs: 1_499_999 }).reasons).toMatchObject([
      { reason: 'transfer-time' },
    ]);
  });
});

describe('the cheapest route', () => {
  const flat = network('flat', { withdrawFee: '1', withdrawMin: '2' });
  const share = network('share', { withdrawFee: '0', withdrawPercent: '0.01', withdrawMin: null });
  const slow = network('slow', { withdrawFee: '1', withdrawMin: null, confirmations: 9 });
  const table = tableOf({ a: { X: [slow, flat, share] }, b: { X: [slow, flat, share] } });
  const routes = routesBetween(table, { coin: 'X', from: 'a', to: 'b' });

  it('depends on the amount', () => {
    expect(cheapestRoute(routes, '99').best).toMatchObject({
      route: { network: 'share' },
      cost: '0.99',
      arrives: '98.01',
    });
    expect(cheapestRoute(routes, '101').best).toMatchObject({
      route: { network: 'flat' },
      sent: '101',
      cost: '1',
      arrives: '100',
    });
  });

  it('is the fastest of equal ones, else the first by name', () => {
    expect(cheapestRoute(routes, '100').best?.route.network).toBe('flat');
    const same = tableOf({
      a: { X: [{ ...flat, name: 'z' }, flat] },
      b: { X: [{ ...flat, name: 'z' }, flat] },
    });
    const equal = routesBetween(same, { coin: 'X', from: 'a', to: 'b' });
    expect(cheapestRoute(equal, '5').best?.route.network).toBe('flat');
  });

  it('is none for too little', () => {
    const onlyFlat = routesBetween(tableOf({ a: { X: [flat, slow] }, b: { X: [flat, slow] } }), {
      coin: 'X',
      from: 'a',
      to: 'b',
    });
    expect(cheapestRoute(onlyFlat, '1')).toEqual({
      best: null,
      reasons: [
        {
          reason: 'withdrawal',
          detail: 'X on flat: 1 is less than 2, the smallest withdrawal of a',
        },
        {
          reason: 'withdrawal',
          detail: 'X on slow: of 1 nothing arrives: the withdrawal costs 1',
        },
      ],
    });
  });

  const random = seededRandom();
  it(`never is worse than another one (seed ${random.seed})`, () => {
    const decimal = (): string => `${random.integer(0, 3)}.${random.integer(0, 999_999_999)}`;
    for (let round = 0; round < 200; round++) {
      const networks = Array.from({ length: random.integer(1, 4) }, (_, index) =>
        network(`n${index}`, {
          withdrawFee: decimal(),
          withdrawPercent: `0.0${random.integer(0, 99)}`,
          withdrawMin: random.chance(0.5) ? decimal() : null,
          confirmations: random.integer(0, 9),
        }),
      );
      const any = tableOf({ a: { X: networks }, b: { X: networks } });
      const found = routesBetween(any, { coin: 'X', from: 'a', to: 'b' });
      const amount = decimal();
      const { best, reasons } = cheapestRoute(found, amount);
      expect(best === null).toBe(reasons.length > 0);
      for (const each of networks) {
        const one = routesBetween(tableOf({ a: { X: [each] }, b: { X: [each] } }), {
          coin: 'X',
          from: 'a',
          to: 'b',
        });
        const alone = cheapestRoute(one, amount).best;
        if (alone === null) continue;
        expect(
          compareExact(parseExact(best!.arrives), parseExact(alone.arrives)),
        ).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe('exact decimals', () => {
  it('reject what is no plain decimal', () => {
    for (const text of ['', '1e3', '+1', '.5', '1.', ' 1', 'NaN', '0x1', '1'.repeat(61)]) {
      expect(() => parseExact(text), text).toThrow('not a plain decimal');
    }
  });

  it('keep every digit', () => {
    const product = multiplyExact(parseExact('-0.000000000000000001'), parseExact('123456789.1'));
    expect(product).toEqual({ value: -1234567891n, exponent: 19 });
  });
});
