/** The space of the data file is there before LMDB writes, and so is that of the lock file. */

import { closeSync, mkdtempSync, openSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readCommitted } from '../../logger/archive/embedded/data-file.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createFiles, openFiles } from '../../logger/archive/embedded/open-files.ts';
import { PageDemand } from '../../logger/archive/embedded/page-demand.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { sampleBlock } from './sample-records.ts';

const PAGE_BYTES = 4096;
const BLOCK_BYTES = 512;
/** As in `embedded-archive.ts`. */
const ABORTABLE_SYNCHRONOUS_UNFLUSHED = 0x10003;
const ROUNDS = 200;
const MAX_CHANGES = 60;
const MAX_ALLOCATED_AHEAD_BYTES = 2 * 1024 * 1024;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orderbook-space-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

const path = (name = 'archive.mdb'): string => join(directory, name);

const random = seededRandom();
test(`no transaction takes more of the file than was expected at most (seed ${random.seed})`, async () => {
  createFiles(directory);
  const { root, tables, writing } = openFiles(directory, 'write');
  const { space } = writing!;
  const file = openSync(path(), 'r');
  const demand = vi.spyOn(PageDemand.prototype, 'pages', 'get');
  const names = ['blockHeaders', 'blockBodies', 'imageIndex', 'oldJournal', 'gaps'] as const;
  const live = new Map(names.map((name) => [name, [] as [string, number, number][]]));
  let next = 0;
  const change = (isDeleting: boolean): void => {
    const name = random.pick(names);
    const table = tables[name];
    const keys = live.get(name)!;
    if (isDeleting && keys.length > 0) {
      const at = random.integer(0, keys.length - 1);
      for (const key of keys.splice(at, random.integer(1, 3))) table.removeSync(key);
      return;
    }
    const key: [string, number, number] = [`binance:S${random.integer(0, 30)}`, 1, next++];
    table.putSync(key, Buffer.alloc(random.integer(1, random.chance(0.1) ? 50_000 : 2500)));
    keys.push(key);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const before = readCommitted(file, path()).usedPages;
    demand.mockClear();
    space.begin('store');
    root.transactionSync(() => {
      const changes = random.integer(1, MAX_CHANGES);
      const isDeleting = random.chance(0.4);
      for (let i = 0; i < changes; i++) change(isDeleting);
    }, ABORTABLE_SYNCHRONOUS_UNFLUSHED);
    const { usedPages } = readCommitted(file, path());
    const expected = Math.max(...demand.mock.results.map(({ value }) => value));
    expect(usedPages - before).toBeLessThanOrEqual(expected);
    expect(statSync(path()).size).toBeGreaterThanOrEqual(usedPages * PAGE_BYTES);
  }
  closeSync(file);
  await root.close();
  space.close();
});

test('the files have no holes, and little is allocated ahead', async () => {
  const archive = await openEmbeddedArchive({ directory });
  for (let i = 0; i < 100; i++) {
    const [previousSequence, lastSequence] = [i * 10, i * 10 + 10];
    const record = sampleBlock({ previousSequence, lastSequence }, Buffer.alloc(20_000, i));
    await archive.commit([{ type: 'block', record }]);
  }
  for (const name of ['archive.mdb', 'archive.mdb-lock']) {
    const { blocks, size } = statSync(path(name));
    expect(blocks * BLOCK_BYTES, name).toBeGreaterThanOrEqual(size);
  }
  const file = openSync(path(), 'r');
  const { usedPages } = readCommitted(file, path());
  closeSync(file);
  expect(statSync(path()).size - usedPages * PAGE_BYTES).toBeLessThan(MAX_ALLOCATED_AHEAD_BYTES);
  await archive.close();
});

test('a sparse lock file is filled, at its size', async () => {
  const size = 32_976;
  closeSync(openSync(path('archive.mdb-lock'), 'w'));
  truncateSync(path('archive.mdb-lock'), size);
  const archive = await openEmbeddedArchive({ directory });
  const found = statSync(path('archive.mdb-lock'));
  expect(found.size).toBe(size);
  expect(found.blocks * BLOCK_BYTES).toBeGreaterThanOrEqual(size);
  await archive.close();
});
