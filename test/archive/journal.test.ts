/** The journal of the embedded archive against a plain model, and what a logger of layout 1 left behind. */

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive, OpenGap, StoredRecord, Write } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { readTransaction } from '../../logger/archive/embedded/data-file.ts';
import { allocateLockFile } from '../../logger/archive/embedded/lock-file.ts';
import { decodeBlock } from '../../logger/codec/formats.ts';
import { ArchiveFullError, DuplicateRecordError } from '../../logger/errors.ts';
import { recoverSegment } from '../../logger/recorder/segment/recovery.ts';
import { silentLog } from '../support/silent-log.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import {
  block,
  image,
  journalPart,
  sampleBlock,
  sampleGap,
  sampleImage,
} from './sample-records.ts';

const seed = testSeed();
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** One security as an archive should show it. */
class Model {
  readonly security: string;
  readonly #random: SeededRandom;
  epoch = 0;
  /** The last sequence of the sealed records. */
  lastSequence: number | null = null;
  lastUs: number | null = null;
  aliveUntilUs: number | null = null;
  openGap: OpenGap | null = null;
  parts: StoredRecord[] = [];
  #sequence = 0;

  constructor(security: string, random: SeededRandom) {
    this.security = security;
    this.#random = random;
  }

  /** A write that may come next; the model follows it. */
  next(): Write[] {
    if (this.epoch === 0 || (this.openGap && this.#random.chance(0.5))) return this.#begin();
    if (this.openGap) return [];
    if (this.#random.chance(0.5)) return this.#part();
    if (this.#random.chance(0.5)) return this.#mark();
    if (this.#random.chance(0.3)) return [...this.#seal(), ...this.#image()];
    if (this.#random.chance(0.2)) return [...this.#seal(), this.#end()];
    return this.#seal();
  }

  #begin(): Write[] {
    const epoch = ++this.epoch;
    const { security, openGap } = this;
    const toUs = (this.#sequence += 10) * 1000;
    Object.assign(this, { openGap: null, aliveUntilUs: null, parts: [] });
    const record = sampleGap({ security, epoch, fromUs: toUs - 1, toUs });
    return [...this.#image(), ...(openGap ? [{ type: 'gap', record } as const] : [])];
  }

  #image(): Write[] {
    const { security, epoch } = this;
    const lastSequence = (this.lastSequence = this.#sequence);
    this.#seen(lastSequence * 1000);
    return [image(sampleImage({ security, epoch, lastSequence }))];
  }

  #part(): Write[] {
    const { security, epoch } = this;
    const previousSequence = this.#sequence;
    const lastSequence = (this.#sequence += this.#random.integer(1, 3));
    const record = sampleBlock({ security, epoch, previousSequence, lastSequence });
    this.#seen(lastSequence * 1000);
    const write = journalPart(this.parts.length, record);
    this.parts.push(record);
    return this.#random.chance(0.1) ? [write, write] : [write];
  }

  #mark(): Write[] {
    const { security, epoch } = this;
    const isLate = this.#random.chance(0.2);
    const aliveUntilUs = this.#sequence * 1000 + this.#random.integer(-500, 900);
    if (!isLate) {
      this.aliveUntilUs = Math.max(aliveUntilUs, this.aliveUntilUs ?? 0);
      this.#seen(aliveUntilUs);
    }
    return [{ type: 'mark', security, epoch: isLate ? epoch - 1 : epoch, aliveUntilUs }];
  }

  #seal(): Write[] {
    const [first] = this.parts;
    if (!first) return [];
    const { security, epoch } = this;
    const { previousSequence } = first.header;
    const lastSequence = (this.lastSequence = this.#sequence);
    this.parts = [];
    return [block(sampleBlock({ security, epoch, previousSequence, lastSequence }))];
  }

  #end(): Write {
    const fromUs = this.#sequence * 1000;
    this.openGap = { epoch: this.epoch, fromUs, cause: 'connection', firstMissing: null };
    this.#seen(fromUs);
    return { type: 'open-gap', security: this.security, gap: this.openGap };
  }

  #seen(us: number): void {
    this.lastUs = Math.max(us, this.lastUs ?? 0);
  }

  async expectIn(archive: Archive): Promise<void> {
    const { epoch, lastSequence, lastUs, aliveUntilUs, openGap } = this;
    const { journal, ...tail } = await archive.tail(this.security);
    expect(tail).toEqual({ epoch, lastSequence, lastUs, aliveUntilUs, openGap });
    expect(journal.map(plain)).toEqual(this.parts.map(plain));
    const after = (lastSequence ?? 0) + 1;
    const refs = await archive.blocks(this.security, epoch, { afterSequence: after });
    const listed = await Promise.all(refs.map((ref) => ref.load()));
    const isAfter = ({ header }: StoredRecord): boolean => header.lastSequence > after;
    expect(listed.map(plain)).toEqual(this.parts.filter(isAfter).map(plain));
  }
}

function plain({ header, body }: StoredRecord): unknown {
  return { header, body: Buffer.from(body).toString() };
}

async function batches(): Promise<number[]> {
  const path = join(directory, 'archive.mdb');
  const root = open<Uint8Array>({ path, encoding: 'binary', readOnly: true, maxDbs: 24 });
  try {
    const table = root.openDB<Uint8Array, number>({ name: 'journal-batches', encoding: 'binary' });
    return [...table.getKeys()];
  } finally {
    await root.close();
  }
}

test(`journals are what was written since the last block, whoever reads (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const models = Array.from({ length: 4 }, (_, i) => new Model(`binance:S${i}`, random));
  let archive = await openEmbeddedArchive({ directory });
  await archive.commit([]);
  let reader = await openEmbeddedArchive({ directory, readOnly: true });
  for (let commit = 0; commit < 100; commit++) {
    const writes = models.filter(() => random.chance(0.6)).flatMap((model) => model.next());
    if (random.chance(0.1)) {
      const security = 'binance:OTHER';
      const one = image(sampleImage({ security, lastSequence: 1 }));
      const another = image(sampleImage({ security, lastSequence: 1 }, Buffer.from('other')));
      const failing = archive.commit([...writes, one, another]);
      await expect(failing).rejects.toBeInstanceOf(DuplicateRecordError);
    }
    await archive.commit(writes);
    if (random.chance(0.05)) {
      await archive.close();
      archive = await openEmbeddedArchive({ directory });
    }
    if (random.chance(0.05)) {
      await reader.close();
      reader = await openEmbeddedArchive({ directory, readOnly: true });
    }
    for (const model of models) {
      await model.expectIn(archive);
      if (random.chance(0.3)) await model.expectIn(reader);
    }
  }
  await reader.close();
  await archive.close();
});

test('a batch is deleted once nothing in it counts; the newest stays', async () => {
  const security = 'binance:BUSY';
  const quiet = 'binance:QUIET';
  let archive = await openEmbeddedArchive({ directory });
  await archive.commit([
    image(sampleImage({ security, lastSequence: 100 })),
    image(sampleImage({ security: quiet, lastSequence: 100 })),
  ]);
  const part = (previousSequence: number, number: number, of = security): Write =>
    journalPart(
      number,
      sampleBlock({ security: of, previousSequence, lastSequence: previousSequence + 1 }),
    );
  await archive.commit([part(100, 0, quiet)]);
  for (let i = 0; i < 40; i++) {
    await archive.commit([part(100 + i, i)]);
    const aliveUntilUs = 200_000 + i;
    await archive.commit([{ type: 'mark', security: quiet, epoch: 1, aliveUntilUs }]);
  }
  await archive.commit([
    block(sampleBlock({ security, previousSequence: 100, lastSequence: 140 })),
    part(140, 0),
  ]);
  await archive.close();
  // The part and the mark of the quiet one, and the part that came with the block.
  expect(await batches()).toEqual([0, 80, 81]);
  archive = await openEmbeddedArchive({ directory });
  await archive.commit([
    block(sampleBlock({ security, previousSequence: 140, lastSequence: 141 })),
  ]);
  await archive.commit([part(141, 0)]);
  expect(await archive.tail(quiet)).toMatchObject({ journal: [{}], aliveUntilUs: 200_039 });
  expect(await archive.tail(security)).toMatchObject({ journal: [{}], lastSequence: 141 });
  await archive.close();
  expect(await batches()).toEqual([0, 80, 82]);
});

test('a new segment voids what was left of the one before it', async () => {
  const security = 'binance:BTCUSDT';
  const archive = await openEmbeddedArchive({ directory });
  await archive.commit([
    image(sampleImage({ lastSequence: 100 })),
    journalPart(0, sampleBlock({ previousSequence: 100, lastSequence: 101 })),
  ]);
  await archive.commit([image(sampleImage({ lastSequence: 200, epoch: 2 }))]);
  expect(await archive.tail(security)).toMatchObject({ epoch: 2, journal: [] });
  await archive.commit([
    journalPart(0, sampleBlock({ previousSequence: 200, lastSequence: 201, epoch: 2 })),
  ]);
  expect((await archive.tail(security)).journal).toHaveLength(1);
  await archive.close();
});

/** Made by the first release, whose process was killed: see `logger/codec/v1` for its journal parts. */
async function unpackLayout1(): Promise<void> {
  const packed = join(import.meta.dirname, '..', 'fixtures', 'archive', 'layout-1.mdb.gz');
  await writeFile(join(directory, 'archive.mdb'), gunzipSync(await readFile(packed)));
}

test('an archive of layout 1 on a full disk is opened once there is room', async (context) => {
  try {
    const options = ['-t', 'tmpfs', '-o', 'size=640k', 'tmpfs', directory];
    execFileSync('mount', options, { stdio: 'ignore' });
  } catch {
    context.skip('only root may mount a small disk to fill');
  }
  try {
    await unpackLayout1();
    // Nothing is allocated behind its pages, and the lock file is there.
    const path = join(directory, 'archive.mdb');
    const end = (await readFile(path)).findLastIndex((byte) => byte !== 0);
    await truncate(path, Math.ceil(end / 4096) * 4096);
    allocateLockFile(join(directory, 'archive.mdb-lock'));
    const ballast = join(directory, 'ballast');
    await writeFile(ballast, Buffer.alloc(1_000_000)).catch(() => undefined);
    const opening = openEmbeddedArchive({ directory });
    await expect(opening).rejects.toBeInstanceOf(ArchiveFullError);
    await expect(opening).rejects.toMatchObject({ cause: { code: 'ENOSPC' } });
    await rm(ballast);
    const archive = await openEmbeddedArchive({ directory });
    expect((await archive.tail('binance:BTCUSDT')).journal).toHaveLength(3);
    await archive.close();
  } finally {
    execFileSync('umount', [directory]);
  }
});

const START_US = 1_700_000_000_000_000;

async function eventsOf(archive: Archive, security: string): Promise<unknown[]> {
  const refs = await archive.blocks(security, 1, { afterSequence: 0 });
  const blocks = await Promise.all(refs.map((ref) => ref.load()));
  return blocks.map(({ header, body }) => decodeBlock(header.encoding, body).events);
}

test('an archive of layout 1 gets what it lacks in one transaction', async () => {
  await unpackLayout1();
  const path = join(directory, 'archive.mdb');
  const before = readTransaction(path);
  await (await openEmbeddedArchive({ directory })).close();
  // An opener between two could make the second one start from the state before the first.
  expect(readTransaction(path)).toBe(before + 1);
  await (await openEmbeddedArchive({ directory })).close();
  expect(readTransaction(path)).toBe(before + 1);
});

test('an archive of layout 1 without records is an empty archive', async () => {
  const root = open({ path: join(directory, 'archive.mdb'), encoding: 'binary', maxDbs: 24 });
  const names = ['image-headers', 'image-bodies', 'image-index', 'block-headers', 'block-bodies'];
  const tables = [...names, 'journal', 'gaps', 'standings', 'securities'];
  const layout = root.openDB({ name: 'layout', encoding: 'binary' });
  for (const name of tables) root.openDB({ name, encoding: 'binary' });
  layout.putSync('version', Buffer.from('1'));
  await root.close();
  const reader = await openEmbeddedArchive({ directory, readOnly: true });
  expect(await reader.securities()).toEqual([]);
  expect((await reader.tail('binance:BTCUSDT')).journal).toEqual([]);
  await reader.close();
});

test('what a logger of layout 1 left when it was killed is read and recovered', async () => {
  await unpackLayout1();
  const securities = ['binance:BTCUSDT', 'binance:ETHUSDT', 'coinbase:BTC-USD'] as const;
  const [btc, eth, orders] = securities;
  const reader = await openEmbeddedArchive({ directory, readOnly: true });
  const read = new Map<string, unknown[]>();
  for (const security of securities) read.set(security, await eventsOf(reader, security));
  const { journal, aliveUntilUs } = await reader.tail(btc);
  expect(journal.map(({ header }) => header.encoding)).toEqual(['block/1', 'block/1', 'block/1']);
  expect(aliveUntilUs).toBe(START_US + 10_301_000);
  await reader.close();

  const archive = await openEmbeddedArchive({ directory });
  const recovered = [];
  for (const security of securities) {
    recovered.push(await recoverSegment(archive, security, 'restart', silentLog));
  }
  expect(recovered).toMatchObject([
    { recoveredEvents: 4, openGap: { fromUs: START_US + 10_301_000, firstMissing: 104 } },
    { recoveredEvents: null, openGap: { firstMissing: 102 } },
    { recoveredEvents: 2, openGap: { fromUs: START_US + 102_000, firstMissing: 103 } },
  ]);
  expect((await archive.tail(btc)).journal).toEqual([]);
  expect(read.get(btc)).toMatchObject([
    [{ lastSequence: 101 }, { tradeId: 1 }],
    [
      { lastSequence: 102, asks: [101, 8] },
      { tradeId: 2, price: 101 },
    ],
    [{ tradeId: 3 }],
    [{ lastSequence: 103, bids: [995, 3] }],
  ]);
  // Sealed at the finest scale of its parts.
  expect(await eventsOf(archive, btc)).toMatchObject([
    [{ lastSequence: 101 }, { tradeId: 1 }],
    [
      { lastSequence: 102, asks: [1010, 8] },
      { tradeId: 2, price: 1010 },
      { tradeId: 3 },
      { lastSequence: 103, bids: [995, 3] },
    ],
  ]);
  expect(await eventsOf(archive, eth)).toEqual(read.get(eth));
  expect(await eventsOf(archive, orders)).toEqual(read.get(orders));
  await archive.commit([
    image(sampleImage({ lastSequence: 200, epoch: 2 })),
    journalPart(0, sampleBlock({ previousSequence: 200, lastSequence: 201, epoch: 2 })),
  ]);
  await archive.close();
  const again = await openEmbeddedArchive({ directory });
  expect((await again.tail(btc)).journal).toMatchObject([{ header: { lastSequence: 201 } }]);
  await again.close();
});
