/** Files with columns, read back by the readers of JavaScript. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeFiles } from '../../../logger/files/write-files.ts';
import type { DataItem } from '../../../logger/queries/items.ts';
import { readFeather, readNpz } from '../../support/column-files.ts';
import { AT_US, SCALE, TIMES, folder, snapshot, trade, write, written } from './files-kit.ts';

const NULL64 = -(2n ** 63n);

describe('rows', () => {
  test('have exact integers, nulls where there is nothing, and text as it came', async () => {
    const { columns, metadata } = await written('trades', [
      trade,
      { ...trade, sequence: 9, tradeId: 12 },
    ]);
    expect(columns).toEqual({
      segment: [1, 1],
      sequence: [null, 9n],
      trade_id: ['id-ü', '12'],
      exchange_time: [AT_US / 1000, AT_US / 1000],
      receive_time: [AT_US / 1000 + 2.5, AT_US / 1000 + 2.5],
      price: [10_050n, 10_050n],
      size: [2n ** 40n + 1n, 2n ** 40n + 1n],
      side: ['sell', 'sell'],
    });
    expect(metadata).toMatchObject({
      format_version: '1',
      program: 'test 1',
      security: 'binance:BTCUSDT',
      type: 'trades',
      price_scale: '2',
      size_scale: '3',
      rows: '2',
    });
  });

  test('of snapshots have a column for each level, and null for one that is not there', async () => {
    const { columns } = await written('snapshots', [
      { ...snapshot, flows: null },
      { ...snapshot, rows: { kind: 'levels', bids: [], asks: [10_100, 2] } },
    ]);
    expect(columns).toMatchObject({
      bid_price_0: [10_000n, null],
      bid_size_1: [1n, null],
      bid_price_2: [null, null],
      ask_price_0: [10_100n, 10_100n],
      bid_horizon: [9000n, 9000n],
      ask_horizon: [null, null],
      flow_complete: [false, true],
      // 150 needs no decimals.
      uptick_notional: [null, 150n],
      uptick_count: [null, 2],
    });
    expect(Object.keys(columns)).not.toContain('bid_count_0');
  });

  test('of snapshots have what changed at each price, if it is asked for', async () => {
    const features = {
      kind: 'exact',
      bids: [{ limit: 5, cancel: 0, market: 2 }, null],
      asks: [{ limit: 0, cancel: 1, market: 0 }],
      others: { bids: [], asks: [{ price: 10_150, size: 0, limit: 0, cancel: 0, market: 2 }] },
    } as const;
    const query = {
      security: 'binance:BTCUSDT',
      type: 'snapshots',
      depth: 2,
      features: true,
    } as const;
    const items = [
      { ...snapshot, features: null },
      { ...snapshot, features },
    ];
    const { columns } = await written('snapshots', items, { query });
    expect(columns).toMatchObject({
      features_kind: [null, 'exact'],
      bid_limit_0: [null, 5n],
      bid_market_0: [null, 2n],
      bid_limit_1: [null, null],
      ask_cancel_0: [null, 1n],
      ask_cancel_1: [null, null],
      bid_others: [null, '[]'],
      ask_others: [null, '[["101.5","0","0","0","0.002"]]'],
    });
    expect(Object.keys((await written('snapshots', items)).columns)).not.toContain('bid_limit_0');
  });

  test('have the numbers of orders where any row has one', async () => {
    const rows = { kind: 'totals', bids: [{ price: 1, size: 2, count: 3 }], asks: [] } as const;
    const { columns } = await written('snapshots', [snapshot, { ...snapshot, rows }]);
    expect(columns['bid_count_0']).toEqual([null, 3]);
    expect(columns['ask_count_0']).toBeUndefined();
  });

  test('of changes tell the horizon with images; a message without levels is a row', async () => {
    const image = {
      ...TIMES,
      type: 'image',
      sequence: 4,
      horizon: { bid: 9000, ask: null },
      bids: [10_000, 1],
      asks: [10_100, 2],
      counts: { bids: [3], asks: [1] },
      scale: SCALE,
    } as const;
    const update = {
      ...TIMES,
      type: 'update',
      firstSequence: 5,
      sequence: 6,
      scale: SCALE,
    } as const;
    const { columns } = await written('incremental', [
      image,
      { ...update, bids: [], asks: [] },
      { ...update, bids: [10_000, 0], asks: [] },
    ]);
    expect(columns).toMatchObject({
      image: [true, true, false, false],
      first_sequence: [4n, 4n, 5n, 5n],
      side: ['bid', 'ask', null, 'bid'],
      price: [10_000n, 10_100n, null, 10_000n],
      size: [1n, 2n, null, 0n],
      count: [3, 1, null, null],
      bid_horizon: [9000n, 9000n, null, null],
      ask_horizon: [null, null, null, null],
    });
  });

  test('of orders name the taker of a match', async () => {
    const event = {
      type: 'match',
      firstSequence: 8,
      lastSequence: 8,
      ...TIMES,
      tradeId: 3,
      makerOrderId: 'm',
      takerOrderId: 't',
      side: 'buy',
      price: 5,
      size: 6,
    } as const;
    const { columns } = await written('orders', [{ type: 'order', event, scale: SCALE }]);
    expect(columns).toMatchObject({
      sequence: [8n],
      type: ['match'],
      side: ['sell'],
      trade_id: ['3'],
      order_id: [null],
      old_price: [null],
    });
  });

  test('of candles have sums beyond 64 bits', async () => {
    const candle = {
      type: 'candle',
      security: 'binance:BTCUSDT',
      source: 'trades',
      timeframe: '1m',
      fromUs: AT_US,
      toUs: AT_US + 60_000_000,
      open: null,
      high: null,
      low: null,
      close: null,
      volume: 2n ** 70n,
      quoteVolume: 2n ** 90n,
      buyVolume: 0,
      trades: 0,
      firstTradeId: null,
      lastTradeId: null,
      state: 'incomplete',
      missing: [{ fromUs: AT_US, toUs: AT_US + 1_000_000, cause: 'connection' }],
      scale: SCALE,
    } as const;
    const { columns } = await written('candles', [candle]);
    expect(columns).toMatchObject({
      volume: [2n ** 70n],
      quote_volume: [2n ** 90n],
      open: [null],
      missing: [
        '[{"from":"2026-11-20T07:00:00Z","to":"2026-11-20T07:00:01Z","cause":"connection"}]',
      ],
    });
    await expect(write('candles', 'npz', [candle])).rejects.toThrow(
      /volume: .* does not fit 64 bits/,
    );
    expect(readdirSync(folder)).toEqual(['out.feather', 'out.parquet']);
  });
});

describe('npz', () => {
  test('has an array for each column, and a mark for what is null', async () => {
    await write('trades', 'npz', [trade, { ...trade, tradeId: 'longer', sequence: 3 }]);
    const members = readNpz(join(folder, 'out.npz'));
    const integers = (name: string): bigint[] => {
      const { data } = members.get(`${name}.npy`)!;
      return Array.from({ length: data.length / 8 }, (_, row) => data.readBigInt64LE(8 * row));
    };
    expect(integers('sequence')).toEqual([NULL64, 3n]);
    expect(integers('size')).toEqual([2n ** 40n + 1n, 2n ** 40n + 1n]);
    expect(members.get('exchange_time.npy')?.header).toBe(
      "{'descr': '<M8[us]', 'fortran_order': False, 'shape': (2,), }",
    );
    const ids = members.get('trade_id.npy');
    expect(ids?.header).toContain("'|S6'");
    expect(ids?.data.toString()).toBe('id-ü\0longer');
    const metadata = JSON.parse(members.get('metadata.npy')?.data.toString() ?? '') as object;
    expect(metadata).toMatchObject({ type: 'trades', rows: '2' });
  });
});

describe('many rows', () => {
  test('are not split into more files than five digits number', async () => {
    const many = Array.from({ length: 100_000 }, () => trade);
    const written = write('trades', 'parquet', many, { rowsPerFile: 1 });
    await expect(written).rejects.toThrow('100000 files: an export has 99999 at most');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('are spooled and encoded in batches; a failure on the way leaves nothing', async () => {
    const count = 70_000;
    const many = Array.from({ length: count }, (_, i) => ({ ...trade, price: i, tradeId: i }));
    await write('trades', 'feather', many);
    const { columns, batches } = readFeather(join(folder, 'out.feather'));
    expect(columns['price']).toEqual(many.map(({ price }) => BigInt(price)));
    expect(batches.length).toBeGreaterThan(1);
    expect(Math.max(...batches)).toBeLessThanOrEqual(65_536);
    rmSync(join(folder, 'out.feather'));
    async function* broken(): AsyncGenerator<DataItem> {
      yield* many;
      throw new Error('The archive is gone');
    }
    const failing = writeFiles(
      broken(),
      {
        query: { security: 'binance:BTCUSDT', type: 'trades' },
        format: 'parquet',
        path: join(folder, 'out.parquet'),
        hasFloats: false,
        program: 'test 1',
      },
      { onRows: () => {}, onGap: () => {}, beforeCommit: () => {} },
    );
    await expect(failing).rejects.toThrow('The archive is gone');
    expect(readdirSync(folder)).toEqual([]);
  });
});
