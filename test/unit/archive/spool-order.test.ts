/** What a spool proves about its store, rule by rule. */

import { describe, expect, test } from 'vitest';
import type { BlockRef, StoredRecord } from '../../../logger/archive/archive.ts';
import { damagedRef } from '../../../logger/archive/block-refs.ts';
import {
  earlier,
  hasAllBlocks,
  hasAllImages,
  hasAllLaterSegments,
  hasGapBefore,
  mergeBlocks,
  mergeImages,
} from '../../../logger/archive/transfer/spool-order.ts';
import { SECURITY, sampleBlock, sampleImage } from '../../archive/sample-records.ts';

const refOf = (record: StoredRecord): BlockRef => ({
  header: record.header,
  load: () => Promise.resolve(record),
});
const image = (lastSequence: number, epoch = 1): BlockRef =>
  refOf(sampleImage({ lastSequence, epoch }));
const block = (previousSequence: number, lastSequence: number): BlockRef =>
  refOf(sampleBlock({ previousSequence, lastSequence }));
const journalPart = (previousSequence: number, lastSequence: number): BlockRef => ({
  ...block(previousSequence, lastSequence),
  isJournalPart: true,
});
const damagedBlock = (sequence: number): BlockRef =>
  damagedRef({ kind: 'block', security: SECURITY, epoch: 1, sequence });
const keys = (refs: readonly BlockRef[]): number[] =>
  refs.map(({ header }) => (header.kind === 'image' ? header.lastSequence : header.firstSequence));

describe('the spool holds the tail', () => {
  test('with the image asked for it has all later ones, with a later one it may not', () => {
    expect(hasAllImages([image(100), image(200)], 100)).toBe(true);
    expect(hasAllImages([image(200)], 100)).toBe(false);
    expect(hasAllImages([], 100)).toBe(false);
  });

  test('with the block that contains or follows a sequence it has all later ones', () => {
    expect(hasAllBlocks([block(100, 110)], 100)).toBe(true);
    expect(hasAllBlocks([block(90, 110)], 100)).toBe(true);
    expect(hasAllBlocks([block(101, 110)], 100)).toBe(false);
    expect(hasAllBlocks([], 100)).toBe(false);
  });

  test('a damaged block proves nothing, because its range is unknown', () => {
    expect(hasAllBlocks([damagedBlock(101)], 100)).toBe(false);
    expect(hasAllBlocks([damagedBlock(91), block(100, 110)], 100)).toBe(true);
  });

  test('with a sealed record of a segment it has all later segments; journal parts stay forever', () => {
    expect(hasAllLaterSegments([image(100)], [])).toBe(true);
    expect(hasAllLaterSegments([], [block(100, 110)])).toBe(true);
    expect(hasAllLaterSegments([], [journalPart(100, 110)])).toBe(false);
    expect(hasAllLaterSegments([], [])).toBe(false);
  });
});

describe('a gap goes with its segment’s first image', () => {
  test('the first image proves that no gap is in the store alone', () => {
    expect(hasGapBefore(image(100, 2).header, 2)).toBe(true);
  });

  test('a later image, or one of a later segment, does not', () => {
    const later = sampleImage({ lastSequence: 100, epoch: 2, reason: 'interval' }).header;
    expect(hasGapBefore(later, 2)).toBe(false);
    expect(hasGapBefore(image(100, 3).header, 2)).toBe(false);
    expect(hasGapBefore(undefined, 2)).toBe(false);
  });
});

describe('a record is stored before it is released', () => {
  test('an image in both is listed once', () => {
    expect(keys(mergeImages([image(100), image(200)], [image(200), image(300)]))).toEqual([
      100, 200, 300,
    ]);
  });

  test('blocks in both are listed once, and a sealed block hides no journal part listed before', () => {
    const inSpool = [block(110, 120), journalPart(120, 122)];
    const inStore = [block(90, 110), block(110, 120), block(120, 130)];
    expect(keys(mergeBlocks(inStore, inSpool, { afterSequence: 100 }))).toEqual([91, 111, 121]);
  });

  test('a limit counts sealed blocks, and leaves out the journal once it is reached', () => {
    const inSpool = [block(110, 120), journalPart(120, 122)];
    const inStore = [block(90, 100), block(100, 110)];
    const range = { afterSequence: 95 };
    expect(keys(mergeBlocks(inStore, inSpool, { ...range, limit: 1 }))).toEqual([91]);
    expect(keys(mergeBlocks(inStore, inSpool, { ...range, limit: 3 }))).toEqual([91, 101, 111]);
    expect(keys(mergeBlocks(inStore, inSpool, { ...range, limit: 4 }))).toEqual([
      91, 101, 111, 121,
    ]);
  });

  test('blocks of the spool are left out if the store already lists the one behind the range', () => {
    const inStore = [block(90, 100), block(100, 110)];
    const range = { afterSequence: 95, untilSequence: 100, andNext: true };
    expect(keys(mergeBlocks(inStore, [block(110, 120)], range))).toEqual([91, 101]);
  });
});

test('of two records the earlier one counts', () => {
  const [first, second, next] = [image(100), image(200), image(50, 2)];
  expect(earlier(first, second)).toBe(first);
  expect(earlier(next, second)).toBe(second);
  expect(earlier(null, next)).toBe(next);
  expect(earlier(first, null)).toBe(first);
  expect(earlier(null, null)).toBeNull();
});
