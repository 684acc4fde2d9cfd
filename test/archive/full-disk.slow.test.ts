/**
 * An archive on small disks of many sizes, which others fill and leave again all the time while it is
 * written. Its process never ends, LMDB prints nothing, and every record is there in the end.
 * `FULL_DISK_RUNS=200` is the long version, `SEED=…` repeats one. Needs root, for mounting.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { checkRecord } from '../../logger/archive/record.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { NO_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import type { SmallDisk } from '../support/small-disk.ts';
import { compile } from './holder-process.ts';
import { SECURITY } from './sample-records.ts';

const RUNS = Number(process.env['FULL_DISK_RUNS'] ?? 5);
const { seed: SEED } = seededRandom();
const MIN_DISK_KIB = 400;
const MAX_DISK_KIB = 8192;
const FILLED_TIMES = 20;
/** Left free at most: more than some transactions need. */
const MAX_LEFT_BYTES = 200_000;
const MAX_PAUSE_MS = 60;

test(
  `${RUNS} archives on disks that are full again and again (seed ${SEED})`,
  { timeout: 60_000 + RUNS * 20_000 },
  async ({ skip }) => {
    const script = compile('full-disk-writer', 'node_modules/.cache/full-disk-writer');
    const totals = { commits: 0, refused: 0, held: 0, released: 0, waiting: 0 };
    for (let run = 0; run < RUNS; run++) {
      const random = seededRandom(SEED + run);
      const kib = Math.floor(MIN_DISK_KIB * (MAX_DISK_KIB / MIN_DISK_KIB) ** random.next());
      const disk = mountSmallDisk(kib);
      if (disk === undefined) return skip(NO_MOUNT);
      try {
        const counts = await writeTo(disk, script, random);
        for (const name of Object.keys(totals) as (keyof typeof totals)[]) {
          totals[name] += counts[name];
        }
      } catch (error) {
        throw new Error(`Run ${run}, on a disk of ${kib} KiB`, { cause: error });
      } finally {
        disk.remove();
      }
    }
    process.stdout.write(`${RUNS} runs: ${JSON.stringify(totals)}\n`);
    expect(totals.refused).toBeGreaterThan(0);
    expect(totals.released).toBeGreaterThan(0);
  },
);

async function writeTo(disk: SmallDisk, script: string, random: SeededRandom): Promise<any> {
  const child = spawn(process.execPath, [script, disk.directory, String(random.integer(0, 1e9))]);
  const ended = once(child, 'close');
  const errors = text(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    expect((await lines.next()).value).toBe('open');
    for (let i = 0; i < FILLED_TIMES; i++) {
      disk.fill(random.integer(0, MAX_LEFT_BYTES));
      await wait(random.integer(0, MAX_PAUSE_MS));
      disk.clear();
      await wait(random.integer(0, MAX_PAUSE_MS));
    }
    disk.enlarge();
    // A process that is gone does not read it; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end('stop\n');
    const { value } = await lines.next();
    expect([await ended, await errors]).toEqual([[0, null], '']);
    const counts = JSON.parse(value);
    expect(counts.waiting).toBe(0);
    expect(await countSound(disk.directory)).toBe(counts.held);
    return counts;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** Reads every record. */
async function countSound(directory: string): Promise<number> {
  const archive = await openEmbeddedArchive({ directory, readOnly: true });
  try {
    const blocks = await archive.blocks(SECURITY, 1, { afterSequence: 0 });
    const sealed = blocks.filter(({ isJournalPart }) => !isJournalPart);
    const refs = [...(await archive.images(SECURITY, 1, 0)), ...sealed];
    for (const ref of refs) checkRecord(await ref.load());
    return refs.length;
  } finally {
    await archive.close();
  }
}
