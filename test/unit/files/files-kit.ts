/** Items, and the files that are made of them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { writeFiles } from '../../../logger/files/write-files.ts';
import type { FilesOptions, FilesResult } from '../../../logger/files/write-files.ts';
import type { DataItem, GapItem, SnapshotItem, TradeItem } from '../../../logger/queries/items.ts';
import type { ColumnFormat, ExportType } from '../../../logger/queries/results.ts';
import { readFeather, readParquet } from '../../support/column-files.ts';
import type { ReadFile } from '../../support/column-files.ts';

export const SCALE = { priceExponent: 2, sizeExponent: 3 };
export const AT_US = 1_795_158_000_000_000;
export const TIMES = { exchangeTimeUs: AT_US, receiveTimeUs: AT_US + 2500 };

export const trade: TradeItem = {
  type: 'trade',
  ...TIMES,
  sequence: null,
  tradeId: 'id-ü',
  price: 10_050,
  size: 2 ** 40 + 1,
  side: 'sell',
  scale: SCALE,
};
export const gap: GapItem = {
  type: 'gap',
  fromUs: AT_US,
  toUs: null,
  cause: 'connection',
  firstMissing: 5,
  lastMissing: 6,
  missing: 'sequence',
};
export const snapshot: SnapshotItem = {
  type: 'snapshot',
  ...TIMES,
  security: 'binance:BTCUSDT',
  level: 'L2',
  proof: 'sequence',
  clock: 'receive',
  atUs: AT_US,
  sequence: 7,
  segment: 1,
  horizon: { bid: 9000, ask: null },
  scale: SCALE,
  rows: { kind: 'levels', bids: [10_000, 1500, 9900, 1], asks: [10_100, 2] },
  flows: {
    upticks: { notional: 15_000_000, count: 2 },
    downticks: { notional: 0, count: 0 },
    notionalExponent: 5,
  },
};

export let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function* stream(items: readonly (DataItem | GapItem)[]) {
  yield* items;
}

export function write(
  type: ExportType,
  format: ColumnFormat,
  items: readonly (DataItem | GapItem)[],
  options: Partial<FilesOptions> = {},
): Promise<FilesResult> {
  const whole: FilesOptions = {
    query: { security: 'binance:BTCUSDT', type, depth: 3 },
    format,
    path: join(folder, `out.${format}`),
    hasFloats: false,
    program: 'test 1',
    ...options,
  };
  const nothing = (): void => {};
  return writeFiles(stream(items), whole, {
    onRows: nothing,
    onGap: nothing,
    beforeCommit: nothing,
  });
}

/** The same content in both formats that have nulls. */
export async function written(
  type: ExportType,
  items: readonly (DataItem | GapItem)[],
  options: Partial<FilesOptions> = {},
): Promise<ReadFile> {
  await write(type, 'parquet', items, options);
  await write(type, 'feather', items, options);
  const parquet = await readParquet(join(folder, 'out.parquet'));
  const feather = readFeather(join(folder, 'out.feather'));
  expect(feather.metadata).toEqual(parquet.metadata);
  expect(Object.keys(feather.columns)).toEqual(Object.keys(parquet.columns));
  for (const [name, values] of Object.entries(parquet.columns)) {
    if (/_time$|^at$/.test(name)) {
      const us = feather.columns[name]?.map((ms) => BigInt(Number(ms) * 1000));
      expect(values, name).toEqual(us);
    } else if (!/notional|volume/.test(name)) {
      expect(values, name).toEqual(feather.columns[name]);
    }
  }
  return { ...parquet, columns: feather.columns };
}
