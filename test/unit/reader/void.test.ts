/** A segment whose end is void, with images in it: every query agrees about it, at every moment. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { ArchiveUnavailableError, RecordCorruptError } from '../../../logger/errors.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';
import { formatView } from '../../../logger/queries/format.ts';
import { createReader, createRebuild } from '../../../logger/reader/create-reader.ts';
import type { BookResult, NoBookResult } from '../../../logger/queries/results.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import type { SegmentPosition } from '../../../logger/recorder/segment/segment.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from '../recorder/harness.ts';

const SECURITY = securityOf('binance', 'BTCUSDT');
const security = SECURITY.id;
const EVERY_US = 100_000;

let harness: RecorderHarness;
let one: SecurityRecorder;
let reader: Reader;
/** What a check of the records finds. */
let check: 'right' | 'nothing' | 'wrong';

beforeEach(async () => {
  check = 'right';
  harness = await RecorderHarness.open(SECURITY);
  const rebuild = createRebuild(harness.archive);
  ({ one } = harness.recorder({
    limits: { maxBlockAgeMs: 3_000 },
    rebuild: async (...question) => {
      if (check === 'nothing') throw new ArchiveUnavailableError('away');
      if (check === 'wrong') throw new RecordCorruptError('wrong');
      return rebuild(...question);
    },
  }));
  reader = createReader(harness.archive);
});

afterEach(async () => {
  one.close('restart');
  await harness.clock.advanceAsync(100);
  await harness.close();
});

/** Reading the archive takes turns of the real event loop. */
async function imageChecked(): Promise<void> {
  one.imageNow();
  for (let i = 0; i < 30; i++) await harness.clock.advanceAsync(0);
}

/** @returns the last moment that is claimed of the first segment, and the last sequence received. */
async function record(seed: number, isProvenAgain: boolean): Promise<[SegmentPosition, number]> {
  const { clock, exchange } = harness;
  const random = seededRandom(seed);
  await one.start();
  await clock.advanceAsync(0);
  exchange.up();
  exchange.answer(snapshotAt(100, [1000, 5], [1010, 2]));
  let sequence = 98;
  const beat = async (): Promise<void> => {
    const first = sequence + 1;
    sequence += random.integer(1, 3);
    const [bid, ask] = [900 + random.integer(0, 99), 1010 + random.integer(0, 49)];
    exchange.diff(first, sequence, [bid, random.integer(1, 9)], [ask, random.integer(1, 9)]);
    await clock.advanceAsync(random.chance(0.2) ? 0 : random.integer(100, 900));
    one.tick();
  };
  for (let i = 0; i < 12; i++) await beat();
  await imageChecked();
  const good = one.segment?.last ?? { atUs: 0, sequence: 0 };
  check = 'nothing';
  for (let i = 0; i < 25; i++) {
    await clock.advanceAsync(1);
    await beat();
    if (random.chance(0.2)) one.imageNow();
  }
  check = 'wrong';
  await imageChecked();
  expect(one.phase).toBe('syncing');
  if (isProvenAgain) {
    exchange.answer(snapshotAt(sequence + 1, [990, 1], [1020, 1]));
    for (let i = 0; i < 8; i++) await beat();
    expect(one.phase).toBe('live');
  }
  one.journal();
  await clock.advanceAsync(10);
  return [good, sequence];
}

function shown(answer: BookResult | NoBookResult | undefined): string {
  if (answer?.state !== 'proven') return 'nothing';
  return JSON.stringify([answer.sequence, answer.bids, answer.asks]);
}

test.each(testSeeds(8))('seed %i', async (seed) => {
  const isProvenAgain = seed % 2 === 0;
  const [good, heard] = await record(seed, isProvenAgain);
  const { intervals, gaps } = await reader.coverage({ security });
  expect(intervals).toHaveLength(isProvenAgain ? 2 : 1);
  expect(gaps).toMatchObject([{ cause: 'other', firstMissing: String(good.sequence + 1) }]);
  const isCovered = (us: number): boolean =>
    intervals.some(({ from, to }) => us >= parseTimeUs(from) && us <= parseTimeUs(to));
  expect(isCovered(good.atUs) && !isCovered(good.atUs + 1)).toBe(true);

  const fromUs = Math.ceil(parseTimeUs(intervals[0]?.from ?? '') / EVERY_US) * EVERY_US;
  const toUs = harness.clock.nowUs();
  for (const clock of ['receive', 'exchange'] as const) {
    const ticks = new Map<number, BookResult>();
    const range = { security, fromUs, toUs, clock };
    for await (const item of reader.snapshots({ ...range, everyUs: EVERY_US })) {
      if (item.type === 'snapshot') ticks.set(item.atUs, formatView(item));
    }
    for (let us = fromUs; us < toUs; us += EVERY_US) {
      const answer = await reader.bookAt({ security, position: { clock, us } });
      expect([us, shown(answer)]).toEqual([us, shown(ticks.get(us))]);
      if (clock === 'receive') expect(answer.state === 'proven').toBe(isCovered(us));
    }
  }
  for (let sequence = 100; sequence <= heard; sequence++) {
    const answer = await reader.bookAt({ security, position: { sequence } });
    const isIn = intervals.some(
      ({ firstSequence, lastSequence }) =>
        sequence >= Number(firstSequence) && sequence <= Number(lastSequence),
    );
    expect([sequence, answer.state === 'proven']).toEqual([sequence, isIn]);
  }
  for (const stream of [reader.updates({ security }), reader.quotes({ security })]) {
    for await (const item of stream) {
      if (item.type !== 'gap') expect(isCovered(item.receiveTimeUs)).toBe(true);
    }
  }
});
