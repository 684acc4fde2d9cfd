/** The last sizes read straight from a block, against those of its decoded events. */

import { describe, expect, test } from 'vitest';
import { block1Changes } from '../../../logger/codec/block-1-changes.ts';
import { block2Changes } from '../../../logger/codec/block-2-changes.ts';
import type { BlockCodec, BlockContent } from '../../../logger/codec/codec.ts';
import { changesOf } from '../../../logger/codec/level-changes.ts';
import type { ChangesEnd, LevelChanges } from '../../../logger/codec/level-changes.ts';
import { block1 } from '../../../logger/codec/v1/block.ts';
import { block2 } from '../../../logger/codec/v2/block.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';
import type { Diff } from '../../../logger/market/events.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { flippedBits, outcomeOf, withRightChecksum } from './damage.ts';
import { randomBlock, withNewFields } from './random-records.ts';

const SEEDS = testSeeds(150);
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

interface Version {
  readonly codec: BlockCodec;
  /** Undefined: it has to be decoded. */
  readonly changes: (body: Uint8Array, end: ChangesEnd) => LevelChanges | undefined;
}

const VERSIONS: readonly (readonly [number, Version])[] = [
  [1, { codec: block1, changes: block1Changes }],
  [2, { codec: block2, changes: block2Changes }],
];

/** The plain way. */
function plainChanges(codec: BlockCodec, body: Uint8Array, end: ChangesEnd): LevelChanges {
  const content = codec.decode(body);
  let { previousSequence: sequence } = content;
  for (const { firstSequence, lastSequence } of diffsOf(content)) {
    if (firstSequence > sequence + 1 || lastSequence <= sequence) {
      throw new RecordCorruptError(`It has a gap after ${sequence}`);
    }
    sequence = lastSequence;
  }
  return withPlace(changesOf(content, end, Number.NEGATIVE_INFINITY));
}

function withPlace({ last, ...changes }: LevelChanges): LevelChanges {
  if (last === null) return { ...changes, last };
  const { lastSequence, exchangeTimeUs, receiveTimeUs } = last;
  return { ...changes, last: { lastSequence, exchangeTimeUs, receiveTimeUs } };
}

function resultOf(read: () => LevelChanges): LevelChanges | 'corrupt' {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordCorruptError) return 'corrupt';
    throw error;
  }
}

describe.each(VERSIONS)(
  'the last sizes of a block of version %i',
  (version, { codec, changes }) => {
    const read = (body: Uint8Array, end: ChangesEnd): LevelChanges => {
      const found = changes(body, end);
      if (found === undefined) throw new Error('It has to be decoded');
      return withPlace(found);
    };

    test.each(SEEDS)('are those of its events, up to any end: seed %i', (seed) => {
      const random = seededRandom(seed);
      const content = inOrder(randomBlock(random));
      const body = codec.encode(content);
      for (const end of ends(content, random)) {
        expect(read(body, end), JSON.stringify(end)).toEqual(plainChanges(codec, body, end));
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
        codec.encode({ scale, previousSequence: 0, events: events as Diff[] });
      const gone = bodyOf(first, second, fourth);
      expect(outcomeOf(() => read(gone, ALL))).toBe('corrupt');
      expect(outcomeOf(() => read(gone, { sequence: 2 }))).toBe('corrupt');
      expect(read(gone, { sequence: 1 }).last?.lastSequence).toBe(1);
      expect(outcomeOf(() => read(bodyOf(first, first), ALL))).toBe('corrupt');
      expect(outcomeOf(() => read(bodyOf(second, third), ALL))).toBe('corrupt');
      expect(read(bodyOf(first, second, third), ALL).last?.lastSequence).toBe(3);
    });

    test('end in an error or a result for any damage, in version 2 in that of the plain way', () => {
      const random = seededRandom(7);
      const body = codec.encode(inOrder(randomBlock(random)));
      for (const { bytes, place } of flippedBits(body)) {
        expect(outcomeOf(() => read(bytes, ALL))).toBe('corrupt');
        const forged = withRightChecksum(bytes);
        const found = resultOf(() =>
          withPlace(changes(forged, ALL) ?? plainChanges(codec, forged, ALL)),
        );
        if (version === 2)
          expect(found, place).toEqual(resultOf(() => plainChanges(codec, forged, ALL)));
      }
    });
  },
);

test('a block with numbers of orders has to be decoded; text ids and a scale of trades are passed over', () => {
  let [counted, read] = [0, 0];
  for (const seed of SEEDS.slice(0, 50)) {
    const random = seededRandom(seed);
    const content = withNewFields(random, inOrder(randomBlock(random)));
    const body = block2.encode(content);
    const changes = block2Changes(body, ALL);
    const hasOrders = content.events.some((event) => 'bidOrders' in event || 'askOrders' in event);
    if (hasOrders) counted++;
    else read++;
    expect(changes && withPlace(changes)).toEqual(
      hasOrders ? undefined : plainChanges(block2, body, ALL),
    );
  }
  expect(Math.min(counted, read)).toBeGreaterThan(3);
});
