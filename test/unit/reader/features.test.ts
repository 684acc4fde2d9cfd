/** What changed at each price between two snapshots, beside a second, naive implementation. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { openArchive } from '../../../logger/library.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { checkIdentity, itemsOf } from '../../support/naive-changes.ts';
import { exportLines } from '../../support/export-lines.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { RandomHistory, SECURITY } from './random-history.ts';
import { block, diff, gap, image, trade, writeAll } from './script.ts';

let directory: string;
let archive: Archive;
let reader: Reader;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'features-'));
  archive = await openEmbeddedArchive({ directory });
  reader = createReader(archive);
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

describe.each(testSeeds(4))('seed %i', (seed) => {
  test.each(['receive', 'exchange'] as const)(
    'of levels: every size is the one before and what changed, on the clock %s',
    async (clock) => {
      const history = new RandomHistory(archive, seededRandom(seed), { hasCounts: seed % 2 === 0 });
      await history.record(3, 6);
      for (const depth of [undefined, 1, 3]) {
        const query = { security: SECURITY, everyUs: 5000, clock, depth };
        const items = await itemsOf(reader, { ...query, features: true });
        const checked = await checkIdentity(reader, items, query);
        expect(checked.rows, `seed ${seed}`).toBeGreaterThan(10);
        expect(items.every((item) => item.type === 'gap' || item.features?.kind !== 'exact')).toBe(
          true,
        );
        // The rest of a row is what it is without features.
        const plain = await itemsOf(reader, query);
        const rest = items.map((item) => {
          if (item.type === 'gap') return item;
          const { features: _, ...fields } = item;
          return fields;
        });
        expect(rest).toEqual(plain);
      }
    },
  );

  test('from the middle they are those of an export of everything', async () => {
    const history = new RandomHistory(archive, seededRandom(seed + 50));
    await history.record(2, 6);
    const query = { security: SECURITY, everyUs: 5000, features: true, depth: 3 } as const;
    const all = (await itemsOf(reader, query)).filter((item) => item.type === 'snapshot');
    const middle = all[Math.floor(all.length / 2)];
    const part = await itemsOf(reader, { ...query, fromUs: middle?.atUs });
    const first = part.find((item) => item.type === 'snapshot');
    expect(first).toMatchObject({ atUs: middle?.atUs, features: middle?.features });
    const opened = await openArchive(directory);
    const options = { every: '5ms', features: true, depth: 3 };
    let withFeatures = 0;
    for await (const row of opened.snapshots(SECURITY, options)) {
      if (row.type === 'snapshot' && row.features?.kind === 'inferred') withFeatures++;
    }
    expect(withFeatures).toBe(all.filter(({ features }) => features !== null).length);
    await opened.close();
  });
});

test('of levels: a rise is an order, a fall what was traded and the rest cancelled; null behind a gap', async () => {
  await writeAll(
    archive,
    image(1, 100, 0, [10_000, 50, 9990, 10], [10_050, 5000]),
    block(1, 100, [
      diff(101, 200, [10_000, 45, 9995, 7]),
      trade(1, 250),
      diff(102, 300, [], [10_050, 3500]),
      diff(103, 500, [10_000, 40], [10_060, 4]),
      // Made up for in the same message: the level does not fall.
      trade(2, 1200),
      diff(104, 1500, [9990, 0]),
      diff(105, 2200, [9980, 1], []),
    ]),
    gap(2, 2200, 4000),
    image(2, 200, 4000),
    block(2, 200, [diff(201, 7000)]),
  );
  const query = { security: SECURITY, type: 'snapshots', depth: 2, features: true } as const;
  const features: unknown[] = [];
  for await (const line of exportLines(reader, { ...query, format: 'jsonl' })) {
    if ('text' in line) features.push(JSON.parse(line.text).features);
  }
  const none = ['0', '0', '0'];
  expect(features.slice(0, 5)).toEqual([
    null,
    {
      kind: 'inferred',
      // Price × size: 0.010 of 0.050 were cancelled at 100.
      bids: [
        ['0', '1', '0'],
        ['0.69965', '0', '0'],
      ],
      asks: [
        ['0', '0', '150.75'],
        ['0.4024', '0', '0'],
      ],
      others: { bids: [], asks: [] },
    },
    {
      kind: 'inferred',
      bids: [none, none],
      asks: [['150.75', '0', '150.75'], none],
      others: { bids: [], asks: [] },
    },
    null,
    expect.anything(),
  ]);
  const csv: string[] = [];
  for await (const line of exportLines(reader, { ...query, depth: 3, format: 'csv' })) {
    if ('text' in line) csv.push(line.text);
  }
  const columns = csv[0]?.split(',').length;
  expect(csv[0]).toMatch(/,limit,cancel,market$/);
  expect(csv.filter((line) => line.split(',').length !== columns)).toEqual([]);
  expect(csv.filter((line) => line.includes('bid-other'))).toHaveLength(1);
});
