/** One writer per directory: across processes, after kills, in races and in copies. */

import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { ArchiveInUseError } from '../../logger/errors.ts';
import { until } from '../support/until.ts';
import { compileHolder, startHolder } from './holder-process.ts';
import type { Holder } from './holder-process.ts';
import { SECURITY, sampleImage } from './sample-records.ts';

let directory: string;
let holders: Holder[];
const start = (where = directory): Holder => {
  const holder = startHolder(where);
  holders.push(holder);
  return holder;
};

beforeAll(compileHolder);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'one-writer-'));
  holders = [];
});
afterEach(async () => {
  for (const holder of holders) await holder.kill();
  await rm(directory, { recursive: true, force: true });
});

test('a second writer in the same process is rejected until the first one closes', async () => {
  const first = await openEmbeddedArchive({ directory });
  await expect(openEmbeddedArchive({ directory })).rejects.toBeInstanceOf(ArchiveInUseError);
  // The rejected one has not affected the holder.
  await first.commit([{ type: 'image', record: sampleImage({ lastSequence: 1 }) }]);
  await expect(openEmbeddedArchive({ directory })).rejects.toThrow(directory);
  await first.close();
  const second = await openEmbeddedArchive({ directory });
  expect((await second.imageAt(SECURITY, { sequence: 1 }))?.header.lastSequence).toBe(1);
  await second.close();
});

test('a second process is rejected, and admitted as soon as the first was killed', async () => {
  const first = start();
  expect(await first.line()).toBe('open');
  expect(await start().line()).toBe('archive-in-use');
  await expect(openEmbeddedArchive({ directory })).rejects.toBeInstanceOf(ArchiveInUseError);
  await first.kill();
  const next = start();
  expect(await next.line()).toBe('open');
  next.tell('close');
  expect(await next.line()).toBe('closed');
  expect((await readdir(directory)).filter((name) => name.includes('sock'))).toEqual([]);
});

test('a stopped process still holds the archive', async () => {
  const first = start();
  expect(await first.line()).toBe('open');
  first.signal('SIGSTOP');
  expect(await start().line()).toBe('archive-in-use');
  first.signal('SIGCONT');
});

test('of many that start at once exactly one gets it, even after a killed one', async () => {
  for (let round = 0; round < 3; round++) {
    const racing = Array.from({ length: 5 }, () => start());
    const lines = await Promise.all(racing.map((holder) => holder.line()));
    expect(lines.filter((line) => line === 'open')).toHaveLength(1);
    expect(lines.filter((line) => line === 'archive-in-use')).toHaveLength(4);
    await racing[lines.indexOf('open')]?.kill();
  }
});

test('a copy of a directory in use is another archive', async () => {
  const first = start();
  expect(await first.line()).toBe('open');
  first.tell('commit 3');
  for (let i = 0; i < 3; i++) expect(await first.line()).toBe(`committed ${i}`);
  const copy = join(directory, 'copy');
  await mkdir(copy);
  for (const name of await readdir(directory)) {
    if (name.endsWith('.mdb')) await cp(join(directory, name), join(copy, name));
  }
  const second = start(copy);
  expect(await second.line()).toBe('open');
});

test('a directory with a path too long for a socket is locked too', async () => {
  const deep = join(directory, 'a'.repeat(90), 'b'.repeat(90));
  const first = start(deep);
  expect(await first.line()).toBe('open');
  expect(await start(deep).line()).toBe('archive-in-use');
});

test('what was acknowledged before a kill is there afterwards', async () => {
  for (let round = 0; round < 4; round++) {
    await rm(directory, { recursive: true, force: true });
    const writer = start();
    expect(await writer.line()).toBe('open');
    writer.tell('commit 100000');
    let acknowledged = -1;
    // A different moment in each round.
    while (acknowledged < 150 + round * 61) {
      acknowledged = Number((await writer.line())?.split(' ')[1]);
    }
    await writer.kill();
    const archive = await openEmbeddedArchive({ directory });
    const refs = await archive.blocks(SECURITY, 1, { afterSequence: 0 });
    expect(refs.length).toBeGreaterThan(acknowledged);
    for (const ref of refs) await ref.load();
    expect(await archive.totals(SECURITY)).toMatchObject({ blocks: refs.length });
    await archive.close();
  }
});

test('readers come and go beside a writer in another process, and see what it commits', async () => {
  const writer = start();
  expect(await writer.line()).toBe('open');
  writer.tell('commit 200');
  let seen = 0;
  for (let i = 0; i < 200; i++) {
    const committed = Number((await writer.line())?.split(' ')[1]);
    if (i % 20 !== 0) continue;
    const reader = await openEmbeddedArchive({ directory, readOnly: true });
    // A reader that opens in the middle of a commit may see the one before until the next commit.
    const refs = await until(`block ${committed}`, async () => {
      const found = await reader.blocks(SECURITY, 1, { afterSequence: 0 });
      return found.length > committed ? found : undefined;
    });
    for (const ref of refs) await ref.load();
    expect(refs.length).toBeGreaterThanOrEqual(seen);
    seen = refs.length;
    await reader.close();
  }
});

test('a reader of layout 1 sees the journal of a writer that opens the archive after it', async () => {
  const packed = join(import.meta.dirname, '..', 'fixtures', 'archive', 'layout-1.mdb.gz');
  await writeFile(join(directory, 'archive.mdb'), gunzipSync(await readFile(packed)));
  const reader = await openEmbeddedArchive({ directory, readOnly: true });
  expect((await reader.tail(SECURITY)).journal).toHaveLength(3);
  const writer = start();
  expect(await writer.line()).toBe('open');
  writer.tell('journal 900');
  expect(await writer.line()).toBe('journaled');
  const { epoch, journal } = await reader.tail(SECURITY);
  expect(epoch).toBe(9);
  expect(journal).toMatchObject([{ header: { previousSequence: 900, lastSequence: 905 } }]);
  await reader.close();
});
