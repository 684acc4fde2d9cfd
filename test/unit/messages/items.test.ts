/** Lines of an export come back as the items that they were made of. */

import { describe, expect, test } from 'vitest';
import { jsonlEncoder } from '../../../logger/export/jsonl.ts';
import { gapItemOf, itemOf } from '../../../logger/messages/items.ts';
import { formatGapItem } from '../../../logger/queries/format.ts';
import type { DataItem } from '../../../logger/queries/items.ts';
import type { ExportType } from '../../../logger/queries/results.ts';

const scale = { priceExponent: 2, sizeExponent: 8 };
const TIMES = { exchangeTimeUs: 1_795_158_000_000_001, receiveTimeUs: 1_795_158_000_002_500 };
const HEAD = { ...TIMES, firstSequence: 5, lastSequence: 5 };
const LARGE = 92_233_720_368_547_758_079n;

function order(event: object): DataItem {
  return { type: 'order', event: { ...HEAD, ...event }, scale } as DataItem;
}

const ITEMS: readonly (readonly [ExportType, DataItem])[] = [
  [
    'trades',
    {
      type: 'trade',
      ...TIMES,
      tradeId: 'a"b',
      sequence: 1,
      price: 1,
      size: LARGE,
      side: 'sell',
      scale,
    },
  ],
  [
    'quotes',
    {
      type: 'quote',
      ...TIMES,
      sequence: null,
      bidPrice: null,
      bidSize: null,
      askPrice: 5,
      askSize: 6,
      scale,
    },
  ],
  [
    'incremental',
    {
      type: 'image',
      ...TIMES,
      sequence: 4,
      windowed: true,
      horizon: { bid: 1, ask: null },
      bids: [100, 5],
      asks: [],
      counts: { bids: [2], asks: [] },
      scale,
    },
  ],
  [
    'incremental',
    { type: 'update', ...TIMES, firstSequence: 5, sequence: 6, bids: [], asks: [101, 0], scale },
  ],
  [
    'snapshots',
    {
      type: 'snapshot',
      ...TIMES,
      security: 'coinbase:BTC-USD',
      level: 'L2',
      proof: 'sequence',
      atUs: TIMES.receiveTimeUs,
      clock: 'exchange',
      sequence: 9,
      horizon: { bid: null, ask: null },
      rows: { kind: 'totals', bids: [{ price: 1, size: LARGE, count: 3 }], asks: [] },
      segment: 4,
      // Finer than the book.
      flows: {
        upticks: { notional: 2n ** 90n + 1n, count: 1 },
        downticks: { notional: 0, count: 0 },
        notionalExponent: 12,
      },
      features: {
        kind: 'inferred',
        bids: [{ limit: 5, cancel: LARGE, market: 0 }],
        asks: [],
        others: { bids: [{ price: 7, size: 3, limit: 1, cancel: 2, market: 3 }], asks: [] },
      },
      scale,
    },
  ],
  [
    'candles',
    {
      type: 'candle',
      security: 'binance:BTCUSDT',
      source: 'trades',
      timeframe: '1m',
      fromUs: 1_795_158_000_000_000,
      toUs: 1_795_158_060_000_000,
      open: 1,
      high: 3,
      low: 1,
      close: 2,
      volume: 2n ** 80n,
      quoteVolume: 2n ** 100n,
      buyVolume: 0,
      trades: 3,
      firstTradeId: '1',
      lastTradeId: '3',
      state: 'final',
      missing: [{ fromUs: 1_795_158_000_000_000, toUs: 1_795_158_001_000_000, cause: 'other' }],
      scale,
    },
  ],
  [
    'orders',
    order({
      type: 'received',
      orderId: 'o',
      side: 'buy',
      orderType: 'limit',
      price: 5,
      size: 6,
      funds: null,
      clientOrderId: null,
    }),
  ],
  ['orders', order({ type: 'open', orderId: 'o', side: 'sell', price: 5, remainingSize: LARGE })],
  [
    'orders',
    order({
      type: 'match',
      tradeId: '7',
      makerOrderId: 'm',
      takerOrderId: 't',
      side: 'buy',
      price: 5,
      size: 6,
    }),
  ],
  [
    'orders',
    order({
      type: 'change',
      orderId: 'o',
      side: 'buy',
      reason: null,
      price: null,
      oldPrice: 1,
      newPrice: 2,
      oldSize: 3,
      newSize: 4,
      oldFunds: '1.5',
      newFunds: null,
    }),
  ],
  [
    'orders',
    {
      type: 'order',
      event: {
        type: 'activate',
        ...TIMES,
        orderId: 'o',
        side: 'buy',
        stopType: 'entry',
        stopPrice: 5,
        size: null,
        funds: '1',
      },
      scale,
    },
  ],
];

describe('an item of a line', () => {
  test.each(ITEMS)('%s %#', (type, item) => {
    const line = Buffer.from(jsonlEncoder().encode(item)).toString();
    expect(itemOf(type, line, scale)).toEqual(item);
  });

  test('a gap', () => {
    const gap = {
      type: 'gap',
      fromUs: 5,
      toUs: null,
      cause: 'sequence',
      firstMissing: 3,
      lastMissing: null,
      missing: 'tradeId',
    } as const;
    expect(gapItemOf(formatGapItem(gap))).toEqual(gap);
  });
});
