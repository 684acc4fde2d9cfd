/** What an embedded archive keeps about runs of blocks, against what their headers say. A failure names its seed. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Write } from '../../logger/archive/archive.ts';
import { RUN_BLOCKS } from '../../logger/archive/embedded/block-run-change.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { SECURITY, block, image, sampleBlock, sampleGap, sampleImage } from './sample-records.ts';

let directory: string;
let archive: Spool;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'block-runs-'));
  archive = await openSpool({ directory });
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

async function reopen(between: () => Promise<void> = async () => undefined): Promise<void> {
  await archive.close();
  await between();
  archive = await openSpool({ directory });
}

/** One segment after another, of some blocks each, with images and receive-time defects here and there. */
class Recording {
  sequence = 100;
  epoch = 0;
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  segment(blocks: number): Write[] {
    const { epoch, toUs } = { epoch: ++this.epoch, toUs: (this.sequence += 10) * 1000 };
    const gap = sampleGap({ security: SECURITY, epoch, fromUs: toUs - 500, toUs });
    const writes: Write[] = [this.#image()];
    if (epoch > 1) writes.push({ type: 'gap', record: gap });
    for (let i = 0; i < blocks; i++) writes.push(...this.#block());
    return writes;
  }

  more(blocks: number): Write[] {
    return Array.from({ length: blocks }, () => this.#block()).flat();
  }

  #block(): Write[] {
    const { epoch, sequence: previousSequence } = this;
    const lastSequence = (this.sequence += this.#random.integer(1, 3));
    const fields = { epoch, previousSequence, lastSequence };
    const written = block(sampleBlock({ ...fields, ...this.#defects(0.03) }));
    return this.#random.chance(0.4) ? [written, this.#image()] : [written];
  }

  #image(): Write {
    const { epoch, sequence: lastSequence } = this;
    return image(sampleImage({ epoch, lastSequence, ...this.#defects(0.03) }));
  }

  #defects(share: number) {
    const us = this.sequence * 1000;
    const defect = { fromUs: us - 400, toUs: us + 300, cause: 'stall' } as const;
    return this.#random.chance(share) ? { badReceiveTimes: [defect] } : {};
  }
}

async function commit(writes: readonly Write[], random: SeededRandom): Promise<void> {
  for (let at = 0; at < writes.length;) {
    const end = at + random.integer(1, 40);
    await archive.commit(writes.slice(at, end));
    at = end;
  }
}

/** Coverage with what is kept about runs, and the number of headers that were listed for it. */
async function withRuns(
  query: object,
): Promise<{ readonly found: unknown; readonly headers: number }> {
  let headers = 0;
  const counting = new Proxy(archive, {
    get: (target, name) => {
      if (name === 'blocks' || name === 'images') {
        return async (...range: Parameters<Spool['blocks']>) => {
          const refs = await (target[name] as Spool['blocks'])(...range);
          headers += refs.length;
          return refs;
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const found = await createReader(counting).coverage({ security: SECURITY, ...query });
  return { found, headers };
}

async function fromHeaders(query: object): Promise<unknown> {
  const plain = new Proxy(archive, {
    get: (target, name) => {
      if (name === 'blockRuns') return undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return createReader(plain).coverage({ security: SECURITY, ...query });
}

async function checkWindows(random: SeededRandom, endUs: number, asked: string): Promise<void> {
  const time = (): number => random.integer(100_000, endUs + 5000);
  const windows = Array.from({ length: 8 }, () => {
    const [a, b] = [time(), time()];
    return { fromUs: Math.min(a, b), toUs: Math.max(a, b) + 1 };
  });
  for (const window of [{}, ...windows]) {
    const { found } = await withRuns(window);
    expect(found, `${asked} ${JSON.stringify(window)}`).toEqual(await fromHeaders(window));
  }
}

/** Removes headers of blocks, and nothing else. */
async function removeHeaders(
  which: (keys: readonly (string | number)[][]) => readonly (string | number)[][],
): Promise<void> {
  await reopen(async () => {
    const root = open({ path: join(directory, 'archive.mdb'), encoding: 'binary', maxDbs: 24 });
    const headers = root.openDB<Uint8Array, (string | number)[]>({
      name: 'block-headers',
      encoding: 'binary',
    });
    for (const key of which([...headers.getKeys({})])) headers.removeSync(key);
    await root.close();
  });
}

async function runsOf(epoch: number): Promise<number> {
  return (await archive.blockRuns?.(SECURITY, epoch))?.length ?? 0;
}

test('coverage is what the headers say, whatever was recorded, restarted and deleted', async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const recording = new Recording(random);
  for (let round = 0; round < 4; round++) {
    await commit(recording.segment(random.pick([3, 130, 300])), random);
    if (random.chance(0.5)) await reopen();
    await commit(recording.more(random.pick([0, 50, 200])), random);
    if (random.chance(0.4)) {
      const beforeUs = random.integer(100, recording.sequence) * 1000;
      const state = { security: SECURITY, wanted: true, feed: 'depth' };
      for (;;) if ((await archive.prune(state, beforeUs)) === 0) break;
    }
    await checkWindows(random, recording.sequence * 1000, `seed ${seed}, round ${round}`);
  }
});

test('a long segment is read from its runs', async () => {
  const random = seededRandom(1);
  const recording = new Recording(random);
  await commit(recording.segment(10 * RUN_BLOCKS + 7), random);
  expect(await runsOf(1)).toBe(10);
  const { found, headers } = await withRuns({});
  expect(found).toEqual(await fromHeaders({}));
  expect(found).toMatchObject({
    intervals: [{ lastSequence: String(recording.sequence) }],
    gaps: [],
  });
  expect(headers).toBeLessThan(100);
});

test('a commit that fails keeps no run, and the next one the right one', async () => {
  const random = seededRandom(2);
  const recording = new Recording(random);
  await archive.commit(recording.segment(RUN_BLOCKS - 1));
  const conflict = image(sampleImage({ epoch: 1, lastSequence: 110, reason: 'manual' }));
  const next = recording.more(2);
  await expect(archive.commit([...next, conflict])).rejects.toThrow('already stored');
  expect(await runsOf(1)).toBe(0);
  await archive.commit(next);
  expect(await runsOf(1)).toBe(1);
  expect((await withRuns({})).found).toEqual(await fromHeaders({}));
});

test('runs are not believed whose blocks an earlier version deleted, or that are damaged', async () => {
  const random = seededRandom(3);
  const recording = new Recording(random);
  await commit(recording.segment(4 * RUN_BLOCKS), random);
  const covered = await fromHeaders({});
  await reopen(async () => {
    const root = open({ path: join(directory, 'archive.mdb'), encoding: 'binary', maxDbs: 24 });
    const runs = root.openDB<Uint8Array, number[]>({ name: 'block-runs', encoding: 'binary' });
    const [, second] = [...runs.getRange({})];
    runs.putSync(second!.key, Buffer.from(second!.value).fill(7, 12, 14));
    await root.close();
  });
  expect(await runsOf(1)).toBe(3);
  expect((await withRuns({})).found).toEqual(covered);
  await removeHeaders((keys) => keys.slice(0, 5));
  expect(await runsOf(1)).toBe(2);
  expect((await withRuns({})).found).toEqual(await fromHeaders({}));
  expect((await fromHeaders({})) as object).not.toEqual(covered);
});

test('runs are believed only while every one of their blocks is there, whoever deleted or brought back some', async () => {
  const random = seededRandom(5);
  const writes = new Recording(random).segment(4 * RUN_BLOCKS);
  await commit(writes, random);
  const covered = await fromHeaders({});
  const blocks = writes.filter(({ type }) => type === 'block');
  await removeHeaders((keys) => keys.slice(0, RUN_BLOCKS + 60));
  // A copy that is interrupted in the middle of the first run, at its end, and in the middle of the second.
  for (const end of [10, RUN_BLOCKS, RUN_BLOCKS + 10]) {
    await archive.commit(blocks.slice(0, end));
    const { found } = await withRuns({});
    expect(found, `${end} are back`).toEqual(await fromHeaders({}));
    expect(found, `${end} are back`).not.toEqual(covered);
  }
  await archive.commit(blocks);
  expect((await withRuns({})).found).toEqual(covered);
  await removeHeaders((keys) => [keys[3 * RUN_BLOCKS - 7]!]);
  expect((await withRuns({})).found).toEqual(await fromHeaders({}));
  expect(await fromHeaders({})).not.toEqual(covered);
});

test('records that come in another order are read from their headers', async () => {
  const random = seededRandom(4);
  const writes = new Recording(random).segment(2 * RUN_BLOCKS);
  await commit(
    writes.filter(({ type }) => type === 'block'),
    random,
  );
  await commit(
    writes.filter(({ type }) => type === 'image'),
    random,
  );
  expect((await withRuns({})).found).toEqual(await fromHeaders({}));
});
