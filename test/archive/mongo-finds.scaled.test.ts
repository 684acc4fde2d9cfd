/** The cost of a past book in MongoDB: a bounded number of finds, whatever is stored. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Position } from '../../logger/archive/archive.ts';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { MongoReader } from '../../logger/archive/mongodb/mongo-reader.ts';
import { MongoWriter } from '../../logger/archive/mongodb/mongo-writer.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { scaled } from '../support/scaled.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { RandomHistory, SECURITY } from '../unit/reader/random-history.ts';
import { sampleImage } from './sample-records.ts';
import { mongodb, needs } from '../support/requirements.ts';

/** As documented in docs/mongodb.md. */
const FINDS_MAX = 10;
const MOMENTS = scaled({ fast: 8, full: 30 });
const seed = testSeed();
/** The tolerance for an exchange clock that goes back between two connections. */
const DISORDER_US = 10_000_000;

interface Counted {
  readonly archive: MongoReader;
  readonly writer: MongoWriter;
  /** Commands since the list was cleared. */
  readonly commands: string[];
}

async function counted(): Promise<Counted> {
  const commands: string[] = [];
  const connection = new MongoConnection(freshDatabase(), createSystemClock(), {
    onCommand: (name) => commands.push(name),
  });
  undo.push(() => connection.close());
  const writer = new MongoWriter(connection);
  await writer.prepare();
  return { archive: new MongoReader(connection), writer, commands };
}

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

test.each([2, 12])(
  `with %i segments a past book takes at most ${FINDS_MAX} finds (seed ${seed})`,
  { ...needs(mongodb), timeout: 120_000 },
  async (segments) => {
    const random = seededRandom(seed);
    const directory = await mkdtemp(join(tmpdir(), 'finds-'));
    undo.push(() => rm(directory, { recursive: true }));
    const source = await openEmbeddedArchive({ directory });
    undo.push(() => source.close());
    const history = new RandomHistory(source, random);
    await history.record(segments, 8);
    const { archive, writer, commands } = await counted();
    await copyArchive(source, { archive, writer, close: () => archive.close() });
    const messages = history.segments.flatMap(({ records }) =>
      records.flatMap((record) => (record.kind === 'piece' ? [] : record.messages)),
    );
    const starts = history.segments.map(({ records }) => records[0]?.messages[0]?.exchangeTimeUs);
    const most: Record<string, number> = {};
    for (let i = 0; i < MOMENTS; i++) {
      const at = messages[Math.floor(random.next() * messages.length)];
      if (!at) throw new Error('No message');
      const us = at.exchangeTimeUs;
      const near = starts.filter((start = 0) => start > us && start <= us + DISORDER_US).length;
      const positions: readonly [string, Position, number][] = [
        ['receive', { clock: 'receive', us: at.receiveTimeUs }, 0],
        ['exchange', { clock: 'exchange', us }, near],
        ['sequence', { sequence: at.sequence }, 0],
      ];
      for (const [name, position, besides] of positions) {
        // A new reader each time, so that nothing is cached.
        const reader = createReader(archive);
        commands.length = 0;
        const answer = await reader.bookAt({ security: SECURITY, position });
        expect(new Set(commands)).toEqual(new Set(['find']));
        if (answer.state === 'proven') {
          most[name] = Math.max(most[name] ?? 0, commands.length - besides);
        }
      }
    }
    expect(Math.max(...Object.values(most)), JSON.stringify(most)).toBeLessThanOrEqual(FINDS_MAX);
  },
);

test(
  'a number is looked for past any number of segments that have none',
  needs(mongodb),
  async () => {
    const { archive, writer, commands } = await counted();
    const unnumbered = { proof: 'connection', feed: 'level2_batch' } as const;
    const images = [
      sampleImage({ lastSequence: 500, epoch: 1, toUs: 1000 }),
      ...Array.from({ length: 40 }, (_, i) =>
        sampleImage({ lastSequence: 1, epoch: i + 2, toUs: 2000 + i, ...unnumbered }),
      ),
      sampleImage({ lastSequence: 400, epoch: 50, toUs: 9000 }),
    ];
    const nothing = { gaps: [], blocks: [], damaged: [] };
    await writer.write([{ ...nothing, security: SECURITY, images }]);
    commands.length = 0;
    const found = await archive.imageAt(SECURITY, { sequence: 600 });
    // The exchange restarted its sequences: the later book counts.
    expect(found?.header).toMatchObject({ epoch: 50, lastSequence: 400 });
    expect(commands.length).toBeLessThan(8);
  },
);
