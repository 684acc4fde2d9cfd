import { describe, expect, test } from 'vitest';
import type { OpenGap } from '../../../logger/archive/archive.ts';
import { bookOf } from '../../../logger/book/book.ts';
import { NO_HORIZON } from '../../../logger/market/events.ts';
import { imageDue } from '../../../logger/recorder/segment/base-image-policy.ts';
import { closeGap, earlierGap } from '../../../logger/recorder/segment/gap.ts';
import type { SegmentIdentity } from '../../../logger/recorder/segment/records.ts';

const OPEN: OpenGap = { epoch: 1, fromUs: 5000, cause: 'sequence', firstMissing: 11 };

function next(proof: SegmentIdentity['proof'] = 'sequence'): SegmentIdentity {
  return { security: 'x:Y', level: 'L2', feed: 'f', proof, epoch: 2, writer: 'test' };
}

function proven(sequence: number, receiveTimeUs: number) {
  const scale = { priceExponent: 0, sizeExponent: 0 };
  const book = bookOf({ level: 'L2', scale, bids: [], asks: [] });
  return { book, horizon: NO_HORIZON, sequence, exchangeTimeUs: 0, receiveTimeUs };
}

describe('closing a gap', () => {
  test('it ends before the first image of the next segment', () => {
    expect(closeGap(OPEN, next(), proven(15, 9000))).toEqual({
      security: 'x:Y',
      epoch: 2,
      fromUs: 5000,
      toUs: 9000,
      cause: 'sequence',
      firstMissing: 11,
      lastMissing: 14,
    });
  });

  test('time may be missing without any sequence', () => {
    const gap = closeGap(OPEN, next(), proven(11, 9000));
    expect(gap).toMatchObject({ toUs: 9000, firstMissing: null, lastMissing: null });
  });

  test('it never ends before it begins', () => {
    expect(closeGap(OPEN, next(), proven(15, 4000)).toUs).toBe(5000);
  });

  test('without sequence numbers nothing is counted', () => {
    const gap = closeGap({ ...OPEN, firstMissing: null }, next('connection'), proven(15, 9000));
    expect(gap).toMatchObject({ firstMissing: null, lastMissing: null });
  });
});

test('where each connection numbers for itself, only the first that is missing is known', () => {
  const gap = closeGap(OPEN, next(), proven(15, 9000), true);
  expect(gap).toMatchObject({ toUs: 9000, firstMissing: 11, lastMissing: null });
});

test('of two gaps the one that begins first counts, by time and then by sequence', () => {
  const sooner = { ...OPEN, fromUs: 4000 };
  const lower = { ...OPEN, firstMissing: 10 };
  const unknown = { ...OPEN, firstMissing: null };
  expect(earlierGap(OPEN, sooner)).toBe(sooner);
  expect(earlierGap(OPEN, lower)).toBe(lower);
  expect(earlierGap(lower, OPEN)).toBe(lower);
  expect(earlierGap(unknown, OPEN)).toBe(OPEN);
});

describe('another base image', () => {
  const quiet = {
    sinceImageMs: 0,
    blockBytesSinceImage: 0,
    changesSinceImage: 0,
    imageBytes: 100,
    intervalMs: 1_800_000,
  };

  test('comes with the interval', () => {
    expect(imageDue({ ...quiet, sinceImageMs: 1_799_999 })).toBeNull();
    expect(imageDue({ ...quiet, sinceImageMs: 1_800_000 })).toBe('interval');
  });

  test('comes with blocks that are as large as eight images and their heads', () => {
    const image = 100 + 1024;
    expect(imageDue({ ...quiet, blockBytesSinceImage: 8 * image - 1 })).toBeNull();
    expect(imageDue({ ...quiet, blockBytesSinceImage: 8 * image })).toBe('interval');
  });

  test('comes with blocks as large as three images, where they take long to replay', () => {
    const image = 100 + 1024;
    const busy = { ...quiet, changesSinceImage: 15_000 };
    expect(imageDue({ ...busy, blockBytesSinceImage: 3 * image - 1 })).toBeNull();
    expect(imageDue({ ...busy, blockBytesSinceImage: 3 * image })).toBe('interval');
    const few = { ...busy, changesSinceImage: 14_999, blockBytesSinceImage: 3 * image };
    expect(imageDue(few)).toBeNull();
  });

  test('comes with many changes, but not before their blocks are as large as an image', () => {
    const slow = { ...quiet, changesSinceImage: 100_000 };
    expect(imageDue({ ...slow, blockBytesSinceImage: 1123 })).toBeNull();
    expect(imageDue({ ...slow, changesSinceImage: 99_999, blockBytesSinceImage: 1124 })).toBeNull();
    expect(imageDue({ ...slow, blockBytesSinceImage: 1124 })).toBe('interval');
  });
});
