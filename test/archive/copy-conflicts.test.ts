/** Copying between archives that differ: conflicts, damage, dropped records and older segments. */

import { beforeEach, expect, test } from 'vitest';
import type { Archive, GapRecord } from '../../logger/archive/archive.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import type { CopyProgress } from '../../logger/archive/transfer/copy.ts';
import { embeddedTarget } from '../../logger/archive/transfer/embedded-target.ts';
import { openCopyTarget } from '../../logger/open-archive.ts';
import { flipByte } from '../unit/reader/damage.ts';
import { OTHER, contentOf, recordTwoSegments, state, useCopyArchives } from './copy-archives.ts';
import { SECURITY, block, image, journalPart, sampleBlock, sampleImage } from './sample-records.ts';

const { openedAt, pathOf, target, track } = useCopyArchives();
let source: Archive;

beforeEach(async () => {
  source = await openedAt('source');
});

test('a different record in the target stops only that security', async () => {
  await recordTwoSegments(source);
  await recordTwoSegments(source, OTHER);
  const to = await openedAt('target');
  const foreign = { previousSequence: 120, lastSequence: 130 };
  await to.commit([block(sampleBlock(foreign, Buffer.from('of another logger')))]);
  const { securities, problems } = await copyArchive(source, embeddedTarget(to));
  expect(problems).toEqual([
    {
      security: SECURITY,
      record: 'block 1/121',
      problem: 'the target holds a different record in its place',
    },
  ]);
  // What stood before it is there: an image and two blocks.
  expect(securities).toMatchObject([{ copied: 3 }, { security: OTHER, copied: 11 }]);
  expect(await contentOf(to, OTHER)).toEqual(await contentOf(source, OTHER));
});

test('a conflict that only shows when writing is reported too', async () => {
  await recordTwoSegments(source);
  const to = await openedAt('target');
  await to.commit([image(sampleImage({ lastSequence: 100 }, Buffer.from('other')))]);
  // As if it had come between the comparison and the write.
  const empty = await openedAt('empty');
  const { problems } = await copyArchive(source, { ...embeddedTarget(to), archive: empty });
  expect(problems).toMatchObject([{ security: SECURITY, record: 'image 1/100' }]);
  expect(problems[0]?.problem).toContain('already stored with different content');
});

test('a different gap in the target stops that security', async () => {
  await recordTwoSegments(source);
  const to = await openedAt('target');
  const gap = await source.gapBefore(SECURITY, 2);
  if (!gap) throw new Error('No gap');
  await to.commit([{ type: 'gap', record: { ...gap, cause: 'clock' } }]);
  const { problems } = await copyArchive(source, embeddedTarget(to));
  expect(problems).toMatchObject([{ record: 'gap 2' }]);
  expect(await to.segmentAfter(SECURITY, 1)).toBeNull();
});

test.each(['body', 'header'] as const)(
  'a damaged %s is told, and the rest copied',
  async (part) => {
    await recordTwoSegments(source);
    await recordTwoSegments(source, OTHER);
    const [, second] = await source.blocks(SECURITY, 1, { afterSequence: 100 });
    const header = second?.header;
    if (!header) throw new Error('No block');
    await source.close();
    await flipByte(pathOf('source'), header, part, 0.5);
    source = await openedAt('source');
    const to = await target();
    const { securities, problems } = await copyArchive(source, to);
    expect(problems).toMatchObject([{ security: SECURITY, record: 'block 1/111' }]);
    expect(problems[0]?.problem).toMatch(/^damaged, and not copied/);
    expect(securities).toMatchObject([{ copied: 10 }, { copied: 11 }]);
    // A second copy says so again, and writes nothing.
    const again = await copyArchive(source, to);
    expect(again.problems).toEqual(problems);
    expect(again.securities).toMatchObject([{ copied: 0 }, { copied: 0 }]);
  },
);

test('pending records of a spool are copied, though the start of their segment has been replicated', async () => {
  const spool = track(await openSpool({ directory: pathOf('spool') }));
  await recordTwoSegments(spool);
  const [shipment] = await spool.pending(1, new Set());
  if (!shipment) throw new Error('Nothing waits');
  await spool.release([{ ...shipment, blocks: shipment.blocks.slice(0, 1) }]);
  const to = await target();
  const { securities, problems } = await copyArchive(spool, to);
  expect(problems).toEqual([]);
  expect(securities).toMatchObject([{ copied: 9 }]);
  expect(await to.archive.segmentAfter(SECURITY, 0)).toBe(1);
});

test('what a spool dropped is copied as the gaps that it recorded', async () => {
  const spool = track(await openSpool({ directory: pathOf('spool') }));
  await recordTwoSegments(spool);
  const to = await target();
  // The first image and two blocks were replicated; then the limit was reached, twice.
  const [batch] = await spool.pending(1, new Set());
  if (!batch) throw new Error('Nothing is pending');
  const replicated = { ...batch, blocks: batch.blocks.slice(0, 2) };
  await to.writer.write([replicated]);
  await spool.release([replicated]);
  const dropped = await spool.dropOldest();
  expect(dropped).toMatchObject({ security: SECURITY, records: 3, needsImage: false });
  const hole = await spool.gapWithin(SECURITY, 1, 120);
  expect(hole).toMatchObject({ cause: 'spool', after: 120 });
  for (let copies = 0; copies < 2; copies++) {
    expect((await copyArchive(spool, to)).problems).toEqual([]);
    expect(await to.archive.gapWithin(SECURITY, 1, 120)).toEqual(hole);
  }
  // From an archive that has both sides of it too.
  const back = await target('back');
  await copyArchive(to.archive, back);
  expect(await back.archive.gapWithin(SECURITY, 1, 120)).toEqual(hole);
  expect((await back.archive.totals(SECURITY)).gaps).toBe(2);
  const other = await openedAt('other');
  await other.commit([{ type: 'gap', record: { ...(hole as GapRecord), cause: 'other' } }]);
  const { problems } = await copyArchive(to.archive, embeddedTarget(other));
  expect(problems).toMatchObject([{ record: 'hole 1/120' }]);
});

test('older segments leave the target’s tail unchanged', async () => {
  await recordTwoSegments(source);
  const to = await openedAt('target');
  await to.commit([
    state(SECURITY),
    image(sampleImage({ lastSequence: 900, epoch: 7 })),
    { type: 'mark', security: SECURITY, epoch: 7, aliveUntilUs: 910_000 },
  ]);
  const openGap = { epoch: 7, fromUs: 910_000, cause: 'connection', firstMissing: 901 } as const;
  await to.commit([{ type: 'open-gap', security: SECURITY, gap: openGap }]);
  const before = await to.tail(SECURITY);
  const { securities } = await copyArchive(source, embeddedTarget(to));
  expect(securities).toMatchObject([{ copied: 11 }]);
  expect(await to.tail(SECURITY)).toEqual(before);
  expect(await to.totals(SECURITY)).toMatchObject({ images: 4, blocks: 7, gaps: 1 });
});

test('a target with an open block of its own keeps it', async () => {
  await recordTwoSegments(source);
  const to = await openedAt('target');
  await to.commit([
    image(sampleImage({ lastSequence: 900, epoch: 7 })),
    journalPart(0, sampleBlock({ previousSequence: 900, lastSequence: 901, epoch: 7 })),
  ]);
  const { securities, problems } = await copyArchive(source, embeddedTarget(to));
  expect(securities).toMatchObject([{ copied: 0 }]);
  expect(problems).toMatchObject([{ security: SECURITY, record: 'journal' }]);
  expect((await to.tail(SECURITY)).journal).toHaveLength(1);
});

test('the end of a segment without successor is copied', async () => {
  await source.commit([
    state(SECURITY),
    image(sampleImage({ lastSequence: 100 })),
    block(sampleBlock({ previousSequence: 100, lastSequence: 110 })),
    { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 120_000 },
  ]);
  const openGap = { epoch: 1, fromUs: 120_000, cause: 'removed', firstMissing: 111 } as const;
  await source.commit([{ type: 'open-gap', security: SECURITY, gap: openGap }]);
  const to = await target();
  await copyArchive(source, to);
  expect(await to.archive.tail(SECURITY)).toMatchObject({ aliveUntilUs: 120_000, openGap });
});

test('it reports progress, and can be aborted', async () => {
  await recordTwoSegments(source, SECURITY, 300);
  const to = await target();
  const heard: CopyProgress[] = [];
  const stop = new AbortController();
  const onProgress = (progress: CopyProgress): void => {
    heard.push(progress);
    if (progress.records > 100) stop.abort();
  };
  await expect(copyArchive(source, to, { onProgress, signal: stop.signal })).rejects.toThrow();
  expect(heard.at(-1)).toMatchObject({ security: SECURITY, total: 306, problems: 0 });
  const records = heard.map((progress) => progress.records);
  expect(records).toEqual(records.toSorted((a, b) => a - b));
  expect(records.at(-1)).toBeLessThan(306);
  await copyArchive(source, to, { onProgress });
  expect(heard.at(-1)).toMatchObject({ records: 306 });
});

test('an archive in use by a logger is rejected as a target', async () => {
  await openedAt('busy');
  await expect(openCopyTarget(pathOf('busy'))).rejects.toMatchObject({
    code: 'archive-in-use',
  });
});
