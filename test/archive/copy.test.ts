/**
 * Copying between archives: complete, in order, resumable, and without what is still being
 * recorded.
 */

import { beforeEach, expect, test } from 'vitest';
import type { Archive } from '../../logger/archive/archive.ts';
import type { RecordBatch } from '../../logger/archive/batch.ts';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import { embeddedTarget } from '../../logger/archive/transfer/embedded-target.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { RandomHistory } from '../unit/reader/random-history.ts';
import {
  OTHER,
  contentOf,
  intercepted,
  recordTwoSegments,
  state,
  useCopyArchives,
} from './copy-archives.ts';
import { SECURITY, block, image, journalPart, sampleBlock, sampleImage } from './sample-records.ts';

const { openedAt, target } = useCopyArchives();
const seed = testSeed();
let source: Archive;

beforeEach(async () => {
  source = await openedAt('source');
});

test('everything is copied, and a second copy finds it present', async () => {
  await recordTwoSegments(source);
  await recordTwoSegments(source, OTHER, 700);
  const to = await target();
  const first = await copyArchive(source, to);
  expect(first.problems).toEqual([]);
  expect(first.securities).toMatchObject([
    { security: SECURITY, copied: 11, present: 0, left: 0 },
    { security: OTHER, copied: 706, present: 0, left: 0 },
  ]);
  for (const security of [SECURITY, OTHER]) {
    expect(await contentOf(to.archive, security)).toEqual(await contentOf(source, security));
  }
  const second = await copyArchive(source, to);
  expect(second.securities).toMatchObject([
    { copied: 0, bytes: 0, present: 11 },
    { copied: 0, bytes: 0, present: 706 },
  ]);
});

test('a copy starts no recording, and leaves the target’s own state unchanged', async () => {
  await recordTwoSegments(source);
  await recordTwoSegments(source, OTHER);
  const to = await openedAt('target');
  await to.commit([state(OTHER, true)]);
  await copyArchive(source, embeddedTarget(to));
  expect(await to.securities()).toMatchObject([
    { security: SECURITY, wanted: false, feed: 'depth' },
    { security: OTHER, wanted: true },
  ]);
});

test('only the listed securities are copied, whatever their letter case', async () => {
  await recordTwoSegments(source);
  await recordTwoSegments(source, OTHER);
  const to = await target();
  const { securities } = await copyArchive(source, to, { securities: ['binance:ethusdt'] });
  expect(securities.map(({ security }) => security)).toEqual([OTHER]);
  expect((await to.archive.securities()).map(({ security }) => security)).toEqual([OTHER]);
  await expect(copyArchive(source, to, { securities: ['binance:NONE'] })).rejects.toMatchObject({
    code: 'unknown-security',
  });
});

test(`interrupted anywhere, the target holds a readable beginning, and the next copy completes it (seed ${seed})`, async () => {
  const history = new RandomHistory(source, seededRandom(seed));
  await history.record(4, 6);
  const to = await target();
  class Broken extends Error {}
  let isBroken = true;
  for (let writesLeft = 1; isBroken; writesLeft++) {
    let left = writesLeft;
    const breaking = intercepted(to, (batches) =>
      left-- > 0 ? to.writer.write(batches) : Promise.reject(new Broken()),
    );
    isBroken = await copyArchive(source, breaking).then(
      () => false,
      (error: unknown) => error instanceof Broken,
    );
    expect((await createReader(to.archive).verify()).problems).toEqual([]);
  }
  const [whole, copied] = [await contentOf(source), await contentOf(to.archive)];
  const isOpen = (await source.tail(SECURITY)).journal.length > 0;
  if (!isOpen) expect(copied).toEqual(whole);
  expect(copied).toMatchObject({
    segments: (whole as any).segments,
    totals: (whole as any).totals,
  });
});

test('a batch never exceeds its limits, and never has an image after a block', async () => {
  await source.commit([state(SECURITY), image(sampleImage({ lastSequence: 0, toUs: 1 }))]);
  for (let i = 0; i < 60; i++) {
    const range = { previousSequence: i * 10, lastSequence: i * 10 + 10 };
    await source.commit([block(sampleBlock(range, Buffer.alloc(100_000, i)))]);
    if (i % 25 === 24) {
      const record = sampleImage({ lastSequence: i * 10 + 10, reason: 'interval' });
      await source.commit([image(record)]);
    }
  }
  const to = await target();
  const written: RecordBatch[] = [];
  const recording = intercepted(to, (batches) => {
    written.push(...batches);
    return to.writer.write(batches);
  });
  await copyArchive(source, recording);
  let last = -1;
  for (const { images, blocks } of written) {
    const bytes = blocks.reduce((sum, { body }) => sum + body.byteLength, 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    for (const { header } of [...images, ...blocks]) {
      expect(header.lastSequence).toBeGreaterThanOrEqual(last);
      last = header.lastSequence;
    }
  }
  expect(await contentOf(to.archive)).toEqual(await contentOf(source));
});

test('an open block is left, counted, and copied next time', async () => {
  await recordTwoSegments(source);
  await source.commit([
    journalPart(0, sampleBlock({ previousSequence: 260, lastSequence: 261, epoch: 2 })),
    journalPart(1, sampleBlock({ previousSequence: 261, lastSequence: 262, epoch: 2 })),
  ]);
  const to = await target();
  const first = await copyArchive(source, to);
  expect(first.securities).toMatchObject([{ copied: 11, left: 2 }]);
  // The mark speaks for the open block too, which is not there.
  expect(await to.archive.tail(SECURITY)).toMatchObject({ aliveUntilUs: null, journal: [] });
  await source.commit([
    block(sampleBlock({ previousSequence: 260, lastSequence: 263, epoch: 2 })),
    { type: 'mark', security: SECURITY, epoch: 2, aliveUntilUs: 400_000 },
  ]);
  const second = await copyArchive(source, to);
  expect(second.securities).toMatchObject([{ copied: 1, present: 11, left: 0 }]);
  expect(await contentOf(to.archive)).toEqual(await contentOf(source));
});

test('what is sealed during a copy is left to the next one, blocks and images alike', async () => {
  await recordTwoSegments(source);
  const to = await target();
  let next = 260;
  const sealing = intercepted(to, async (batches) => {
    await source.commit([
      block(sampleBlock({ previousSequence: next, lastSequence: next + 10, epoch: 2 })),
      image(sampleImage({ lastSequence: next + 10, epoch: 2, reason: 'interval' })),
    ]);
    next += 10;
    return to.writer.write(batches);
  });
  const { securities } = await copyArchive(source, sealing);
  expect(securities).toMatchObject([{ copied: 11 }]);
  await copyArchive(source, to);
  expect(await contentOf(to.archive)).toEqual(await contentOf(source));
});
