/** Ranges that begin after everything known get a gap, not an empty result that looks complete. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive, Write } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { SECURITY } from './random-history.ts';
import { block, diff, image, us, writeAll } from './script.ts';

let directory: string;
let archive: Archive;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'behind-'));
  archive = await openEmbeddedArchive({ directory });
  await writeAll(
    archive,
    { type: 'security', state: { security: SECURITY, wanted: true, feed: 'depth' } },
    image(1, 100, 0),
    block(1, 100, [diff(101, 10), diff(102, 20)]),
  );
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

function open(cause: 'removed' | 'restart' | 'sequence'): Write {
  const gap = { epoch: 1, fromUs: us(20), cause, firstMissing: 103 };
  return { type: 'open-gap', security: SECURITY, gap };
}

async function gapsFrom(fromUs: number, toUs?: number) {
  const reader = createReader(archive);
  const range = { security: SECURITY, fromUs, toUs };
  const found: unknown[][] = [];
  for (const stream of [reader.updates(range), reader.quotes(range), reader.snapshots(range)]) {
    const gaps: unknown[] = [];
    for await (const item of stream) if (item.type === 'gap') gaps.push(item);
    found.push(gaps);
  }
  const [ofDiffs, ...others] = found;
  for (const other of others) expect(other).toEqual(ofDiffs);
  return ofDiffs;
}

test('after what is recorded: a gap from its end on', async () => {
  expect(await gapsFrom(us(1000))).toEqual([
    expect.objectContaining({ type: 'gap', fromUs: us(20), toUs: null, cause: 'other' }),
  ]);
});

test.each(['removed', 'restart', 'sequence'] as const)(
  'behind an end by %s: its cause',
  async (cause) => {
    await archive.commit([open(cause)]);
    const gap = expect.objectContaining({ type: 'gap', fromUs: us(20), toUs: null, cause });
    expect(await gapsFrom(us(1000))).toEqual([gap]);
    expect(await gapsFrom(us(1000), us(2000))).toEqual([gap]);
  },
);

test('everything there is ends without a gap where the recording was ended on purpose', async () => {
  await archive.commit([open('removed')]);
  expect(await gapsFrom(us(20))).toEqual([]);
});
