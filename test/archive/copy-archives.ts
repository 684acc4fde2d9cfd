/** Archives for tests of copying. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Archive, ArchiveReader, Write } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import type { RecordTarget } from '../../logger/archive/target.ts';
import type { CopyTarget } from '../../logger/archive/transfer/copy.ts';
import { embeddedTarget } from '../../logger/archive/transfer/embedded-target.ts';
import { SECURITY, block, image, sampleBlock, sampleImage } from './sample-records.ts';

export const OTHER = 'binance:ETHUSDT';

export const state = (security: string, wanted = true): Write => ({
  type: 'security',
  state: { security, wanted, feed: 'depth' },
});

interface CopyArchives {
  readonly pathOf: (name: string) => string;
  readonly openedAt: (name: string) => Promise<Archive>;
  readonly target: (name?: string) => Promise<CopyTarget>;
  /** Closes it after the test. */
  readonly track: <T extends { close(): Promise<void> }>(opened: T) => T;
}

/** A directory per test; what is opened in it is closed after the test. */
export function useCopyArchives(): CopyArchives {
  let parent = '';
  const opened: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'copy-'));
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    await rm(parent, { recursive: true, force: true });
  });
  const track: CopyArchives['track'] = (each) => {
    opened.push(each);
    return each;
  };
  const pathOf = (name: string): string => join(parent, name);
  const openedAt = async (name: string): Promise<Archive> =>
    track(await openEmbeddedArchive({ directory: pathOf(name) }));
  return {
    pathOf,
    openedAt,
    target: async (name = 'target') => embeddedTarget(await openedAt(name)),
    track,
  };
}

/** The target with another way to write records. */
export function intercepted(to: CopyTarget, write: RecordTarget['write']): CopyTarget {
  const { writer } = to;
  return { ...to, writer: { write, writeSecurities: (all) => writer.writeSecurities(all) } };
}

/** Everything that is sealed, as a reader finds it. */
export async function contentOf(archive: ArchiveReader, security = SECURITY): Promise<unknown> {
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
 * Two segments with a gap between them. The first has two images and some blocks; two records have
 * a defect.
 */
export async function recordTwoSegments(
  archive: Archive,
  security = SECURITY,
  blocks = 5,
): Promise<void> {
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
    block(
      sampleBlock({
        previousSequence: end,
        lastSequence: end + 10,
        tops: { maxBid: '10.25', minAsk: '10' },
        ...flagged,
      }),
    ),
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
