/**
 * A process that writes to an archive, and deletes from it, as fast as it can while its disk is full again
 * and again. What is refused for lack of space waits. On `stop` it writes what waits, and prints how many
 * records the archive then holds. Started by `full-disk.slow.test.ts`.
 */

import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import type { Write } from '../../logger/archive/archive.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import { ArchiveFullError } from '../../logger/errors.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { block, image, journalPart, sampleBlock, sampleImage } from './sample-records.ts';

const MAX_SMALL_BYTES = 3000;
const MAX_LARGE_BYTES = 60_000;
const MAX_WAITING = 50;
const RELEASED_BYTES = 500_000;

const [directory = '', seed = ''] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const spool = await openSpool({ directory });
const counts = { commits: 0, refused: 0, held: 0, released: 0 };
const waiting: (readonly Write[])[] = [];
const stop = new AbortController();
createInterface({ input: process.stdin }).once('line', () => stop.abort());
process.stdout.write('open\n');

const body = (): Buffer<ArrayBuffer> =>
  Buffer.alloc(random.integer(1, random.chance(0.3) ? MAX_LARGE_BYTES : MAX_SMALL_BYTES), 'body ');

let sequence = 0;
let part = 0;

function nextWrites(): Write[] {
  sequence += 10;
  if (random.chance(0.1)) return [image(sampleImage({ lastSequence: sequence }, body()))];
  const record = sampleBlock({ previousSequence: sequence - 10, lastSequence: sequence }, body());
  if (random.chance(0.5)) return [journalPart(part++, record)];
  part = 0;
  return [block(record)];
}

/** @returns whether there was room. */
async function attempt(change: () => Promise<void>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (!(error instanceof ArchiveFullError)) throw error;
    counts.refused++;
    return false;
  }
}

async function commitFirst(): Promise<boolean> {
  const [writes = []] = waiting;
  if (!(await attempt(() => spool.commit(writes)))) return false;
  waiting.shift();
  counts.commits++;
  counts.held += writes.filter(({ type }) => type === 'image' || type === 'block').length;
  return true;
}

async function release(): Promise<void> {
  const batches = await spool.pending(RELEASED_BYTES, new Set());
  const before = (await spool.size()).records;
  await attempt(() => spool.release(batches));
  const released = before - (await spool.size()).records;
  counts.held -= released;
  counts.released += released;
}

while (!stop.signal.aborted) {
  if (waiting.length < MAX_WAITING) waiting.push(nextWrites());
  await commitFirst();
  if (random.chance(0.02)) await release();
  await setImmediate();
}
while (waiting.length > 0 && (await commitFirst()));
await spool.close();
process.stdout.write(`${JSON.stringify({ ...counts, waiting: waiting.length })}\n`);
process.exit(0);
