/** Spool and store as one: records that move from one to the other while somebody reads. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive, StoredRecord, Write } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive, openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { SpooledArchive } from '../../logger/archive/transfer/spooled-archive.ts';
import { ArchiveUnavailableError } from '../../logger/errors.ts';
import { SECURITY, sampleBlock, sampleImage } from './sample-records.ts';

const IMAGE = sampleImage({ lastSequence: 100 });
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

const image = (record: StoredRecord): Write => ({ type: 'image', record });
const block = (record: StoredRecord): Write => ({ type: 'block', record });

async function ship(): Promise<void> {
  const shipments = await spool.pending(1_000_000, new Set());
  for (const { images, blocks } of shipments) {
    await store.commit([...images.map(image), ...blocks.map(block)]);
  }
  await spool.release(shipments);
}

test('what is shipped between its listing and its reading is read from the store', async () => {
  const archive = new SpooledArchive(spool, store);
  const [listedImage] = await archive.images(SECURITY, 1, 100);
  const [listedBlock] = await archive.blocks(SECURITY, 1, { afterSequence: 100 });
  const found = await archive.imageAt(SECURITY, { sequence: 105 });
  const start = await archive.segmentStart(SECURITY, 0);
  await ship();
  expect(await spool.images(SECURITY, 1, 100)).toEqual([]);
  for (const ref of [listedImage, found, start]) {
    expect(Buffer.from((await ref!.load()).body)).toEqual(IMAGE.body);
  }
  expect(Buffer.from((await listedBlock!.load()).body)).toEqual(BLOCK.body);
});

test('what is given up between its listing and its reading is lost, as it is', async () => {
  const archive = new SpooledArchive(spool, store);
  const [listed] = await archive.blocks(SECURITY, 1, { afterSequence: 100 });
  await spool.dropOldest();
  await expect(listed!.load()).rejects.toThrow('has lost its body');
});

test('images from one on that is still in the spool are all there: the store is not asked', async () => {
  const away = new Proxy(store, {
    get: () => () => Promise.reject(new ArchiveUnavailableError('away')),
  });
  const archive = new SpooledArchive(spool, away);
  const images = await archive.images(SECURITY, 1, 100);
  expect(images.map(({ header }) => header.lastSequence)).toEqual([100]);
  await expect(archive.images(SECURITY, 1, 99)).rejects.toThrow('away');
});
