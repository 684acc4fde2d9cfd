/** One scale for all rows of an export, and where its gaps are told. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNpz, readParquet } from '../../support/column-files.ts';
import type { ReadFile } from '../../support/column-files.ts';
import { AT_US, folder, gap, snapshot, trade, write, written } from './files-kit.ts';

describe('the scale', () => {
  const finer = { priceExponent: 4, sizeExponent: 3 };

  test('of a file is the finest of its rows, and exact', async () => {
    const items = [trade, { ...trade, price: 10_050_001, scale: finer }, trade];
    const { columns, metadata } = await written('trades', items);
    expect(metadata).toMatchObject({ price_scale: '4', size_scale: '3' });
    expect(columns['price']).toEqual([1_005_000n, 10_050_001n, 1_005_000n]);
  });

  test('is the same in all files of an export', async () => {
    const items = [trade, trade, { ...trade, scale: finer }];
    await write('trades', 'parquet', items, { rowsPerFile: 2 });
    const names = ['out-00001.parquet', 'out-00002.parquet'];
    expect(readdirSync(folder)).toEqual(names);
    const files = await Promise.all(names.map((name) => readParquet(join(folder, name))));
    expect(files.map(({ metadata }) => metadata['price_scale'])).toEqual(['4', '4']);
    expect(files.map(({ columns }) => columns['price'])).toEqual([
      [1_005_000n, 1_005_000n],
      [10_050n],
    ]);
    expect(files.map(({ metadata }) => [metadata['file'], metadata['files']])).toEqual([
      ['1', '2'],
      ['2', '2'],
    ]);
  });

  test('of notionals is as small as they allow, also where trades are finer than the book', async () => {
    const flows = (notional: bigint) => ({
      upticks: { notional, count: 1 },
      downticks: { notional: 0, count: 0 },
      notionalExponent: 12,
    });
    const fine = { ...snapshot, flows: flows(123_456_789n * 10n ** 4n) };
    const { columns, metadata } = await written('snapshots', [snapshot, fine]);
    expect(metadata['notional_scale']).toBe('8');
    expect(columns['uptick_notional']).toEqual([150n * 10n ** 8n, 123_456_789n]);
    // At 12 decimals it would not fit 64 bits.
    const large = { ...snapshot, flows: flows(123_456_789n * 10n ** 12n) };
    await write('snapshots', 'npz', [snapshot, large]);
    const { data } = readNpz(join(folder, 'out.npz')).get('uptick_notional.npy')!;
    expect([data.readBigInt64LE(0), data.readBigInt64LE(8)]).toEqual([150n, 123_456_789n]);
  });

  test.each(['parquet', 'feather', 'npz'] as const)(
    'that makes a number too long is an error that names it: %s',
    async (format) => {
      const long = { ...trade, size: 92_233_720_368_547_758_079n };
      await expect(write('trades', format, [long])).rejects.toThrow(
        /^size: 92233720368547758079 at 3 decimals does not fit 64 bits/,
      );
      const fine = { ...trade, scale: { priceExponent: 2, sizeExponent: 18 } };
      await expect(write('trades', format, [trade, fine])).rejects.toThrow(/^size: .* 18 decimals/);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test('is left to doubles with floats', async () => {
    const long = { ...trade, price: 10_050, size: 92_233_720_368_547_758_079n };
    const { columns, metadata } = await written('trades', [long], { hasFloats: true });
    expect(columns).toMatchObject({ price: [100.5], size: [Number('92233720368547758.079')] });
    expect(metadata).toMatchObject({ floats: 'true', price_scale: '2' });
    const flows = { ...snapshot.flows!, upticks: { notional: 15_050_000, count: 2 } };
    const { columns: books, metadata: told } = await written(
      'snapshots',
      [snapshot, { ...snapshot, flows }],
      { hasFloats: true },
    );
    expect(told).toMatchObject({ price_scale: '2', size_scale: '3', notional_scale: '1' });
    expect(books).toMatchObject({
      bid_price_0: [100, 100],
      bid_price_2: [null, null],
      uptick_notional: [150, 150.5],
    });
  });
});

describe('gaps', () => {
  test('end segments, and are told by row, in each of several files', async () => {
    const items = [gap, trade, trade, gap, gap, trade, trade, trade, gap];
    const { columns, metadata } = await written('trades', items);
    expect(columns['segment']).toEqual([1, 1, 2, 2, 2]);
    const told = (file: ReadFile): unknown => ({
      segments: JSON.parse(file.metadata['segments'] ?? ''),
      gaps: (JSON.parse(file.metadata['gaps'] ?? '') as { row: number }[]).map(({ row }) => row),
    });
    expect(JSON.parse(metadata['gaps'] ?? '')).toHaveLength(4);
    expect(JSON.parse(metadata['gaps'] ?? '')[0]).toEqual({
      row: 0,
      from_us: AT_US,
      to_us: null,
      cause: 'connection',
      first_missing: '5',
      last_missing: '6',
      missing: 'sequence',
    });
    await write('trades', 'parquet', items, { rowsPerFile: 2, path: join(folder, 'some.parquet') });
    const files = await Promise.all(
      [1, 2, 3].map((file) => readParquet(join(folder, `some-0000${file}.parquet`))),
    );
    expect(files.map(told)).toEqual([
      { segments: [{ segment: 1, first_row: 0, rows: 2 }], gaps: [0] },
      { segments: [{ segment: 2, first_row: 0, rows: 2 }], gaps: [0, 0] },
      { segments: [{ segment: 2, first_row: 0, rows: 1 }], gaps: [1] },
    ]);
  });

  test('without any row leave a file without rows', async () => {
    const { columns, metadata } = await written('trades', [gap]);
    expect(columns['price']).toEqual([]);
    expect(metadata).toMatchObject({ rows: '0', segments: '[]' });
    expect(JSON.parse(metadata['gaps'] ?? '')).toHaveLength(1);
  });
});
