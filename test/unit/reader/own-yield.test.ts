/** A simulation replaces the event loop: a reader yields to what it was given and to nothing else. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { SECURITY } from './random-history.ts';
import { block, diff, image, writeAll } from './script.ts';

test('a reader yields through its port, once per record at least', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'own-yield-'));
  const archive = await openEmbeddedArchive({ directory });
  await writeAll(
    archive,
    image(1, 100, 0),
    ...Array.from({ length: 10 }, (_, i) => block(1, 100 + i, [diff(101 + i, 10 + i)])),
  );
  let yields = 0;
  const reader = createReader(archive, {
    yieldToEventLoop: async () => {
      yields++;
    },
  });
  expect((await reader.verify({ security: SECURITY })).problems).toEqual([]);
  expect(yields).toBeGreaterThanOrEqual(11);
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});
