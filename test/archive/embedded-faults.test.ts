/** Specific to the embedded archive: files, layouts, damage, a full disk. */

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StoredRecord } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { checkRecord, recordId, sealRecord } from '../../logger/archive/record.ts';
import {
  ArchiveFullError,
  ArchiveUnavailableError,
  ConflictError,
  InvalidArgumentError,
  RecordCorruptError,
} from '../../logger/errors.ts';
import { SECURITY, sampleBlock, sampleImage } from './sample-records.ts';

let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'embedded-'));
  directory = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

test('the checksum covers every bit of header and body', () => {
  const sealed = sampleBlock({ previousSequence: 100, lastSequence: 110 });
  checkRecord(sealed);
  for (let bit = 0; bit < sealed.body.length * 8; bit++) {
    const body = Buffer.from(sealed.body);
    body[bit >> 3] = (body[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(() => checkRecord({ ...sealed, body })).toThrow(RecordCorruptError);
  }
  for (const [field, value] of Object.entries(sealed.header)) {
    const other = typeof value === 'number' ? value + 1 : `${value}x`;
    const header = { ...sealed.header, [field]: other };
    expect(() => checkRecord({ ...sealed, header }), field).toThrow(RecordCorruptError);
  }
  // Swapped values of two fields count as a change, another order of fields does not.
  const { exchangeFromUs, exchangeToUs } = sealed.header;
  const swapped = { ...sealed.header, exchangeFromUs: exchangeToUs, exchangeToUs: exchangeFromUs };
  expect(() => checkRecord({ ...sealed, header: swapped })).toThrow(RecordCorruptError);
  const reversed = Object.fromEntries(Object.entries(sealed.header).reverse());
  checkRecord({ header: reversed as unknown as typeof sealed.header, body: sealed.body });
  const { bytes: _bytes, checksum, ...description } = sealed.header;
  expect(sealRecord(description, sealed.body).header.checksum).toBe(checksum);
  expect(checksum).toMatch(/^[0-9a-f]{32}$/);
});

test('ids sort like their numbers', () => {
  const ids = [9, 10, 4_294_967_296].map((lastSequence) =>
    recordId(sampleImage({ lastSequence, epoch: 12 }).header),
  );
  expect(ids[0]).toBe('binance:BTCUSDT/0000000012/0000000000000009');
  expect(ids.toSorted()).toEqual(ids);
});

test('only the owner may access directory and files', async () => {
  const archive = await openEmbeddedArchive({ directory });
  const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
  expect(await mode(directory)).toBe(0o700);
  expect(await mode(join(directory, 'archive.mdb'))).toBe(0o600);
  expect(await mode(join(directory, 'archive.mdb-lock'))).toBe(0o600);
  await archive.close();
});

test.each(['missing', 'empty', 'unfinished'])(
  'a %s directory has nothing to read',
  async (kind) => {
    if (kind !== 'missing') await mkdir(directory);
    if (kind === 'unfinished') await writeFile(join(directory, 'archive.mdb'), '');
    const opening = openEmbeddedArchive({ directory, readOnly: true });
    await expect(opening).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(opening).rejects.toThrow(`There is no archive in ${directory}`);
  },
);

test('a foreign file is reported as no archive, and left unchanged', async () => {
  await mkdir(directory);
  await writeFile(join(directory, 'archive.mdb'), 'not an archive '.repeat(1000));
  await expect(openEmbeddedArchive({ directory })).rejects.toBeInstanceOf(ArchiveUnavailableError);
  await expect(openEmbeddedArchive({ directory, readOnly: true })).rejects.toThrow(
    'not an archive',
  );
  expect((await stat(join(directory, 'archive.mdb'))).size).toBe(15_000);
});

test('a truncated file is rejected, by writer and reader', async () => {
  const archive = await openEmbeddedArchive({ directory });
  for (let i = 0; i < 50; i++) {
    const previousSequence = i * 10;
    const record = sampleBlock(
      { previousSequence, lastSequence: previousSequence + 10 },
      Buffer.alloc(5000, i),
    );
    await archive.commit([{ type: 'block', record }]);
  }
  await archive.close();
  const path = join(directory, 'archive.mdb');
  await truncate(path, Math.floor((await stat(path)).size / 2));
  for (const readOnly of [false, true]) {
    const opening = openEmbeddedArchive({ directory, readOnly });
    await expect(opening).rejects.toBeInstanceOf(ArchiveUnavailableError);
    await expect(opening).rejects.toThrow('is truncated');
  }
});

test('a damaged journal part is returned as one that fails its check', async () => {
  let archive = await openEmbeddedArchive({ directory });
  await archive.commit([
    { type: 'image', record: sampleImage({ lastSequence: 100 }) },
    { type: 'block', record: sampleBlock({ previousSequence: 100, lastSequence: 110 }) },
  ]);
  for (let part = 0; part < 2; part++) {
    const record = sampleBlock({ previousSequence: 110 + part, lastSequence: 111 + part });
    await archive.commit([{ type: 'journal', part, record }]);
  }
  await archive.close();
  const root = open<Uint8Array>({
    path: join(directory, 'archive.mdb'),
    encoding: 'binary',
    maxDbs: 24,
  });
  const batches = root.openDB<Uint8Array, number>({ name: 'journal-batches', encoding: 'binary' });
  const bytes = Buffer.from(batches.get(0) as Uint8Array);
  const at = bytes.length - 1;
  bytes[at] = (bytes[at] as number) ^ 1;
  await batches.put(0, bytes);
  await root.close();
  archive = await openEmbeddedArchive({ directory });
  const [lost, whole] = (await archive.tail(SECURITY)).journal;
  expect(lost?.header.fromUs).toBe(110_000);
  expect(() => checkRecord(lost as StoredRecord)).toThrow(RecordCorruptError);
  checkRecord(whole as StoredRecord);
  const [first] = await archive.blocks(SECURITY, 1, { afterSequence: 110 });
  expect(first?.damaged).toBe(true);
  await archive.close();
});

test('a path that cannot be a directory is rejected', async () => {
  await writeFile(directory, '');
  await expect(openEmbeddedArchive({ directory })).rejects.toBeInstanceOf(ArchiveUnavailableError);
});

test.each([false, true])('a newer layout is rejected (read only: %s)', async (readOnly) => {
  await (await openEmbeddedArchive({ directory })).close();
  const path = join(directory, 'archive.mdb');
  const root = open<Uint8Array>({ path, encoding: 'binary', maxDbs: 24 });
  await root
    .openDB<Uint8Array>({ name: 'layout', encoding: 'binary' })
    .put('version', Buffer.from('3'));
  await root.close();
  const opening = openEmbeddedArchive({ directory, readOnly });
  await expect(opening).rejects.toBeInstanceOf(ConflictError);
  await expect(opening).rejects.toThrow('layout version 3');
});

test('closing a reader in the writer’s process does not affect the writer', async () => {
  const archive = await openEmbeddedArchive({ directory });
  await archive.commit([{ type: 'image', record: sampleImage({ lastSequence: 1 }) }]);
  for (let i = 0; i < 3; i++) {
    const reader = await openEmbeddedArchive({ directory, readOnly: true });
    expect((await reader.totals(SECURITY)).images).toBe(1 + i);
    await reader.close();
    await archive.commit([{ type: 'image', record: sampleImage({ lastSequence: 2 + i }) }]);
  }
  expect((await archive.totals(SECURITY)).images).toBe(4);
  await archive.close();
  await expect(archive.totals(SECURITY)).rejects.toBeInstanceOf(ConflictError);
  await archive.close();
});

/** A separate disk of 3 MB, if this user may create one. */
function mountSmallDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    // Not root, or no mount command: the caller skips.
    return false;
  }
}

test('a full disk rejects the commit, keeps its records, and accepts commits again once there is room', async (context) => {
  await mkdir(directory);
  if (!mountSmallDisk(directory)) {
    context.skip('only root may mount a small disk to fill');
  }
  try {
    const ballast = join(directory, 'ballast');
    await writeFile(ballast, Buffer.alloc(1_000_000));
    const archive = await openEmbeddedArchive({ directory });
    await archive.commit([{ type: 'image', record: sampleImage({ lastSequence: 0, toUs: 1 }) }]);
    let blocks = 0;
    const next = () =>
      sampleBlock(
        { previousSequence: blocks * 10, lastSequence: blocks * 10 + 10 },
        Buffer.alloc(20_000, blocks),
      );
    const failure: unknown = await (async () => {
      for (; blocks < 1000; blocks++) await archive.commit([{ type: 'block', record: next() }]);
    })().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ArchiveFullError);
    const refs = await archive.blocks(SECURITY, 1, { afterSequence: 0 });
    expect(refs).toHaveLength(blocks);
    for (const ref of refs) await ref.load();
    await rm(ballast);
    await archive.commit([{ type: 'block', record: next() }]);
    expect((await archive.totals(SECURITY)).blocks).toBe(blocks + 1);
    await archive.close();
  } finally {
    execFileSync('umount', [directory]);
  }
});
