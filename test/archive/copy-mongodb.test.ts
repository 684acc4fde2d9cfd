/** Copying between a directory and a database. */

import { rm } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Archive, ArchiveReader } from '../../logger/archive/archive.ts';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import { openArchiveReader, openCopyTarget } from '../../logger/open-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { freshDatabase, uriOf } from '../support/mongodb.ts';
import { mongodb, needs } from '../support/requirements.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { rowsOf } from '../unit/reader/naive-model.ts';
import { RandomHistory } from '../unit/reader/random-history.ts';
import {
  OTHER,
  contentOf,
  intercepted,
  recordTwoSegments,
  useCopyArchives,
} from './copy-archives.ts';
import { SECURITY, sampleBlock } from './sample-records.ts';

const { openedAt, pathOf, target, track } = useCopyArchives();
const seed = testSeed();
let source: Archive;

beforeEach(async () => {
  source = await openedAt('source');
});

describe('through MongoDB', needs(mongodb), () => {
  test(`from a directory to a database and back, all queries give the same results (seed ${seed})`, async () => {
    const history = new RandomHistory(source, seededRandom(seed));
    await history.record(4, 6);
    const { journal } = await source.tail(SECURITY);
    // Sealed, so that everything may come along.
    if (journal.length > 0) {
      await source.close();
      await rm(pathOf('source'), { recursive: true });
      source = await openedAt('source');
      await recordTwoSegments(source);
    }
    const uri = uriOf(freshDatabase());
    const database = track(await openCopyTarget(uri));
    const there = await copyArchive(source, database);
    expect(there.problems).toEqual([]);
    expect(await contentOf(database.archive)).toEqual(await contentOf(source));
    const bytes = async (archive: ArchiveReader): Promise<number> =>
      (await archive.totals(SECURITY)).storedBytes;
    expect(await bytes(database.archive)).toBeGreaterThan(0);
    expect((await copyArchive(source, database)).securities).toMatchObject([{ copied: 0 }]);
    expect(await contentOf(database.archive)).toEqual(await contentOf(source));

    const reader = track(await openArchiveReader(uri));
    const back = await target('back');
    expect((await copyArchive(reader, back)).problems).toEqual([]);
    expect(await contentOf(back.archive)).toEqual(await contentOf(source));
    expect((await createReader(back.archive).coverage({ security: SECURITY })).gaps).toEqual(
      (await createReader(source).coverage({ security: SECURITY })).gaps,
    );
  });

  test(`the number of orders at each level is that of the source (seed ${seed})`, async () => {
    const history = new RandomHistory(source, seededRandom(seed), { hasCounts: true });
    await history.record(2, 2);
    const uri = uriOf(freshDatabase());
    const database = track(await openCopyTarget(uri));
    expect((await copyArchive(source, database)).problems).toEqual([]);
    const readers = [source, track(await openArchiveReader(uri))].map((one) => createReader(one));
    const sealed = history.segments
      .flatMap(({ records }) => records)
      .filter(({ kind }) => kind !== 'piece')
      .flatMap(({ messages }) => messages);
    // A segment may begin where the one before it ended: then its book is the answer.
    const last = new Map(sealed.map((message) => [message.sequence, message]));
    for (const { sequence, bids, asks, counts } of last.values()) {
      for (const reader of readers) {
        const answer = await reader.bookAt({ security: SECURITY, position: { sequence } });
        expect(answer, `sequence ${sequence}`).toMatchObject({
          bids: rowsOf(bids, 'highest', counts),
          asks: rowsOf(asks, 'lowest', counts),
        });
      }
    }
  });

  test('a conflict stops only its security, and totals survive an interrupted copy', async () => {
    await recordTwoSegments(source);
    await recordTwoSegments(source, OTHER);
    const to = track(await openCopyTarget(uriOf(freshDatabase())));
    const foreign = sampleBlock({ previousSequence: 120, lastSequence: 130 }, Buffer.from('other'));
    const of = { security: SECURITY, gaps: [], images: [], damaged: [] };
    await to.writer.write([{ ...of, blocks: [foreign] }]);
    const { securities, problems } = await copyArchive(source, to);
    expect(problems).toMatchObject([{ security: SECURITY, record: 'block 1/121' }]);
    expect(securities).toMatchObject([{ copied: 3 }, { copied: 11 }]);

    const other = track(await openCopyTarget(uriOf(freshDatabase())));
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
