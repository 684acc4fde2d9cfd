/** The spool: the order of replication, and what it drops when it is full. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GapRecord, Write } from '../../logger/archive/archive.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { RecordBatch } from '../../logger/archive/batch.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { SpooledArchive } from '../../logger/archive/transfer/spooled-archive.ts';
import { SECURITY, block, image, sampleBlock, sampleImage } from './sample-records.ts';

const OTHER = 'binance:ETHUSDT';

let directory: string;
let spool: Spool;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
  spool = await openSpool({ directory });
});
afterEach(async () => {
  await spool.close();
  await rm(directory, { recursive: true, force: true });
});

function gap(epoch: number, fromUs: number, toUs: number): Write {
  const record: GapRecord = {
    security: SECURITY,
    epoch,
    fromUs,
    toUs,
    cause: 'connection',
    firstMissing: 121,
    lastMissing: 199,
  };
  return { type: 'gap', record };
}

/** Two segments: 100 to 120 with an image at 110, a gap, 200 to 220. */
async function twoSegments(): Promise<void> {
  await spool.commit([
    image(sampleImage({ lastSequence: 100 })),
    block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
    image(sampleImage({ lastSequence: 110, reason: 'interval' })),
    block(sampleBlock({ previousSequence: 110, lastSequence: 120 })),
    image(sampleImage({ lastSequence: 200, epoch: 2, reason: 'gap' })),
    gap(2, 120_000, 200_000),
    block(sampleBlock({ previousSequence: 200, lastSequence: 210, epoch: 2 })),
    block(sampleBlock({ previousSequence: 210, lastSequence: 220, epoch: 2 })),
  ]);
}

function shown({ gaps, images, blocks }: RecordBatch): string[] {
  return [
    ...gaps.map(({ epoch }) => `gap ${epoch}`),
    ...images.map(({ header }) => `image ${header.epoch}/${header.lastSequence}`),
    ...blocks.map(({ header }) => `block ${header.epoch}/${header.firstSequence}`),
  ];
}

async function takeAll(): Promise<string[][]> {
  const rounds: string[][] = [];
  for (;;) {
    const shipments = await spool.pending(1_000_000, new Set());
    if (shipments.length === 0) return rounds;
    rounds.push(...shipments.map(shown));
    await spool.release(shipments);
  }
}

describe('pending records', () => {
  test('come in order: a gap before its segment’s image, an image after the blocks that lead to it', async () => {
    await twoSegments();
    expect(await takeAll()).toEqual([
      ['image 1/100', 'block 1/101'],
      ['image 1/110', 'block 1/111'],
      ['gap 2', 'image 2/200', 'block 2/201', 'block 2/211'],
    ]);
    expect(await spool.size()).toEqual({ records: 0, bytes: 0, securities: [] });
  });

  test('leave the head, the journal and the totals unchanged when they are released', async () => {
    await twoSegments();
    const piece = sampleBlock({ previousSequence: 220, lastSequence: 221, epoch: 2 });
    await spool.commit([{ type: 'journal', part: 0, record: piece }]);
    const before = { tail: await spool.tail(SECURITY), totals: await spool.totals(SECURITY) };
    await takeAll();
    expect({ tail: await spool.tail(SECURITY), totals: await spool.totals(SECURITY) }).toEqual(
      before,
    );
  });

  test('have no segment end while received messages are not among the records', async () => {
    await spool.commit([
      { type: 'security', state: { security: SECURITY, wanted: true, feed: 'depth' } },
      image(sampleImage({ lastSequence: 100 })),
      { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 150_000 },
    ]);
    const end = async () => (await spool.securityDocuments())[0]?.end;
    expect(await end()).toBeNull();
    await takeAll();
    expect(await end()).toEqual({ mark: { epoch: 1, us: 150_000 }, openGap: null });
    const piece = sampleBlock({ previousSequence: 100, lastSequence: 101 });
    await spool.commit([{ type: 'journal', part: 0, record: piece }]);
    expect(await end()).toBeNull();
  });

  test('are taken from all securities in turn, even if one has many more', async () => {
    const big = Buffer.alloc(600_000, 1);
    await spool.commit([
      ...Array.from({ length: 6 }, (_, i) =>
        block(sampleBlock({ previousSequence: 100 + i, lastSequence: 101 + i }, big)),
      ),
      block(sampleBlock({ previousSequence: 1, lastSequence: 2, security: OTHER })),
    ]);
    const seen: string[] = [];
    for (let round = 0; round < 2; round++) {
      const shipments = await spool.pending(1, new Set());
      seen.push(...shipments.map(({ security }) => security));
      await spool.release(shipments);
    }
    expect(new Set(seen)).toEqual(new Set([SECURITY, OTHER]));
  });

  test('of excepted securities are skipped', async () => {
    await twoSegments();
    expect(await spool.pending(1_000_000, new Set([SECURITY]))).toEqual([]);
  });
});

describe('a full spool', () => {
  test('drops the start of a segment up to its next image, and the segment starts there', async () => {
    await twoSegments();
    expect(await spool.dropOldest()).toMatchObject({
      security: SECURITY,
      records: 2,
      needsImage: false,
    });
    expect((await spool.segmentStart(SECURITY, 0))?.header.lastSequence).toBe(110);
    expect(await spool.gapBefore(SECURITY, 1)).toMatchObject({
      cause: 'spool',
      fromUs: 100_000,
      toUs: 110_000,
      lastMissing: 109,
    });
  });

  test('records a gap within a segment whose start was replicated', async () => {
    await twoSegments();
    const [shipment] = await spool.pending(1, new Set());
    if (!shipment) throw new Error('Nothing is pending');
    // The first image alone is acknowledged.
    await spool.release([{ ...shipment, blocks: [] }]);
    expect(await spool.dropOldest()).toMatchObject({ records: 1, needsImage: false });
    expect(await spool.gapWithin(SECURITY, 1, 100)).toMatchObject({
      cause: 'spool',
      firstMissing: 101,
      lastMissing: 109,
    });
    expect(await takeAll()).toEqual([
      ['gap 1', 'image 1/110', 'block 1/111'],
      ['gap 2', 'image 2/200', 'block 2/201', 'block 2/211'],
    ]);
  });

  test('ends a segment early and merges the gap after it', async () => {
    await twoSegments();
    await spool.dropOldest();
    await spool.dropOldest();
    expect(await spool.gapBefore(SECURITY, 2)).toMatchObject({ cause: 'spool', toUs: 200_000 });
    expect((await spool.segmentStart(SECURITY, 0))?.header.epoch).toBe(2);
  });

  test('requests an image when it drops everything', async () => {
    await twoSegments();
    const drops = [];
    for (let drop = await spool.dropOldest(); drop; drop = await spool.dropOldest()) {
      drops.push(drop.needsImage);
    }
    expect(drops).toEqual([false, false, true]);
    expect(await spool.blocks(SECURITY, 2, { afterSequence: 0 })).toEqual([]);
    expect(await spool.dropOldest()).toBeNull();
    // The recorded gaps stay, and are replicated.
    expect((await takeAll()).flat()).toContain('gap 2');
  });

  test('drops the oldest records of all securities', async () => {
    await twoSegments();
    const early = { security: OTHER, previousSequence: 1, lastSequence: 2, fromUs: 5, toUs: 6 };
    await spool.commit([block(sampleBlock(early))]);
    expect((await spool.dropOldest())?.security).toBe(OTHER);
    expect((await spool.dropOldest())?.security).toBe(SECURITY);
  });
});

describe('a reader during replication', () => {
  let store: Spool;

  beforeEach(async () => {
    store = await openSpool({ directory: join(directory, 'store') });
  });
  afterEach(() => store.close());

  async function ship(): Promise<void> {
    for (;;) {
      const shipments = await spool.pending(1_000_000, new Set());
      if (shipments.length === 0) return;
      for (const { gaps, images, blocks } of shipments) {
        await store.commit([
          ...images.map(image),
          ...gaps.map((record): Write => ({ type: 'gap', record })),
          ...blocks.map(block),
        ]);
      }
      await spool.release(shipments);
    }
  }

  test('loads what was listed, wherever it has moved', async () => {
    await twoSegments();
    const both = new SpooledArchive(spool, store);
    const refs = [
      await both.imageAt(SECURITY, { sequence: 105 }),
      await both.segmentStart(SECURITY, 1),
      ...(await both.images(SECURITY, 1, 0)),
      ...(await both.blocks(SECURITY, 1, { afterSequence: 100 })),
      ...(await both.blocks(SECURITY, 2, { afterSequence: 210, withBodies: true })),
    ];
    expect(refs).toHaveLength(7);
    await ship();
    for (const ref of refs) {
      const record = await ref?.load();
      expect(record?.header).toEqual(ref?.header);
      expect(record?.body.byteLength).toBe(ref?.header.bytes);
    }
  });

  test('gets an error for what no longer exists', async () => {
    await twoSegments();
    const both = new SpooledArchive(spool, store);
    const [ref] = await both.blocks(SECURITY, 1, { afterSequence: 100 });
    await takeAll();
    await expect(ref?.load()).rejects.toThrow(/block 1\/101 has lost its body/);
  });
});
