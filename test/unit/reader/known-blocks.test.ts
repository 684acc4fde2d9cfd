/** Coverage from what is known of headers, against coverage from the headers. A failure names its seed. */

import { describe, expect, test } from 'vitest';
import type { ArchiveReader } from '../../../logger/archive/archive.ts';
import { sealRecord } from '../../../logger/archive/record.ts';
import type { CoverageQuery } from '../../../logger/queries/queries.ts';
import type { CoverageResult } from '../../../logger/queries/results.ts';
import { coverage } from '../../../logger/reader/coverage.ts';
import { KnownBlocks } from '../../../logger/reader/known-blocks.ts';
import { RecordLoader } from '../../../logger/reader/record-loader.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { flipByte } from './damage.ts';
import { RandomHistory, SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, us, writeAll } from './script.ts';

const kit = useReaderKit();
const yieldToEventLoop = async (): Promise<void> => {};

type Ask = (query?: Omit<CoverageQuery, 'security'>) => Promise<CoverageResult>;

/** As a reader asks: it knows what its last queries have shown, in runs of two blocks. */
function asker(archive: ArchiveReader): Ask {
  const records = new RecordLoader(0, yieldToEventLoop);
  const context = { archive, records, known: new KnownBlocks(archive, 2), yieldToEventLoop };
  return (query) => coverage(context, { security: SECURITY, ...query });
}

const SEEDS = testSeeds(12);

describe.each(SEEDS)('seed %i', (seed) => {
  test('coverage of any window is the same', async () => {
    const random = seededRandom(seed);
    const history = new RandomHistory(kit.archive, random);
    await history.record(3, 14);
    await kit.archive.close();
    const records = history.segments.flatMap((segment) => segment.records);
    const sealed = records.filter(({ kind }) => kind !== 'piece');
    for (let i = 0; i < seed % 3; i++) {
      await flipByte(kit.directory, random.pick(sealed).header, 'header', random.next());
    }
    await kit.reopen();
    const times = records.flatMap(({ header }) => [header.fromUs, header.toUs]);
    const ask = asker(kit.archive);
    await ask();
    for (let i = 0; i < 40; i++) {
      const [from, to] = [random.pick(times), random.pick(times)];
      const query = {
        ...(random.chance(0.8) && { fromUs: Math.min(from, to) + random.integer(-1, 1) }),
        ...(random.chance(0.8) && { toUs: Math.max(from, to) + random.integer(1, 2) }),
      };
      const known = await ask(query);
      expect(known, JSON.stringify(query)).toEqual(await asker(kit.archive)(query));
    }
  });
});

async function sixBlocks(): Promise<void> {
  await writeAll(kit.archive, image(1, 100, 0));
  for (let i = 0; i < 6; i++) {
    await writeAll(kit.archive, block(1, 100 + i, [diff(101 + i, 10 + i)]));
  }
}

test('what is known is not read again; what was added since is', async () => {
  await sixBlocks();
  let listed = 0;
  const archive = changed({
    blocks: async (...range) => {
      const refs = await kit.archive.blocks(...range);
      listed += refs.length;
      return refs;
    },
  });
  const ask = asker(archive);
  const first = await ask();
  expect(listed).toBe(6);
  expect(await ask()).toEqual(first);
  expect(listed).toBe(6);
  await writeAll(kit.archive, block(1, 106, [diff(107, 20)]));
  expect((await ask()).intervals).toMatchObject([{ firstSequence: '100', lastSequence: '107' }]);
  expect(listed).toBe(7);
});

test('a block that was deleted since is missed', async () => {
  await sixBlocks();
  let deleted: number | undefined;
  const archive = changed({
    blocks: async (...range) =>
      (await kit.archive.blocks(...range)).filter(({ header }) => header.firstSequence !== deleted),
    count: async (span) => {
      const isIn = deleted !== undefined && span.from <= deleted && deleted <= span.to;
      return (await kit.archive.count(span)) - (span.kind === 'block' && isIn ? 1 : 0);
    },
  });
  const ask = asker(archive);
  expect((await ask()).gaps).toEqual([]);
  deleted = 103;
  const found = await ask();
  expect(found).toEqual(await asker(archive)());
  expect(found.gaps).toMatchObject([{ cause: 'corrupt' }]);
  expect(found.intervals).toMatchObject([{ lastSequence: '102' }]);
});

test('receive-time defects of known blocks are told', async () => {
  const defect = { fromUs: us(11), toUs: us(12), cause: 'stall' } as const;
  await writeAll(kit.archive, image(1, 100, 0));
  for (let i = 0; i < 6; i++) {
    const write = block(1, 100 + i, [diff(101 + i, 10 + i)]);
    if (write.type !== 'block') throw new Error('Not a block');
    const { bytes: _bytes, checksum: _checksum, ...description } = write.record.header;
    const flagged = sealRecord({ ...description, badReceiveTimes: [defect] }, write.record.body);
    await writeAll(kit.archive, i === 2 ? { type: 'block', record: flagged } : write);
  }
  const ask = asker(kit.archive);
  const first = await ask();
  expect(first.badReceiveTimes).toHaveLength(1);
  expect(await ask()).toEqual(first);
});

function changed(methods: Partial<ArchiveReader>): ArchiveReader {
  return new Proxy<ArchiveReader>(kit.archive, {
    get: (archive, name) => {
      if (name in methods) return Reflect.get(methods, name) as unknown;
      const value: unknown = Reflect.get(archive, name);
      return typeof value === 'function' ? (value.bind(archive) as unknown) : value;
    },
  });
}
