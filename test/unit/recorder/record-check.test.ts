/** The record check: stored records against the book in memory, at each base image. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchiveUnavailableError, RecordCorruptError } from '../../../logger/errors.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import { createReader, createRebuild } from '../../../logger/reader/create-reader.ts';
import { RecordCheck } from '../../../logger/recorder/check/record-check.ts';
import type { RecordCheckOutcome } from '../../../logger/recorder/check/record-check.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { fillable } from './harness.ts';
import { ASKS, SECURITY, SelfCheckKit } from './self-check-kit.ts';

const kit = new SelfCheckKit();

let isFull: boolean;

beforeEach(async () => {
  isFull = false;
  await kit.open();
});

afterEach(() => kit.close());

describe('at a base image', () => {
  test('the records show the book in memory', async () => {
    await kit.live();
    kit.exchange.diff(103, 104, [995, 1], [1010, 0]);
    await kit.image();
    expect(kit.selfCheck.figures()).toEqual({ images: 1, snapshots: 0, mismatches: 0 });
    kit.exchange.diff(105, 106, [995, 0]);
    await kit.image();
    kit.exchange.diff(107, 108, [995, 4]);
    await kit.image();
    expect(kit.selfCheck.figures()).toEqual({ images: 3, snapshots: 0, mismatches: 0 });
    expect(kit.one.segment?.identity.epoch).toBe(1);
    expect(kit.logged).toEqual([]);
  });

  test('also after prices became finer', async () => {
    await kit.live();
    kit.exchange.diff(103, 104, [995, 1]);
    kit.exchange.listeners.get('BTCUSDT')?.onScale({ priceExponent: 3, sizeExponent: 4 });
    kit.exchange.diff(105, 106, [9955, 15]);
    await kit.checked();
    await kit.image();
    expect(kit.selfCheck.figures()).toEqual({ images: 2, snapshots: 0, mismatches: 0 });
  });

  test('a book in memory that was not recorded so: logged, voided since the last good image, proven again', async () => {
    await kit.live();
    kit.exchange.diff(103, 104, [995, 1]);
    await kit.image();
    const goodUs = kit.one.segment?.last.atUs ?? 0;
    kit.exchange.diff(105, 106, [996, 1]);
    kit.flipBit();
    await kit.image();
    expect(kit.selfCheck.figures()).toMatchObject({ images: 2, mismatches: 1 });
    expect(kit.logged).toContain('error: The records do not show the book that was in memory');
    expect(kit.one.phase).toBe('syncing');
    kit.exchange.answer(snapshotAt(106, [996, 1], ASKS));
    kit.exchange.diff(107, 108);
    await kit.clock.advanceAsync(100);
    expect(kit.one.phase).toBe('live');
    kit.one.journal();
    await kit.checked();
    expect(await kit.harness.stored(2)).toMatchObject({
      gap: { cause: 'other', fromUs: goodUs, firstMissing: 105 },
    });
    const reader = createReader(kit.harness.archive);
    const at = (us: number) =>
      reader.bookAt({ security: SECURITY.id, position: { clock: 'receive', us } });
    expect(await at(goodUs)).toMatchObject({ state: 'proven', sequence: '104' });
    expect(await at(goodUs + 60_000_000)).toMatchObject({
      state: 'gap',
      gap: { from: formatTimeUs(goodUs), cause: 'other' },
    });
    expect((await reader.verify({ security: SECURITY.id })).problems).toEqual([
      expect.objectContaining({ record: 'image 1/106' }),
    ]);
  });

  test('damaged records are found at the next image', async () => {
    const damaged = {
      ...kit.harness.archive,
      images: kit.harness.archive.images.bind(kit.harness.archive),
      gapWithin: kit.harness.archive.gapWithin.bind(kit.harness.archive),
      blocks: async (...question: Parameters<typeof kit.harness.archive.blocks>) =>
        (await kit.harness.archive.blocks(...question)).map((ref) => ({
          ...ref,
          load: async () => {
            const record = await ref.load();
            const body = Uint8Array.from(record.body);
            body[9] = (body[9] ?? 0) ^ 4;
            return { ...record, body };
          },
        })),
    };
    await kit.live({ rebuild: createRebuild(damaged) });
    kit.exchange.diff(103, 104, [995, 1]);
    await kit.image();
    expect(kit.selfCheck.figures()).toMatchObject({ images: 1, mismatches: 1 });
    expect(kit.one.phase).toBe('syncing');
  });

  test('records that are voided while they are read are no mismatch', async () => {
    let looks = 0;
    await kit.live({
      rebuild: async () => {
        if (++looks === 1) throw new RecordCorruptError('Record block 1/103 has lost its body');
        return null;
      },
    });
    kit.exchange.diff(103, 104, [995, 1]);
    await kit.image();
    expect(looks).toBe(2);
    expect(kit.selfCheck.figures()).toEqual({ images: 0, snapshots: 0, mismatches: 0 });
    expect(kit.one.phase).toBe('live');
  });

  test('records that can’t be read now stay unchecked', async () => {
    await kit.live({ rebuild: async () => null });
    kit.exchange.diff(103, 104, [995, 1]);
    await kit.image();
    expect(kit.selfCheck.figures()).toEqual({ images: 0, snapshots: 0, mismatches: 0 });
    expect(kit.one.phase).toBe('live');
  });

  test('while the archive accepts nothing, one image is held and the others stay unchecked', async () => {
    await kit.live({ archive: fillable(kit.harness.archive, () => isFull) });
    isFull = true;
    for (let sequence = 103; sequence < 106; sequence++) {
      kit.exchange.diff(sequence, sequence, [995, sequence]);
      await kit.image();
    }
    isFull = false;
    await kit.clock.advanceAsync(DEFAULT_LIMITS.commitRetryMs);
    await kit.checked();
    expect(kit.selfCheck.figures()).toEqual({ images: 1, snapshots: 0, mismatches: 0 });
    kit.exchange.diff(106, 106, [995, 1]);
    await kit.image();
    expect(kit.selfCheck.figures()).toMatchObject({ images: 2, mismatches: 0 });
  });

  test('an unchecked image is no start for the next check', async () => {
    let isAway = false;
    const rebuild = createRebuild(kit.harness.archive);
    await kit.live({
      rebuild: async (...question) => {
        if (isAway) throw new ArchiveUnavailableError('no answer');
        return rebuild(...question);
      },
    });
    kit.exchange.diff(103, 104, [995, 1]);
    await kit.image();
    const goodUs = kit.one.segment?.last.atUs;
    isAway = true;
    kit.flipBit();
    kit.exchange.diff(105, 106, [996, 1]);
    await kit.image();
    isAway = false;
    expect(kit.selfCheck.figures()).toEqual({ images: 1, snapshots: 0, mismatches: 0 });
    kit.exchange.diff(107, 108, [996, 2]);
    await kit.image();
    expect(kit.selfCheck.figures()).toMatchObject({ images: 2, mismatches: 1 });
    expect(kit.one.openGap).toMatchObject({ fromUs: goodUs, firstMissing: 105 });
  });

  test('a mismatch that the archive lost is declared again', async () => {
    const rebuild = createRebuild(kit.harness.archive);
    await kit.live({
      archive: fillable(kit.harness.archive, () => isFull),
      limits: { maxPendingBytes: 20_000 },
      rebuild: async (...question) => {
        const book = await rebuild(...question);
        isFull = kit.selfCheck.figures().images === 1;
        return book;
      },
    });
    kit.exchange.diff(103, 104, [995, 1]);
    await kit.image();
    const goodUs = kit.one.segment?.last.atUs;
    kit.flipBit();
    kit.exchange.diff(105, 106, [996, 1]);
    await kit.image();
    expect(kit.one.openGap).toMatchObject({ fromUs: goodUs, firstMissing: 105 });
    kit.exchange.answer(snapshotAt(106, [996, 1], ASKS));
    kit.exchange.diff(107, 108);
    await kit.clock.advanceAsync(100);
    expect(kit.one.phase).toBe('live');
    for (let id = 109; kit.one.phase === 'live'; id++) {
      kit.exchange.diff(id, id, [1000 + id, 1]);
      kit.one.tick();
    }
    isFull = false;
    await kit.clock.advanceAsync(3 * DEFAULT_LIMITS.commitRetryMs, 100);
    expect(kit.one.openGap).toMatchObject({ epoch: 1, fromUs: goodUs, firstMissing: 105 });
    expect((await kit.harness.archive.tail(SECURITY.id)).openGap).toEqual(kit.one.openGap);
  });

  test('a mismatch in a segment that has just ended moves the start of its gap', async () => {
    const rebuild = createRebuild(kit.harness.archive);
    let isGapDue = false;
    await kit.live({
      rebuild: async (...question) => {
        const book = await rebuild(...question);
        if (isGapDue) kit.exchange.diff(120, 121);
        isGapDue = false;
        return book;
      },
    });
    kit.exchange.diff(103, 104, [995, 1]);
    await kit.image();
    const goodUs = kit.one.segment?.last.atUs;
    kit.flipBit();
    kit.exchange.diff(105, 106, [996, 1]);
    isGapDue = true;
    await kit.image();
    expect(kit.selfCheck.figures()).toMatchObject({ mismatches: 1 });
    expect(kit.one.openGap).toMatchObject({ epoch: 1, fromUs: goodUs, firstMissing: 105 });
    expect((await kit.harness.archive.tail(SECURITY.id)).openGap).toEqual(kit.one.openGap);
  });

  test('what waits to be checked is bounded', async () => {
    const outcomes: RecordCheckOutcome[] = [];
    let free: (error: Error) => void = () => undefined;
    const check = new RecordCheck({
      rebuild: () => new Promise((_resolve, reject) => (free = reject)),
      limits: { ...DEFAULT_LIMITS, commitPauseMs: 0, maxCheckRows: 12 },
      onFatal: (error) => kit.harness.fatal.push(error),
    });
    await kit.live();
    const held = kit.one.segment?.image();
    if (!held) throw new Error('no book');
    const add = (): void =>
      check.add(
        { security: SECURITY.id, epoch: 1, fromSequence: () => 1, image: held },
        (outcome) => outcomes.push(outcome),
      );
    // Six rows each: two may wait.
    for (let i = 0; i < 4; i++) add();
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unchecked', 'unchecked']);
    // Seen twice.
    free(new RecordCorruptError('damaged'));
    await kit.clock.advanceAsync(0);
    expect(outcomes).toHaveLength(2);
    free(new RecordCorruptError('damaged'));
    await kit.clock.advanceAsync(0);
    expect(outcomes.at(-1)).toEqual({ kind: 'differs', reason: 'damaged' });
    // A stop does not wait for a store that hangs.
    await check.stop();
    free(new RecordCorruptError('too late to matter'));
    add();
    await kit.clock.advanceAsync(0);
    expect(outcomes).toHaveLength(3);
  });
});
