/**
 * A spool and its store as one archive: records that move from one to the other between and during
 * reads.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type {
  Archive,
  ArchiveReader,
  BlockRef,
  Position,
  Write,
} from '../../logger/archive/archive.ts';
import { candlesIn } from '../../logger/archive/candle-store.ts';
import type { CandleEntry } from '../../logger/archive/candle-store.ts';
import { openEmbeddedArchive, openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { embeddedTarget } from '../../logger/archive/transfer/embedded-target.ts';
import { SpooledArchive } from '../../logger/archive/transfer/spooled-archive.ts';
import { ArchiveUnavailableError } from '../../logger/errors.ts';
import { blockRecord } from '../../logger/recorder/segment/records.ts';
import { recoverSegment } from '../../logger/recorder/segment/recovery.ts';
import { silentLog } from '../support/silent-log.ts';
import { seededRandom, testSeeds } from '../support/seeded-random.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { RandomHistory } from '../unit/reader/random-history.ts';
import { SECURITY, block, image, journalPart, sampleBlock, sampleImage } from './sample-records.ts';

const IMAGE = sampleImage({ lastSequence: 100 });
const FAR_US = IMAGE.header.toUs + 60_000_000;
const BLOCK = sampleBlock({ previousSequence: 100, lastSequence: 110 });

let directory: string;
let spool: Spool;
let store: Archive;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spooled-'));
  spool = await openSpool({ directory: join(directory, 'spool') });
  store = await openEmbeddedArchive({ directory: join(directory, 'store') });
  await spool.commit([image(IMAGE), block(BLOCK)]);
});
afterEach(async () => {
  await spool.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function replicate(): Promise<void> {
  const batches = await spool.pending(1, new Set());
  await embeddedTarget(store).writer.write(batches);
  await spool.release(batches);
}

/** The store, while it does not answer. */
function away(): Archive {
  return new Proxy(store, {
    get: () => () => Promise.reject(new ArchiveUnavailableError('away')),
  });
}

test('a record that is replicated between listing and loading is loaded from the store', async () => {
  const archive = new SpooledArchive(spool, store);
  const [listedImage] = await archive.images(SECURITY, 1, 100);
  const [listedBlock] = await archive.blocks(SECURITY, 1, { afterSequence: 100 });
  const found = await archive.imageAt(SECURITY, { sequence: 105 });
  const start = await archive.segmentStart(SECURITY, 0);
  await replicate();
  expect(await spool.images(SECURITY, 1, 100)).toEqual([]);
  for (const ref of [listedImage, found, start]) {
    expect(Buffer.from((await ref!.load()).body)).toEqual(IMAGE.body);
  }
  expect(Buffer.from((await listedBlock!.load()).body)).toEqual(BLOCK.body);
});

test('a record that is dropped between listing and loading is lost', async () => {
  const archive = new SpooledArchive(spool, store);
  const [listed] = await archive.blocks(SECURITY, 1, { afterSequence: 100 });
  await spool.dropOldest();
  await expect(listed!.load()).rejects.toThrow('has lost its body');
});

test('the store is not asked for images if the spool has the first of them', async () => {
  const archive = new SpooledArchive(spool, away());
  const images = await archive.images(SECURITY, 1, 100);
  expect(images.map(({ header }) => header.lastSequence)).toEqual([100]);
  await expect(archive.images(SECURITY, 1, 99)).rejects.toThrow('away');
});

test.each([true, false])(
  'what a killed logger recorded is recovered while the store is away (with a journal: %s)',
  async (hasJournal) => {
    const { security, level, feed, proof, epoch, writer } = BLOCK.header;
    const times = { exchangeTimeUs: FAR_US, receiveTimeUs: FAR_US - 1 };
    const diff = { type: 'diff', firstSequence: 111, lastSequence: 115, ...times } as const;
    const part = blockRecord(
      { security, level, feed, proof, epoch, writer },
      {
        scale: { priceExponent: 2, sizeExponent: 3 },
        previousSequence: 110,
        events: [{ ...diff, bids: [100, 1], asks: [] }],
      },
      FAR_US,
      () => [],
    );
    const mark = { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: FAR_US } as const;
    await spool.commit([...(hasJournal ? [journalPart(0, part)] : []), mark]);
    await replicate();
    const archive = new SpooledArchive(spool, away());
    const { openGap } = await recoverSegment(archive, SECURITY, 'restart', silentLog);
    const firstMissing = hasJournal ? 116 : null;
    expect(openGap).toEqual({ epoch: 1, fromUs: FAR_US, cause: 'restart', firstMissing });
    expect((await archive.tail(SECURITY)).openGap).toEqual(openGap);
  },
);

/** Calls `before` ahead of every call of a method. */
function preceded<T extends object>(object: T, before: () => Promise<void>): T {
  return new Proxy(object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        await before();
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** What a reader gets from references: headers and bodies. */
async function contentOf(refs: readonly (BlockRef | null)[]): Promise<unknown[]> {
  const contents = refs.map(async (ref) => {
    if (ref === null) return null;
    const { header, body } = await ref.load();
    return { header, body: Buffer.from(body).toString('hex'), part: ref.isJournalPart ?? false };
  });
  return Promise.all(contents);
}

/** A random question that depends only on the seed. */
function anyQuestion(
  random: SeededRandom,
  range: { readonly epochs: number; readonly sequences: readonly [number, number] },
): (archive: ArchiveReader) => Promise<unknown> {
  const epoch = random.integer(0, range.epochs + 1);
  const sequence = random.integer(range.sequences[0] - 10, range.sequences[1] + 10);
  const position: Position = { sequence };
  const limit = random.chance(0.5) ? random.integer(1, 5) : undefined;
  const untilSequence = random.chance(0.5) ? sequence + random.integer(0, 60) : undefined;
  const blocks = {
    afterSequence: random.chance(0.2) ? Number.MIN_SAFE_INTEGER : sequence,
    andNext: random.chance(0.5),
    withBodies: random.chance(0.5),
    ...(limit !== undefined && { limit }),
    ...(untilSequence !== undefined && { untilSequence }),
  };
  const questions = [
    async (from: ArchiveReader) => contentOf([await from.imageAt(SECURITY, position)]),
    async (from: ArchiveReader) => from.segmentAfter(SECURITY, epoch),
    async (from: ArchiveReader) => contentOf([await from.segmentStart(SECURITY, epoch)]),
    async (from: ArchiveReader) => contentOf(await from.images(SECURITY, epoch, sequence)),
    async (from: ArchiveReader) => contentOf(await from.blocks(SECURITY, epoch, blocks)),
    async (from: ArchiveReader) => from.gapBefore(SECURITY, epoch),
    async (from: ArchiveReader) => from.gapWithin(SECURITY, epoch, sequence),
  ];
  return random.pick(questions);
}

test.each(testSeeds(3))(
  'reads as one archive does, though records move before every look-up (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const whole = await openEmbeddedArchive({ directory: join(directory, 'whole') });
    await replicate();
    const fresh = await openSpool({ directory: join(directory, 'fresh') });
    const target = await openEmbeddedArchive({ directory: join(directory, 'target') });
    try {
      const both = {
        ...whole,
        commit: async (writes: readonly Write[]): Promise<void> => {
          await whole.commit(writes);
          await fresh.commit(writes);
        },
      } as Archive;
      const history = new RandomHistory(both, random);
      await history.record(5, 12);
      const headers = history.segments.flatMap(({ records }) => records.map((one) => one.header));
      const sequences = headers.map(({ lastSequence }) => lastSequence);
      const range = {
        epochs: history.segments.length,
        sequences: [Math.min(...sequences), Math.max(...sequences)],
      } as const;
      const { writer } = embeddedTarget(target);
      const mayReplicate = async (): Promise<void> => {
        if (!random.chance(0.03)) return;
        const [batch] = await fresh.pending(1, new Set());
        if (!batch) return;
        // Sometimes only the first records of a batch; the store has them before the spool drops them.
        const count = random.integer(1, 8);
        const images = batch.images.slice(0, count);
        const part = {
          ...batch,
          images,
          blocks: images.length < batch.images.length ? [] : batch.blocks.slice(0, count),
        };
        await writer.write([part]);
        await fresh.release([part]);
      };
      const spooled = new SpooledArchive(
        preceded<ArchiveReader>(fresh, mayReplicate),
        preceded<ArchiveReader>(target, mayReplicate),
      );
      for (let asked = 0; asked < 300; asked++) {
        const question = anyQuestion(random, range);
        const [expected, actual] = [await question(whole), await question(spooled)];
        expect(actual, `seed ${random.seed}, question ${asked}`).toEqual(expected);
      }
    } finally {
      await Promise.all([whole.close(), fresh.close(), target.close()]);
    }
  },
);

test('every candle of a range is read, though a gap of the spool hides some of the store', async () => {
  const series = { security: SECURITY, timeframe: '1m', source: 'trades' } as const;
  const minute = (i: number): number => i * 60_000_000;
  const candle = (i: number, state: 'early' | 'final'): CandleEntry => ({
    type: 'candle',
    ...series,
    fromUs: minute(i),
    toUs: minute(i + 1),
    state,
    open: null,
    high: null,
    low: null,
    close: null,
    volume: 0,
    quoteVolume: 0,
    buyVolume: 0,
    trades: 0,
    firstTradeId: null,
    lastTradeId: null,
    scale: { priceExponent: 0, sizeExponent: 0 },
    missing: [],
  });
  const states = ['final', 'early', 'early', 'final', 'final'] as const;
  await store.candles.put(states.map((state, i) => candle(i, state)));
  await spool.candles.put([
    { type: 'gap', ...series, fromUs: minute(1), toUs: minute(3), cause: 'other' },
  ]);
  const { candles } = new SpooledArchive(spool, store);
  const begins: number[] = [];
  const range = { fromUs: 0, toUs: minute(9) };
  for await (const { fromUs } of candlesIn(candles, series, range, 3)) begins.push(fromUs);
  expect(begins).toEqual([0, 1, 3, 4].map(minute));
});
