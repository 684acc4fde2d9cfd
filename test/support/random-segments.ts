/** Random books of one security around a price: quiet times, gaps, crossed books, empty sides. */

import type { Diff, LevelImage, Levels } from '../../logger/market/events.ts';
import type { RecordedSegment } from './recorded-archive.ts';
import type { SeededRandom } from './seeded-random.ts';

const S = 1_000_000;
const SCALE = { priceExponent: 2, sizeExponent: 3 };

/** A price that wanders by up to 0.1 % a minute, in ticks of 0.01. */
export function wanderingPrice(
  random: SeededRandom,
  fromUs: number,
  toUs: number,
): (us: number) => number {
  const minutes: number[] = [100_000];
  for (let us = fromUs; us < toUs; us += 60 * S) {
    minutes.push((minutes.at(-1) as number) + random.integer(-100, 100));
  }
  return (us) => minutes[Math.floor((us - fromUs) / (60 * S))] ?? 100_000;
}

export function randomSegments(
  random: SeededRandom,
  fromUs: number,
  toUs: number,
  priceAt: (us: number) => number = wanderingPrice(random, fromUs, toUs),
): RecordedSegment[] {
  const segments: RecordedSegment[] = [];
  let [us, sequence] = [fromUs + random.integer(0, 60 * S), 0];
  while (us < toUs) {
    const segment = segmentAt(random, us, sequence + random.integer(1, 50), toUs, priceAt);
    segments.push(segment);
    const last = segment.diffs.at(-1) ?? {
      receiveTimeUs: us,
      lastSequence: segment.image.sequence,
    };
    sequence = last.lastSequence;
    us = last.receiveTimeUs + random.integer(1, 300 * S);
  }
  return segments;
}

function segmentAt(
  random: SeededRandom,
  fromUs: number,
  fromSequence: number,
  toUs: number,
  priceAt: (us: number) => number,
): RecordedSegment {
  let best: readonly [bid: number, ask: number] = [priceAt(fromUs) - 1, priceAt(fromUs) + 1];
  const place = { exchangeTimeUs: fromUs - 500, receiveTimeUs: fromUs };
  const image: LevelImage = {
    level: 'L2',
    sequence: fromSequence,
    ...place,
    scale: SCALE,
    horizon: { bid: null, ask: null },
    bids: [best[0], 5000],
    asks: [best[1], 5000],
  };
  const diffs: Diff[] = [];
  let [us, sequence] = [fromUs, fromSequence];
  while (us < toUs && !random.chance(0.0005)) {
    us += random.chance(0.1) ? 0 : random.integer(1, random.chance(0.005) ? 600 * S : 6 * S);
    if (us >= toUs) break;
    const next = nextBest(random, priceAt(us));
    const moved = (from: number, to: number): Levels => [
      ...(from === to ? [] : [from, 0]),
      // A side may stay empty until the next update.
      ...(random.chance(0.02) ? [to, 0] : [to, random.integer(1, 9000)]),
    ];
    diffs.push({
      type: 'diff',
      firstSequence: ++sequence,
      lastSequence: sequence,
      exchangeTimeUs: us - 500,
      receiveTimeUs: us,
      bids: moved(best[0], next[0]),
      asks: moved(best[1], next[1]),
    });
    best = next;
  }
  return { image, diffs };
}

function nextBest(random: SeededRandom, price: number): readonly [number, number] {
  // Far off for a moment, or crossed.
  const middle = random.chance(0.003) ? price + random.integer(-2000, 2000) : price;
  if (random.chance(0.02))
    return [middle + random.integer(0, 500), middle - random.integer(0, 500)];
  const bid = middle - random.integer(0, 8);
  return [bid, bid + random.integer(1, 10)];
}
