/** Short histories written by hand: one line a step, times in ms, sequences one by one. */

import type {
  Archive,
  GapRecord,
  ImageReason,
  StoredRecord,
  Write,
} from '../../../logger/archive/archive.ts';
import { sealRecord } from '../../../logger/archive/record.ts';
import { storedImage } from '../../../logger/codec/formats.ts';
import type { GapCause } from '../../../logger/market/coverage.ts';
import type {
  Diff,
  Horizon,
  LevelCounts,
  LevelImage,
  Trade,
} from '../../../logger/market/events.ts';
import { SCALE, SECURITY, blockRecordOf } from './random-history.ts';

/** 2026-11-20T07:00:00Z. */
export const START_US = 1_795_158_000_000_000;
export const us = (ms: number): number => START_US + ms * 1000;

/** Exchange time is 2 ms before. Prices in cents, sizes in thousandths. */
export function diff(
  sequence: number,
  ms: number,
  bids: number[] = [],
  asks: number[] = [],
  firstSequence = sequence,
): Diff {
  return {
    type: 'diff',
    firstSequence,
    lastSequence: sequence,
    exchangeTimeUs: us(ms - 2),
    receiveTimeUs: us(ms),
    bids,
    asks,
  };
}

export function trade(tradeId: number, ms: number, side: 'buy' | 'sell' = 'buy'): Trade {
  return {
    type: 'trade',
    tradeId,
    sequence: null,
    exchangeTimeUs: us(ms - 3),
    eventTimeUs: us(ms - 2),
    receiveTimeUs: us(ms),
    price: 10_050,
    size: 1500,
    side,
  };
}

export function image(
  epoch: number,
  sequence: number,
  ms: number,
  bids: number[] = [10_000, 1000],
  asks: number[] = [10_100, 2000],
  exchangeTimeUs = us(ms - 2),
  options: ImageOptions = {},
): Write {
  const record = imageRecordOf(epoch, sequence, ms, { bids, asks }, exchangeTimeUs, options);
  return { type: 'image', record };
}

interface ImageOptions {
  readonly horizon?: Horizon;
  readonly reason?: ImageReason;
  readonly windowed?: true;
  readonly counts?: LevelCounts;
}

const DEFAULT_HORIZON: Horizon = { bid: 9000, ask: null };

function imageRecordOf(
  epoch: number,
  sequence: number,
  ms: number,
  { bids, asks }: { bids: number[]; asks: number[] },
  exchangeTimeUs: number,
  { horizon = DEFAULT_HORIZON, reason = 'start', windowed, counts }: ImageOptions,
): StoredRecord {
  const image: LevelImage = {
    level: 'L2',
    sequence,
    exchangeTimeUs,
    receiveTimeUs: us(ms),
    scale: SCALE,
    horizon,
    bids,
    asks,
    ...(counts && { counts }),
  };
  const codec = storedImage(image);
  return sealRecord(
    {
      kind: 'image',
      security: SECURITY,
      level: 'L2',
      feed: 'depth',
      proof: 'sequence',
      ...(windowed && { windowed }),
      epoch,
      fromUs: us(ms),
      toUs: us(ms),
      exchangeFromUs: exchangeTimeUs,
      exchangeToUs: exchangeTimeUs,
      previousSequence: sequence,
      firstSequence: sequence,
      lastSequence: sequence,
      diffs: 0,
      levelChanges: 0,
      trades: 0,
      levels: (bids.length + asks.length) / 2,
      reason,
      encoding: codec.encoding,
      writer: 'test',
    },
    codec.encode(image),
  );
}

export function block(epoch: number, previous: number, events: readonly (Diff | Trade)[]): Write {
  return { type: 'block', record: blockRecordOf(epoch, previous, events) };
}

export function gap(
  epoch: number,
  fromMs: number,
  toMs: number,
  cause: GapCause = 'connection',
): Write {
  const record: GapRecord = {
    security: SECURITY,
    epoch,
    fromUs: us(fromMs),
    toUs: us(toMs),
    cause,
    firstMissing: null,
    lastMissing: null,
  };
  return { type: 'gap', record };
}

export async function writeAll(archive: Archive, ...writes: readonly Write[]): Promise<void> {
  for (const write of writes) await archive.commit([write]);
}
