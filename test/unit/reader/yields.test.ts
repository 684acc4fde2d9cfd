/** A long read shares its thread with the recording: it yields to the event loop at every record. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { SECURITY } from './random-history.ts';
import { block, diff, image, us, writeAll } from './script.ts';

const BLOCKS = 40;

let directory: string;
let archive: Archive;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yields-'));
  archive = await openEmbeddedArchive({ directory });
  await writeAll(
    archive,
    image(1, 100, 0),
    ...Array.from({ length: BLOCKS }, (_, i) => block(1, 100 + i, [diff(101 + i, 10 + i)])),
  );
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

/** How many turns of the event loop others get while `work` is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    if (isDone) return;
    turns++;
    setImmediate(count);
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

test.each<[string, (reader: Reader) => Promise<unknown>]>([
  ['verify', (reader) => reader.verify({ security: SECURITY })],
  ['the updates', (reader) => drain(reader.updates({ security: SECURITY }))],
  [
    'an export',
    (reader) => drain(reader.export({ security: SECURITY, type: 'quotes', format: 'jsonl' })),
  ],
  [
    'a past book',
    (reader) =>
      reader.bookAt({ security: SECURITY, position: { clock: 'receive', us: us(10 + BLOCKS) } }),
  ],
])('%s yields at each record', async (_name, read) => {
  const reader = createReader(archive);
  expect(await turnsDuring(() => read(reader))).toBeGreaterThanOrEqual(BLOCKS);
});
