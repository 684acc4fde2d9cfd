/** The last sizes read straight from a block of version 1, against those of its decoded events. */

import { describe, expect, test } from 'vitest';
import { block1Changes } from '../../../logger/codec/block-1-changes.ts';
import type { BlockContent } from '../../../logger/codec/codec.ts';
import { changesOf } from '../../../logger/codec/level-changes.ts';
import type { ChangesEnd, LevelChanges } from '../../../logger/codec/level-changes.ts';
import { block1 } from '../../../logger/codec/v1/block.ts';
import type { Diff } from '../../../logger/market/events.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf, withRightChecksum } from './damage.ts';
import { randomBlock } from './random-records.ts';

const SEEDS = process.env['SEED']
  ? [Number(process.env['SEED'])]
  : Array.from({ length: 150 }, (_, i) => i + 1);
const ALL: ChangesEnd = { sequence: Number.MAX_SAFE_INTEGER };

function diffsOf({ events }: BlockContent): Diff[] {
  return events.filter((event) => event.type === 'diff');
}

/** The same block, whose diffs follow one another as the recorder stores them. */
function inOrder(content: BlockContent): BlockContent {
  let sequence = 1000;
  let receiveTimeUs = 5;
  const events = content.events.map((event) => {
    if (event.type !== 'diff') return event;
    const firstSequence = sequence + 1;
    sequence += 1 + (event.bids.length % 3);
    receiveTimeUs += event.asks.length % 4;
    return { ...event, firstSequence, lastSequence: sequence, receiveTimeUs };
  });
  return { ...content, previousSequence: 1000, events };
}

function ends(content: BlockContent, random: SeededRandom): ChangesEnd[] {
  const diffs = diffsOf(content);
  const some = Array.from({ length: 4 }, () => diffs[random.integer(0, diffs.length - 1)]);
  return [
    ALL,
    { sequence: content.previousSequence },
    { receiveTimeUs: Number.MIN_SAFE_INTEGER },
    ...some.flatMap((diff) =>
      diff === undefined
        ? []
        : [
            { sequence: diff.lastSequence + random.integer(-1, 1) },
            { receiveTimeUs: diff.receiveTimeUs + random.integer(-1, 1) },
          ],
    ),
  ];
}

/** The plain way. */
function plainChanges(body: Uint8Array, end: ChangesEnd): LevelChanges {
  const { last, ...changes } = changesOf(block1.decode(body), end, Number.NEGATIVE_INFINITY);
  return { ...changes, last: last && placeOf(last) };
}

function placeOf({
  lastSequence,
  exchangeTimeUs,
  receiveTimeUs,
}: NonNullable<LevelChanges['last']>) {
  return { lastSequence, exchangeTimeUs, receiveTimeUs };
}

function read(body: Uint8Array, end: ChangesEnd): LevelChanges {
  const { last, ...changes } = block1Changes(body, end);
  return { ...changes, last: last && placeOf(last) };
}

describe('the last sizes of a block', () => {
  test.each(SEEDS)('are those of its events, up to any end: seed %i', (seed) => {
    const random = seededRandom(seed);
    const content = inOrder(randomBlock(random));
    const body = block1.encode(content);
    for (const end of ends(content, random)) {
      expect(read(body, end), JSON.stringify(end)).toEqual(plainChanges(body, end));
    }
  });

  test('count as damaged where a diff up to the end, or the next one, does not continue the one before', () => {
    const [first, second, third, fourth] = [1, 2, 3, 4].map((number): Diff => ({
      type: 'diff',
      firstSequence: number,
      lastSequence: number,
      exchangeTimeUs: number,
      receiveTimeUs: number,
      bids: [100 - number, 5],
      asks: [],
    }));
    const scale = { priceExponent: 2, sizeExponent: 3 };
    const bodyOf = (...events: (Diff | undefined)[]): Uint8Array =>
      block1.encode({ scale, previousSequence: 0, events: events as Diff[] });
    const gone = bodyOf(first, second, fourth);
    expect(outcomeOf(() => read(gone, ALL))).toBe('corrupt');
    expect(outcomeOf(() => read(gone, { sequence: 2 }))).toBe('corrupt');
    expect(read(gone, { sequence: 1 }).last?.lastSequence).toBe(1);
    expect(outcomeOf(() => read(bodyOf(first, first), ALL))).toBe('corrupt');
    expect(outcomeOf(() => read(bodyOf(second, third), ALL))).toBe('corrupt');
    expect(read(bodyOf(first, second, third), ALL).last?.lastSequence).toBe(3);
  });

  test('end in an error or a result for any damage', () => {
    const random = seededRandom(7);
    const body = block1.encode(inOrder(randomBlock(random)));
    for (const { bytes } of flippedBits(body)) {
      expect(outcomeOf(() => read(bytes, ALL))).toBe('corrupt');
      outcomeOf(() => read(withRightChecksum(bytes), ALL));
    }
  });
});
