/** What the self-check rebuilds, against the truth of random histories. A failure names its seed. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { KnownBlocks } from '../../../logger/reader/known-blocks.ts';
import { rebuild } from '../../../logger/reader/rebuild.ts';
import { RecordLoader } from '../../../logger/reader/record-loader.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { RandomHistory, SCALE, SECURITY } from './random-history.ts';
import type { Message, ModelRecord } from './random-history.ts';

const SEGMENTS = 4;
const BLOCKS = 6;
const { signal } = new AbortController();
const yieldToEventLoop = async (): Promise<void> => {};

let directory: string;
let archive: Archive;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reader-'));
  archive = await openEmbeddedArchive({ directory });
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

function bookOf({ bids, asks, counts }: Message): unknown {
  const sorted = (side: ReadonlyMap<number, number>, outward: 1 | -1): [number, number][] =>
    [...side].sort(([a], [b]) => outward * (a - b));
  const sides = { bids: sorted(bids, -1), asks: sorted(asks, 1) };
  const countsOf = (side: [number, number][]): unknown => side.map(([price]) => counts?.get(price));
  return {
    level: 'L2',
    scale: SCALE,
    horizon: { bid: 900, ask: null },
    bids: sides.bids.flat(),
    asks: sides.asks.flat(),
    ...(counts && { counts: { bids: countsOf(sides.bids), asks: countsOf(sides.asks) } }),
  };
}

/** Each two images of a segment, neighbours or not. */
function spansOf(records: readonly ModelRecord[]) {
  const images = records.filter(({ kind }) => kind === 'image');
  return images.flatMap((from, i) => images.slice(i + 1).map((to) => ({ from, to })));
}

describe.each([
  { title: 'blocks of version 1', options: { isBusy: true } },
  { title: 'blocks of version 2', options: {} },
  { title: 'numbers of orders', options: { hasCounts: true } },
])('the book at an image, from an earlier one over $title', ({ options }) => {
  test.each(testSeeds(6))('seed %i', async (seed) => {
    const history = new RandomHistory(archive, seededRandom(seed), options);
    await history.record(SEGMENTS, BLOCKS);
    const records = new RecordLoader(0, yieldToEventLoop);
    const decoded = vi.spyOn(records, 'block');
    const known = new KnownBlocks(archive);
    let spans = 0;
    for (const { epoch, records: stored } of history.segments) {
      for (const { from, to } of spansOf(stored)) {
        const fromSequence = from.header.lastSequence;
        const toSequence = to.header.lastSequence;
        const span = { security: SECURITY, epoch, fromSequence, toSequence };
        const context = { archive, records, known, yieldToEventLoop };
        const book = await rebuild(context, span, signal);
        expect(book, `seed ${seed}, ${fromSequence} to ${toSequence}`).toEqual(
          bookOf(to.messages.at(-1) as Message),
        );
        spans++;
      }
    }
    // Without numbers of orders no event is made: the book alone is asked for.
    expect(decoded.mock.calls.length > 0).toBe(spans > 0 && 'hasCounts' in options);
  });
});
