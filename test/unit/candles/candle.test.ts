import { describe, expect, test } from 'vitest';
import { CandleSums } from '../../../logger/candles/candle.ts';
import type { CandleTrade, CandleValues, TradeOrder } from '../../../logger/candles/candle.ts';
import { intervalStartUs } from '../../../logger/candles/timeframe.ts';
import { formatScaled, rescale } from '../../../logger/market/decimal.ts';
import type { Scale } from '../../../logger/market/decimal.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';

const SCALES: readonly Scale[] = [
  { priceExponent: 2, sizeExponent: 3 },
  { priceExponent: 2, sizeExponent: 8 },
  { priceExponent: 4, sizeExponent: 3 },
];

function sumsOf(order: TradeOrder, trades: readonly CandleTrade[]): CandleValues {
  const sums = new CandleSums(order, trades[0]?.scale ?? (SCALES[0] as Scale));
  for (const trade of trades) sums.add(trade);
  return sums.values();
}

/** As decimal text, so that values at different scales compare. */
function shown(values: CandleValues): unknown {
  const { priceExponent, sizeExponent } = values.scale;
  const { open, high, low, close, trades, firstTradeId, lastTradeId } = values;
  return {
    prices: [open, high, low, close].map((p) => p !== null && formatScaled(p, priceExponent)),
    sums: [
      formatScaled(values.volume, sizeExponent),
      formatScaled(values.buyVolume, sizeExponent),
      formatScaled(values.quoteVolume, priceExponent + sizeExponent),
    ],
    ids: [trades, firstTradeId, lastTradeId],
  };
}

/** Ten minutes of trades in order of id; their times step back now and then. */
function randomTrades(random: SeededRandom): CandleTrade[] {
  let us = 0;
  return Array.from({ length: random.integer(0, 60) }, (_, i) => {
    us += random.integer(0, 25_000_000);
    const scale = random.chance(0.1) ? random.pick(SCALES) : (SCALES[0] as Scale);
    return {
      tradeId: 1000 + i,
      exchangeTimeUs: Math.max(0, us - (random.chance(0.2) ? random.integer(0, 5_000_000) : 0)),
      price: random.integer(1, 9_000_000),
      // Sums of products pass 2^53.
      size: random.chance(0.2)
        ? 10n ** 17n + BigInt(random.integer(0, 1e6))
        : random.integer(1, 1e9),
      side: random.pick(['buy', 'sell'] as const),
      scale,
    };
  });
}

describe('sums of trades', () => {
  test.each(['id', 'time'] as const)('longer are merges of 1m, ordered by %s', (order) => {
    const random = seededRandom();
    for (let round = 0; round < 200; round++) {
      const trades = randomTrades(random);
      const startOf = (trade: CandleTrade): number => intervalStartUs('1m', trade.exchangeTimeUs);
      const merged = new CandleSums(order, SCALES[0] as Scale);
      for (const startUs of [...new Set(trades.map(startOf))].sort((a, b) => a - b)) {
        merged.append(
          sumsOf(
            order,
            trades.filter((trade) => startOf(trade) === startUs),
          ),
        );
      }
      expect(shown(merged.values()), `seed ${random.seed} round ${round}`).toEqual(
        shown(sumsOf(order, trades)),
      );
    }
  });

  test('are exact', () => {
    const random = seededRandom();
    const trades = randomTrades(random).map((trade) => ({ ...trade, scale: SCALES[0] as Scale }));
    const sum = (value: (trade: CandleTrade) => bigint): bigint =>
      trades.reduce((total, trade) => total + value(trade), 0n);
    const values = sumsOf('id', trades);
    expect(BigInt(values.volume)).toBe(sum(({ size }) => BigInt(size)));
    expect(BigInt(values.quoteVolume)).toBe(sum(({ price, size }) => BigInt(price) * BigInt(size)));
    expect(BigInt(values.buyVolume)).toBe(
      sum(({ size, side }) => (side === 'buy' ? BigInt(size) : 0n)),
    );
  });

  test('open and close are by id where trades are numbered, else by time, then by arrival', () => {
    const scale = SCALES[0] as Scale;
    const trade = (tradeId: number | string, exchangeTimeUs: number, price: number) =>
      ({ tradeId, exchangeTimeUs, price, size: 1, side: 'buy', scale }) as const;
    const numbered = [trade(8, 30, 103), trade(7, 40, 102), trade(9, 20, 104)];
    expect(sumsOf('id', numbered)).toMatchObject({ open: 102, close: 104, firstTradeId: 7 });
    const named = [trade('b', 20, 1), trade('a', 10, 2), trade('c', 10, 3), trade('d', 20, 4)];
    expect(sumsOf('time', named)).toMatchObject({ open: 2, close: 4, lastTradeId: 'd' });
  });

  test('a finer scale rewrites what was summed before', () => {
    const coarse = { tradeId: 1, exchangeTimeUs: 0, price: 5, size: 7, side: 'buy' } as const;
    const [first, fine] = [SCALES[0] as Scale, { priceExponent: 6, sizeExponent: 9 }];
    const values = sumsOf('id', [
      { ...coarse, scale: first },
      { ...coarse, tradeId: 2, price: 6, scale: fine },
      { ...coarse, tradeId: 3, scale: first },
    ]);
    expect(values).toMatchObject({ open: rescale(5, 2, 6), low: 6, scale: fine });
    expect(shown(values)).toMatchObject({
      sums: ['0.014000007', '0.014000007', '0.000700000000042'],
    });
  });
});
