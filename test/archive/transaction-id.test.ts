/** Other processes set LMDB's transaction id back when they open the archive: no commit is lost. */

import { mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { SECURITY, block, image, sampleBlock, sampleImage } from './sample-records.ts';

let directory: string;
let archive: Archive;
let lockFile: number;
let blocks: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'transaction-id-'));
  archive = await openEmbeddedArchive({ directory });
  // Never closed: that would release the locks of this process.
  lockFile = openSync(join(directory, 'archive.mdb-lock'), 'r+');
  blocks = 0;
  await archive.commit([image(sampleImage({ lastSequence: 0, toUs: 1 }))]);
});
afterEach(async () => {
  await archive.close();
  rmSync(directory, { recursive: true });
});

async function commitBlock(): Promise<void> {
  const previousSequence = 10 * blocks++;
  await archive.commit([
    block(sampleBlock({ previousSequence, lastSequence: previousSequence + 10 })),
  ]);
}

const TRANSACTION_AT = 8;
function transactionId(): bigint {
  const bytes = Buffer.alloc(8);
  readSync(lockFile, bytes, 0, 8, TRANSACTION_AT);
  return bytes.readBigUInt64LE();
}

/** What a process does that read the data file before the last `commits`, and opens it now. */
function setBack(commits: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(transactionId() - BigInt(commits));
  writeSync(lockFile, bytes, 0, 8, TRANSACTION_AT);
}

const stored = async (): Promise<number> =>
  (await archive.blocks(SECURITY, 1, { afterSequence: 0 })).length;

test.each([1, 2, 3, 4])('no commit is lost when the id is set back by %i', async (commits) => {
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < commits; j++) await commitBlock();
    const before = transactionId();
    setBack(commits);
    await commitBlock();
    expect(transactionId()).toBe(before + 1n);
    expect(await stored()).toBe(blocks);
  }
  await archive.close();
  archive = await openEmbeddedArchive({ directory, readOnly: true });
  expect(await stored()).toBe(blocks);
});

test('a flush and a close end although the id was set back after the last commit', async () => {
  for (let i = 0; i < 20; i++) {
    await commitBlock();
    setBack(1);
    await archive.close();
    archive = await openEmbeddedArchive({ directory });
    expect(await stored()).toBe(blocks);
  }
});
