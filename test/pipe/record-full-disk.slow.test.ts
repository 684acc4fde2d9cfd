/**
 * Records on a disk that is full. LMDB must never meet one: it prints, and damages its process (see
 * `logger/archive/embedded/file-space.ts`). Needs root.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import { compile } from '../archive/holder-process.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { NO_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import { STRATEGY, sampleDecision, sampleEntry, sampleOpportunity } from './sample-pipe-records.ts';

const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
const ROUNDS = 6;

const random = seededRandom();
it(`a full disk rejects a batch whole, and takes it when there is room (seed ${random.seed})`, async ({
  skip,
}) => {
  const script = compile('record-writer', 'node_modules/.cache/record-writer-full', 'pipe');
  const disk = mountSmallDisk(8192);
  if (disk === undefined) return skip(NO_MOUNT);
  onTestFinished(() => disk.remove());
  await (await openLmdbStore(disk.directory)).close();
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    disk.fill(random.integer(0, 100_000));
    const child = spawn(process.execPath, [script, disk.directory]);
    const [output, errors] = [text(child.stdout), text(child.stderr)];
    await once(child, 'close');
    expect(await errors).toBe('');
    const lines = (await output).trim().split('\n');
    expect(lines.at(-1)).toBe('archive-full');
    disk.clear();
    for (const line of lines) acknowledged = Math.max(acknowledged, Number(line) || 0);
    const store = await openLmdbStore(disk.directory);
    let [entries, opportunities, decisions] = [0, 0, 0];
    for await (const each of store.ledger(STRATEGY)) expect(each).toEqual(sampleEntry(++entries));
    for await (const each of store.opportunities(STRATEGY, ALL)) {
      expect(each).toEqual(sampleOpportunity(++opportunities));
    }
    for await (const each of store.decisions(STRATEGY, ALL)) {
      expect(each).toEqual(sampleDecision(sampleOpportunity(++decisions)));
    }
    expect([entries, opportunities, decisions]).toEqual(Array(3).fill(acknowledged));
    const next = sampleOpportunity(acknowledged + 1);
    await store.put({
      opportunities: [next],
      decisions: [sampleDecision(next)],
      ledger: [sampleEntry(++acknowledged)],
    });
    await store.close();
  }
}, 300_000);
