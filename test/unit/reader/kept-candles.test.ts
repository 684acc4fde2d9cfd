/** Candles that an archive keeps longer than the trades that they are made of. */

import { describe, expect, test } from 'vitest';
import type { CandleEntry } from '../../../logger/archive/candle-store.ts';
import type { CandlesQuery } from '../../../logger/queries/queries.ts';
import type { Trade } from '../../../logger/market/events.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { START_US, block, diff, image, trade, writeAll } from './script.ts';

const kit = useReaderKit();
const MINUTE_US = 60_000_000;
const minute = (n: number): number => START_US + n * MINUTE_US;
/** Trades and updates at seconds since the start. */
const T = (id: number, seconds: number): Trade => trade(id, seconds * 1000 + 3);

/** Minute, trades and state of each; of a gap its minutes and its cause. */
async function candles(query: Partial<CandlesQuery> = {}): Promise<string[]> {
  const found: string[] = [];
  const at = (us: number | null): number => ((us ?? Infinity) - START_US) / MINUTE_US;
  for await (const item of kit.reader.candles({ security: SECURITY, timeframe: '1m', ...query })) {
    if (item.type === 'gap') found.push(`gap ${at(item.fromUs)}-${at(item.toUs)} ${item.cause}`);
    else found.push(`${at(item.fromUs)} ${item.trades} ${item.state} ${item.source}`);
  }
  return found;
}

describe('candles that were kept longer than their trades', () => {
  const kept = (n: number, minutes = 1): CandleEntry => ({
    type: 'candle',
    security: SECURITY,
    timeframe: minutes === 1 ? '1m' : '5m',
    source: 'trades',
    fromUs: minute(n),
    toUs: minute(n + minutes),
    open: 10_000,
    high: 10_000,
    low: 10_000,
    close: 10_000,
    volume: 1,
    quoteVolume: 10_000,
    buyVolume: 1,
    trades: 100 + n,
    firstTradeId: 1,
    lastTradeId: 2,
    scale: { priceExponent: 2, sizeExponent: 3 },
    state: 'final',
    missing: [],
  });
  /** Trades are stored from the middle of minute 10 on. */
  const recorded = (): Promise<void> =>
    writeAll(
      kit.archive,
      image(1, 100, 630_002),
      block(1, 100, [T(1, 631), diff(101, 640_002), T(2, 661), diff(102, 700_002)]),
    );
  const early = (n: number): CandleEntry => ({ ...kept(n), state: 'early' }) as CandleEntry;

  test('stand where the trades are gone, and stored trades are the truth where they are there', async () => {
    await recorded();
    await kit.archive.candles.put([kept(7), kept(9), kept(10), kept(11), kept(5, 5), kept(10, 5)]);
    expect(await candles()).toEqual([
      '7 107 final trades',
      'gap 8-9 other',
      '9 109 final trades',
      '10 110 final trades',
      '11 1 open trades',
    ]);
    expect(await candles({ timeframe: '5m' })).toEqual([
      '5 105 final trades',
      '10 110 final trades',
    ]);
    expect(await candles({ fromUs: minute(6), toUs: minute(10) })).toEqual([
      'gap 6-7 other',
      '7 107 final trades',
      'gap 8-9 other',
      '9 109 final trades',
    ]);
    expect(await candles({ fromUs: minute(11) })).toEqual(['11 1 open trades']);
  });

  test('count from the last one that is over', async () => {
    await recorded();
    await kit.archive.candles.put([kept(9), early(10)]);
    expect(await candles()).toEqual([
      '9 109 final trades',
      '10 1 incomplete trades',
      '11 1 open trades',
    ]);
  });
});
