/** A gap inside a segment that the spool declared: every query reports it, and none reads across it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive, Write } from '../../../logger/archive/archive.ts';
import { openSpool } from '../../../logger/archive/embedded/embedded-archive.ts';
import type { RecordBatch } from '../../../logger/archive/batch.ts';
import type { Spool } from '../../../logger/archive/spool.ts';
import { SpooledArchive } from '../../../logger/archive/transfer/spooled-archive.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { SECURITY } from './random-history.ts';
import { block, diff, image, us, writeAll } from './script.ts';

let directory: string;
let spool: Spool;
/** Where records go: another embedded archive does as well as any store. */
let store: Spool;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gaps-'));
  spool = await openSpool({ directory: join(directory, 'spool') });
  store = await openSpool({ directory: join(directory, 'store') });
  await writeAll(
    spool,
    { type: 'security', state: { security: SECURITY, wanted: true, feed: 'depth' } },
    image(1, 100, 0),
    block(1, 100, [diff(101, 10), diff(102, 20)]),
    block(1, 102, [diff(103, 30), diff(104, 40)]),
    block(1, 104, [diff(105, 50), diff(106, 60)]),
    image(1, 106, 60),
    block(1, 106, [diff(107, 70), diff(108, 80)]),
  );
});
afterEach(async () => {
  await spool.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function ship(shipments: readonly RecordBatch[]): Promise<void> {
  for (const { gaps, images, blocks } of shipments) {
    const writes: Write[] = [
      ...images.map((record) => ({ type: 'image', record }) as const),
      ...gaps.map((record) => ({ type: 'gap', record }) as const),
      ...blocks.map((record) => ({ type: 'block', record }) as const),
    ];
    await store.commit(writes);
  }
  await spool.release(shipments);
}

/** The image and the first block are in the store; the two blocks behind them are given up. */
async function giveUp(): Promise<void> {
  const [shipment] = await spool.pending(1, new Set());
  if (!shipment) throw new Error('Nothing waits');
  await ship([{ ...shipment, blocks: shipment.blocks.slice(0, 1) }]);
  expect(await spool.dropOldest()).toMatchObject({ records: 2, needsImage: false });
}

async function expectGap(archive: Archive): Promise<void> {
  const reader = createReader(archive);
  const { intervals, gaps } = await reader.coverage({ security: SECURITY });
  expect(intervals.map(({ firstSequence, lastSequence }) => [firstSequence, lastSequence])).toEqual(
    [
      ['100', '102'],
      ['106', '108'],
    ],
  );
  expect(gaps).toMatchObject([{ cause: 'spool', firstMissing: '103', lastMissing: '105' }]);
  for (const [ms, sequence] of [
    [15, '101'],
    [75, '107'],
  ] as const) {
    const position = { clock: 'receive', us: us(ms) } as const;
    expect(await reader.bookAt({ security: SECURITY, position })).toMatchObject({ sequence });
  }
  const position = { clock: 'receive', us: us(45) } as const;
  expect(await reader.bookAt({ security: SECURITY, position })).toMatchObject({
    state: 'gap',
    gap: { cause: 'spool' },
  });
  const found: string[] = [];
  for await (const item of reader.updates({ security: SECURITY })) {
    found.push(item.type === 'gap' ? item.cause : String(item.sequence));
  }
  expect(found).toEqual(['100', '101', '102', 'spool', '106', '107', '108']);
  expect((await reader.verify({ security: SECURITY })).problems).toEqual([]);
}

test('while what follows is still in the spool', async () => {
  await giveUp();
  await expectGap(new SpooledArchive(spool, store));
});

test('once everything is in the store', async () => {
  await giveUp();
  for (;;) {
    const shipments = await spool.pending(1_000_000, new Set());
    if (shipments.length === 0) break;
    await ship(shipments);
  }
  await expectGap(new SpooledArchive(spool, store));
  await expectGap(store);
});
