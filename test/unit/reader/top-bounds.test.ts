/** Bounds of best prices along a history, against the best prices that the same archive shows. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import type { StoredLevelEvent } from '../../../logger/market/level-events.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { TopSpan } from '../../../logger/reader/top-bounds.ts';
import { block, image, sampleBlock, sampleImage } from '../../archive/sample-records.ts';
import { withoutTops } from '../../support/recorded-tops.ts';
import { recordSegments } from '../../support/recorded-archive.ts';
import { randomSegments } from '../../support/random-segments.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';

const SECURITY = 'binance:BTCUSDT';
const T = Date.UTC(2026, 10, 20, 12) * 1000;
const END = T + 2 * 3600 * 1_000_000;

let directory: string;
let archive: Archive;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'top-bounds-'));
  archive = await openEmbeddedArchive({ directory });
});

afterEach(async () => {
  await archive.close();
  rmSync(directory, { recursive: true });
});

async function spansIn(fromUs: number, toUs: number): Promise<TopSpan[]> {
  const spans: TopSpan[] = [];
  for await (const span of createReader(archive).topBounds({ security: SECURITY, fromUs, toUs })) {
    spans.push(span);
  }
  return spans;
}

interface Held {
  readonly fromUs: number;
  readonly toUs: number;
  /** null: crossed, or a side is empty. */
  readonly top: readonly [bid: number, ask: number] | null;
}

/** The best prices of every moment at which the book is proven. */
async function heldIn(fromUs: number, toUs: number): Promise<Held[]> {
  const held: Held[] = [];
  let open: Omit<Held, 'toUs'> | null = null;
  const close = (us: number): void => {
    if (open !== null && open.fromUs < us) held.push({ ...open, toUs: us });
    open = null;
  };
  const query = { security: SECURITY, fromUs, toUs, topOnly: true };
  for await (const item of createReader(archive).levels(query)) {
    if (item.type === 'gap') close(Math.max(item.fromUs, fromUs));
    else if (item.type === 'image') {
      const us = Math.max(item.point.receiveTimeUs, fromUs);
      close(us);
      open = { fromUs: us, top: topOf(item) };
    }
  }
  close(toUs);
  return held;
}

function topOf({ bids, asks, scale }: StoredLevelEvent & { type: 'image' }): Held['top'] {
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined || ask === undefined || bid >= ask) return null;
  return [Number(bid) / 10 ** scale.priceExponent, Number(ask) / 10 ** scale.priceExponent];
}

function expectInOrder(spans: readonly TopSpan[], fromUs: number, toUs: number): void {
  let before = fromUs;
  for (const span of spans) {
    expect(span.fromUs).toBeGreaterThanOrEqual(before);
    expect(span.toUs).toBeGreaterThan(span.fromUs);
    before = span.toUs;
  }
  expect(before).toBeLessThanOrEqual(toUs);
}

/** @returns how many bounds were compared. */
function expectWithin(held: readonly Held[], spans: readonly TopSpan[]): number {
  let [at, known] = [0, 0];
  for (const { fromUs, toUs, top } of held) {
    for (let us = fromUs; us < toUs; us = spans[at]?.toUs ?? Infinity) {
      while ((spans[at]?.toUs ?? Infinity) <= us) at++;
      const span = spans[at];
      expect(span?.fromUs, `${us - T} is in no span`).toBeLessThanOrEqual(us);
      const bounds = span?.bounds;
      if (bounds === undefined || top === null) continue;
      known++;
      expect(Number(bounds?.maxBid)).toBeGreaterThanOrEqual(top[0]);
      expect(Number(bounds?.minAsk)).toBeLessThanOrEqual(top[1]);
    }
  }
  return known;
}

test.each(testSeeds(6))('no moment is outside of its bounds (SEED=%i)', async (seed) => {
  const random = seededRandom(seed);
  const isOld = (): boolean => random.chance(0.1);
  const written = withoutTops(archive, isOld);
  await recordSegments(written, SECURITY, randomSegments(random, T, END));
  for (let round = 0; round < 10; round++) {
    const isAll = round === 0;
    const fromUs = isAll ? T - 1e6 : random.integer(T, END);
    const toUs = isAll ? END + 1e6 : random.integer(fromUs + 1, END + 2);
    const spans = await spansIn(fromUs, toUs);
    expectInOrder(spans, fromUs, toUs);
    const known = expectWithin(await heldIn(fromUs, toUs), spans);
    if (isAll) expect(known).toBeGreaterThan(100);
  }
});

test('between two blocks both count, and what no block bounds has to be read', async () => {
  const a = { maxBid: '10.5', minAsk: '10.25' };
  const b = { maxBid: '10.125', minAsk: '9' };
  await archive.commit([
    { type: 'security', state: { security: SECURITY, wanted: true, feed: 'depth' } },
    image(sampleImage({ lastSequence: 100 })),
  ]);
  const at = (fromUs: number, toUs: number) => ({ fromUs, toUs });
  await archive.commit([
    block(
      sampleBlock({ previousSequence: 100, lastSequence: 110, ...at(101_000, 110_000), tops: a }),
    ),
    image(sampleImage({ lastSequence: 110, reason: 'horizon' })),
    block(
      sampleBlock({ previousSequence: 110, lastSequence: 120, ...at(111_000, 120_000), tops: b }),
    ),
    block(
      sampleBlock({
        previousSequence: 120,
        lastSequence: 130,
        ...at(121_000, 130_000),
        tops: null,
      }),
    ),
    block(sampleBlock({ previousSequence: 130, lastSequence: 140, ...at(131_000, 140_000) })),
    block(
      sampleBlock({ previousSequence: 140, lastSequence: 150, ...at(140_000, 150_000), tops: a }),
    ),
    { type: 'mark', security: SECURITY, epoch: 1, aliveUntilUs: 155_000 },
  ]);
  const hull = { maxBid: '10.5', minAsk: '9' };
  expect(await spansIn(0, 1_000_000)).toEqual([
    { ...at(100_000, 101_000), bounds: a },
    { ...at(101_000, 110_000), bounds: a },
    { ...at(110_000, 111_000), bounds: hull },
    { ...at(111_000, 120_000), bounds: b },
    { ...at(120_000, 121_000), bounds: b },
    { ...at(121_000, 130_000), bounds: null },
    { ...at(130_000, 131_000), bounds: undefined },
    { ...at(131_000, 140_000), bounds: undefined },
    { ...at(140_000, 150_000), bounds: a },
    { ...at(150_000, 155_000), bounds: undefined },
  ]);
  expect(await spansIn(115_000, 125_000)).toEqual([
    { ...at(115_000, 120_000), bounds: b },
    { ...at(120_000, 121_000), bounds: b },
    { ...at(121_000, 125_000), bounds: null },
  ]);
  await expect(
    createReader(archive)
      .topBounds({ security: 'binance:NONE', ...at(0, 1) })
      .next(),
  ).rejects.toThrow('never recorded');
});
