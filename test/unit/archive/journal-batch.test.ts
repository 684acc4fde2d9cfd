import { expect, test } from 'vitest';
import type { RecordDescription } from '../../../logger/archive/archive.ts';
import {
  ReadBatch,
  encodeBatch,
  entriesOf,
} from '../../../logger/archive/embedded/journal-batch.ts';
import type { JournalEntry } from '../../../logger/archive/embedded/journal-batch.ts';
import { flippedBits } from '../codec/damage.ts';

function header(fields: Partial<RecordDescription> = {}): RecordDescription {
  return {
    kind: 'block',
    security: 'binance:BTCUSDT',
    level: 'L2',
    feed: 'depth',
    proof: 'sequence',
    epoch: 3,
    fromUs: 1_700_000_000_000_000,
    toUs: 1_700_000_000_250_000,
    exchangeFromUs: 1_699_999_999_900_000,
    exchangeToUs: 1_700_000_000_200_000,
    previousSequence: 2 ** 53 - 3,
    firstSequence: 2 ** 53 - 2,
    lastSequence: 2 ** 53 - 1,
    diffs: 2,
    levelChanges: 70,
    trades: 1,
    levels: 0,
    reason: null,
    encoding: 'journal/1',
    writer: 'test 1',
    ...fields,
  };
}

const BODY = Buffer.from('events');
const part = (fields: Partial<RecordDescription>): JournalEntry['part'] & object => ({
  header: header(fields),
  body: BODY,
});

const ENTRIES: readonly JournalEntry[] = [
  { security: 'binance:BTCUSDT', epoch: 3, parts: 1, part: part({}) },
  { security: '币安:人生USDT', epoch: 1, parts: 0, aliveUntilUs: 1_700_000_000_000_000 },
  {
    security: 'coinbase:BTC-USD',
    epoch: 2,
    parts: 12,
    aliveUntilUs: 17,
    part: part({
      security: 'coinbase:BTC-USD',
      epoch: 2,
      level: 'L3',
      proof: 'connection',
      windowed: true,
      badReceiveTimes: [{ fromUs: 1, toUs: 2, cause: 'stall' }],
    }),
  },
  // Side events alone, stamped by a clock that is far behind.
  {
    security: 'binance:BTCUSDT',
    epoch: 3,
    parts: 2,
    part: part({ previousSequence: 5, firstSequence: 6, lastSequence: 5, exchangeToUs: 0 }),
  },
];

/** Every entry that the index finds, read back; both have to agree. */
function entriesIn(bytes: Uint8Array): JournalEntry[] {
  const batch = new ReadBatch(bytes);
  return [...entriesOf(bytes)].map((indexed) => {
    const entry = batch.entryAt(indexed.at)!;
    const { security, epoch, parts, part, aliveUntilUs } = entry;
    const partToUs = part?.header.toUs;
    expect(indexed).toEqual({ at: indexed.at, security, epoch, parts, partToUs, aliveUntilUs });
    return entry;
  });
}

const plain = (entries: readonly JournalEntry[]): unknown =>
  entries.map((entry) =>
    entry.part ? { ...entry, part: { ...entry.part, body: Buffer.from(entry.part.body) } } : entry,
  );

test('the entries of a batch are read back, all together or one by one', () => {
  const { bytes, at } = encodeBatch(ENTRIES);
  expect(plain(entriesIn(bytes))).toEqual(plain(ENTRIES));
  expect([...entriesOf(bytes)].map((placed) => placed.at)).toEqual(at);
  const one = at.flatMap((place) => new ReadBatch(bytes).entryAt(place) ?? []);
  expect(plain(one)).toEqual(plain(ENTRIES));
});

test('a flipped bit costs the entry that it is in, or those behind it, and changes none', () => {
  const { bytes, at } = encodeBatch(ENTRIES);
  const intact = plain(ENTRIES) as unknown[];
  for (const { bytes: damaged, place } of flippedBits(bytes)) {
    const left = plain(entriesIn(damaged)) as unknown[];
    for (const entry of left) expect(intact, place).toContainEqual(entry);
    expect(left.length, place).toBeLessThan(intact.length);
    for (const place of at) new ReadBatch(damaged).entryAt(place);
  }
});

test('a batch that is cut off has the entries before the cut', () => {
  const { bytes } = encodeBatch(ENTRIES);
  const intact = plain(ENTRIES) as unknown[];
  for (let length = 0; length < bytes.length; length++) {
    const left = plain(entriesIn(bytes.subarray(0, length))) as unknown[];
    expect(left).toEqual(intact.slice(0, left.length));
    expect(left.length).toBeLessThan(intact.length);
  }
});

test('zeros in place of a page cost what they cover, and are no error', () => {
  const { bytes, at } = encodeBatch(ENTRIES);
  const intact = plain(ENTRIES) as unknown[];
  for (const [i, place] of at.entries()) {
    const damaged = Uint8Array.from(bytes).fill(0, place);
    expect(plain(entriesIn(damaged))).toEqual(intact.slice(0, i));
    expect(new ReadBatch(damaged).entryAt(place)).toBeUndefined();
  }
});
