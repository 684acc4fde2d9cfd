/** The order of a security's records, and how it is cut into batches. */

import { describe, expect, test } from 'vitest';
import { batchLength, comparePlaces } from '../../../logger/archive/batch.ts';
import type { Place } from '../../../logger/archive/batch.ts';

const place = (kind: Place['kind'], epoch: number, sequence: number): Place => ({
  kind,
  epoch,
  sequence,
});
const item = (kind: Place['kind'], bytes = 0) => ({ kind, bytes });

test('records are ordered by segment; in it gaps, then images and blocks by sequence', () => {
  const ordered = [
    place('image', 1, 100),
    place('block', 1, 101),
    // A block of one update that leads to the image.
    place('block', 1, 120),
    place('image', 1, 120),
    place('block', 1, 121),
    place('gap', 2, -Infinity),
    place('gap', 2, 210),
    place('image', 2, 5),
    place('block', 2, 6),
  ];
  expect([...ordered].reverse().sort(comparePlaces)).toEqual(ordered);
});

describe('a batch', () => {
  test('holds gaps, then images, then blocks', () => {
    const records = ['gap', 'gap', 'image', 'image', 'block', 'block'] as const;
    expect(batchLength(records.map((kind) => item(kind)))).toBe(6);
    expect(batchLength([item('image'), item('block'), item('image')])).toBe(2);
    expect(batchLength([item('block'), item('gap')])).toBe(1);
    expect(batchLength([item('image'), item('gap')])).toBe(1);
  });

  test('holds at most 64 records and 1 MiB, but always one record', () => {
    expect(batchLength(Array.from({ length: 100 }, () => item('block')))).toBe(64);
    const half = item('block', 512 * 1024);
    expect(batchLength([half, half, item('block', 1)])).toBe(2);
    expect(batchLength([item('image', 5_000_000), item('block')])).toBe(1);
    expect(batchLength([])).toBe(0);
  });
});
