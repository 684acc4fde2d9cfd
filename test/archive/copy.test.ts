/** Copying between archives: complete, in order, resumable, and never what is still being recorded. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  Archive,
  ArchiveReader,
  GapRecord,
  StoredRecord,
  Write,
} from '../../logger/archive/archive.ts';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import type { CopyProgress, CopyTarget } from '../../logger/archive/transfer/copy.ts';
import { embeddedTarget } from '../../logger/archive/transfer/embedded-target.ts';
import { openEmbeddedArchive, openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { RecordBatch } from '../../logger/archive/batch.ts';
import type { RecordTarget } from '../../logger/archive/target.ts';
import { openArchiveReader, openCopyTarget } from '../../logger/open-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { freshDatabase, uriOf } from '../support/mongodb.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { flipByte } from '../unit/reader/damage.ts';
import { RandomHistory } from '../unit/reader/random-history.ts';
import { SECURITY, sampleBlock, sampleImage } from './sample-records.ts';
import { mongodb, needs } from '../support/requirements.ts';

const OTHER = 'binance:ETHUSDT';
const seed = testSeed();
const image = (record: StoredRecord): Write => ({ type: 'image', record });
const block = (record: StoredRecord): Write => ({ type: 'block', record });
const piece = (part: number, record: StoredRecord): Write => ({ type: 'journal', part, record });
const state = (security: string, wanted = true): Write => ({
  type: 'security',
  state: { security, wanted, feed: 'depth' },
});

let parent: string;
let source: Archive;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'copy-'));
  source = await openedAt('source');
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await rm(parent, { recursive: true, force: true });
});

async function openedAt(name: string): Promise<Archive> {
  const archive = await openEmbeddedArchive({ directory: join(parent, name) });
  open.push(archive);
  return archive;
}

async function target(name = 'target'): Promise<CopyTarget> {
  return embeddedTarget(await openedAt(name));
}

/** The target with another way to write records. */
function intercepted(to: CopyTarget, write: RecordTarget['write']): CopyTarget {
  const { writer } = to;
  return { ...to, writer: { write, writeSecurities: (all) => writer.writeSecurities(all) } };
}

/** Everything that is sealed, as a reader finds it. */
async function contentOf(archive: ArchiveReader, security = SECURITY): Promise<unknown> {
  const segments: unknown[] = [];
  let epoch = await archive.segmentAfter(security, 0);
  while (epoch !== null) {
    const images = await archive.images(security, epoch, 0);
    const blocks = await archive.blocks(security, epoch, { afterSequence: -1 });
    const sealed = [...images, ...blocks.filter((ref) => !ref.isJournalPart)];
    const records = await Promise.all(sealed.map((ref) => ref.load()));
    segments.push({
      epoch,
      gap: await archive.gapBefore(security, epoch),
      // Each was checked as it was loaded: the header's checksum stands for the body.
      records: records.map(({ header }) => header),
    });
    epoch = await archive.segmentAfter(security, epoch);
  }
  const { journal: _journal, ...tail } = await archive.tail(security);
  const { storedBytes: _bytes, ...totals } = await archive.totals(security);
  return { segments, tail, totals };
}

/**
 * A segment of two images and some blocks, closed by an open gap; another after it. Two of its records say
 * that receive times are late.
 */
async function recordTwoSegments(archive: Archive, security = SECURITY, blocks = 5): Promise<void> {
  const own = { security };
  await archive.commit([state(security), image(sampleImage({ lastSequence: 100, ...own }))]);
  for (let i = 0; i < blocks; i++) {
    const previousSequence = 100 + i * 10;
    await archive.commit([
      block(sampleBlock({ previousSequence, lastSequence: previousSequence + 10, ...own })),
    ]);
  }
  const end = 100 + blocks * 10;
  const late = { fromUs: end * 1000, toUs: end * 1000 + 3, cause: 'stall' } as const;
  const flagged = { badReceiveTimes: [late], ...own };
  await archive.commit([
    image(sampleImage({ lastSequence: end, reason: 'interval', ...flagged })),
    block(sampleBlock({ previousSequence: end, lastSequence: end + 10, ...flagged })),
  ]);
  const from = { epoch: 1, fromUs: (end + 10) * 1000, cause: 'connection' } as const;
  await archive.commit([{ type: 'open-gap', security, gap: { ...from, firstMissing: end + 11 } }]);
  const start = end + 100;
  await archive.commit([
    image(sampleImage({ lastSequence: start, epoch: 2, reason: 'gap', ...own })),
    {
      type: 'gap',
      record: {
        security,
        ...from,
        epoch: 2,
        toUs: start * 1000,
        firstMissing: end + 11,
        lastMissing: start - 1,
      },
    },
  ]);
  await archive.commit([
    block(sampleBlock({ previousSequence: start, lastSequence: start + 10, epoch: 2, ...own })),
    { type: 'mark', security, epoch: 2, aliveUntilUs: (start + 99) * 1000 },
  ]);
}

test('everything arrives, and a second copy finds it there', async () => {
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

test('a copy starts no recording, and leaves what is to be recorded there as it is', async () => {
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

test('of a list of securities only those are copied, in any case', async () => {
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

test(`broken off anywhere, what is there is a beginning, and the next copy completes it (seed ${seed})`, async () => {
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

test('a step never holds more than it may, and images never come behind blocks in it', async () => {
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

test('an open block stays where it is, is counted, and comes with the next copy', async () => {
  await recordTwoSegments(source);
  await source.commit([
    piece(0, sampleBlock({ previousSequence: 260, lastSequence: 261, epoch: 2 })),
    piece(1, sampleBlock({ previousSequence: 261, lastSequence: 262, epoch: 2 })),
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

test('what is sealed while a copy runs waits for the next one, blocks as well as images', async () => {
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

test('another record in a record’s place stops that security alone', async () => {
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

test('a foreign record that only the write meets is told as well', async () => {
  await recordTwoSegments(source);
  const to = await openedAt('target');
  await to.commit([image(sampleImage({ lastSequence: 100 }, Buffer.from('other')))]);
  // As if it had come between the comparison and the write.
  const empty = await openedAt('empty');
  const { problems } = await copyArchive(source, { ...embeddedTarget(to), archive: empty });
  expect(problems).toMatchObject([{ security: SECURITY, record: 'image 1/100' }]);
  expect(problems[0]?.problem).toContain('already stored with different content');
});

test('another gap in a gap’s place stops that security', async () => {
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
    await flipByte(join(parent, 'source'), header, part, 0.5);
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

test('what waits in a spool is copied, though the beginning of its segment has gone', async () => {
  const spool = await openSpool({ directory: join(parent, 'spool') });
  open.push(spool);
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

test('what a spool gave up comes along as the holes that it declared', async () => {
  const spool = await openSpool({ directory: join(parent, 'spool') });
  open.push(spool);
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

test('older segments leave the end of what is recorded there as it is', async () => {
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

test('a target with an open block of its own loses none of it', async () => {
  await recordTwoSegments(source);
  const to = await openedAt('target');
  await to.commit([
    image(sampleImage({ lastSequence: 900, epoch: 7 })),
    piece(0, sampleBlock({ previousSequence: 900, lastSequence: 901, epoch: 7 })),
  ]);
  const { securities, problems } = await copyArchive(source, embeddedTarget(to));
  expect(securities).toMatchObject([{ copied: 0 }]);
  expect(problems).toMatchObject([{ security: SECURITY, record: 'journal' }]);
  expect((await to.tail(SECURITY)).journal).toHaveLength(1);
});

test('the end of a segment that is open for good comes along', async () => {
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

test('it tells how far it is, and ends where it is told to', async () => {
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

test('an archive that a logger writes is no target', async () => {
  await openedAt('busy');
  await expect(openCopyTarget(join(parent, 'busy'))).rejects.toMatchObject({
    code: 'archive-in-use',
  });
});

describe('through MongoDB', needs(mongodb), () => {
  test(`from a directory to a database and back, the answers are the same (seed ${seed})`, async () => {
    const history = new RandomHistory(source, seededRandom(seed));
    await history.record(4, 6);
    const { journal } = await source.tail(SECURITY);
    // Sealed, so that everything may come along.
    if (journal.length > 0) {
      await source.close();
      await rm(join(parent, 'source'), { recursive: true });
      source = await openedAt('source');
      await recordTwoSegments(source);
    }
    const uri = uriOf(freshDatabase());
    const database = await openCopyTarget(uri);
    open.push(database);
    const there = await copyArchive(source, database);
    expect(there.problems).toEqual([]);
    expect(await contentOf(database.archive)).toEqual(await contentOf(source));
    const bytes = async (archive: ArchiveReader): Promise<number> =>
      (await archive.totals(SECURITY)).storedBytes;
    expect(await bytes(database.archive)).toBeGreaterThan(0);
    expect((await copyArchive(source, database)).securities).toMatchObject([{ copied: 0 }]);
    expect(await contentOf(database.archive)).toEqual(await contentOf(source));

    const reader = await openArchiveReader(uri);
    open.push(reader);
    const back = await target('back');
    expect((await copyArchive(reader, back)).problems).toEqual([]);
    expect(await contentOf(back.archive)).toEqual(await contentOf(source));
    expect((await createReader(back.archive).coverage({ security: SECURITY })).gaps).toEqual(
      (await createReader(source).coverage({ security: SECURITY })).gaps,
    );
  });

  test('a foreign record stops its security alone, and totals survive a copy broken off', async () => {
    await recordTwoSegments(source);
    await recordTwoSegments(source, OTHER);
    const to = await openCopyTarget(uriOf(freshDatabase()));
    open.push(to);
    const foreign = sampleBlock({ previousSequence: 120, lastSequence: 130 }, Buffer.from('other'));
    const of = { security: SECURITY, gaps: [], images: [], damaged: [] };
    await to.writer.write([{ ...of, blocks: [foreign] }]);
    const { securities, problems } = await copyArchive(source, to);
    expect(problems).toMatchObject([{ security: SECURITY, record: 'block 1/121' }]);
    expect(securities).toMatchObject([{ copied: 3 }, { copied: 11 }]);

    const other = await openCopyTarget(uriOf(freshDatabase()));
    open.push(other);
    let left = 1;
    const breaking = intercepted(other, (batches) =>
      left-- > 0 ? other.writer.write(batches) : Promise.reject(new Error('the plug')),
    );
    const asked = { securities: [OTHER] };
    await expect(copyArchive(source, breaking, asked)).rejects.toThrow('the plug');
    await copyArchive(source, other, asked);
    expect(await other.archive.totals(OTHER)).toEqual(await source.totals(OTHER));
  });
});
