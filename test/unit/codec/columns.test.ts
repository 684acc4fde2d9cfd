import { describe, expect, test } from 'vitest';

import {
  ColumnsReader,
  ColumnsWriter,
  MAX_COLUMN_BYTES,
} from '../../../logger/codec/v1/columns.ts';
import { ByteReader, ByteWriter } from '../../../logger/codec/v1/bytes.ts';
import { Grid, GridSample } from '../../../logger/codec/v1/grid.ts';
import { RankedSide } from '../../../logger/codec/v1/ranked-side.ts';
import { RECENT_SIZES, RecentSizes } from '../../../logger/codec/v1/recent-sizes.ts';
import { zstdCompress, zstdDecompress } from '../../../logger/codec/v1/zstd.ts';
import { InvariantError, LimitExceededError, RecordCorruptError } from '../../../logger/errors.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { withRightChecksum } from './damage.ts';
import { anyInteger, anyScaled } from './random-records.ts';

const random = seededRandom();
const NO_HEADER = new Uint8Array(0);

function around(values: readonly number[]): number[] {
  return values.flatMap((value) => [value - 1, value, value + 1]).filter((value) => value >= 0);
}

describe('numbers in columns', () => {
  test('of every magnitude round-trip', () => {
    const powers = Array.from({ length: 51 }, (_, bits) => 2 ** bits);
    const values = around([...powers, ...powers.map((power) => power * 1.5)]);
    const whole = values.filter((value) => Number.isInteger(value));
    const writer = new ColumnsWriter(1);
    for (const value of whole) writer.unsigned(0, value);
    const reader = new ColumnsReader(1, 1, writer.finish(1, NO_HEADER));
    for (const value of whole) expect(reader.unsigned(0)).toBe(value);
    reader.end();
  });

  test(`round-trip however far from their prediction (SEED=${random.seed})`, () => {
    const pairs = Array.from({ length: 5000 }, () => [anyInteger(random), anyInteger(random)]);
    const writer = new ColumnsWriter(1);
    for (const [value = 0, predicted = 0] of pairs) writer.near(0, value, predicted);
    const reader = new ColumnsReader(1, 1, writer.finish(1, NO_HEADER));
    for (const [value = 0, predicted = 0] of pairs) expect(reader.near(0, predicted)).toBe(value);
    reader.end();
  });

  test('are rejected unless they are safe integers', () => {
    for (const value of [Number.NaN, 0.5, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(() => new ColumnsWriter(1).near(0, value, 2 ** 52)).toThrow(InvariantError);
      expect(() => new ColumnsWriter(1).scaledEscape(value)).toThrow(InvariantError);
    }
  });

  test('left unread count as damage', () => {
    const writer = new ColumnsWriter(2);
    writer.unsigned(1, 3);
    const reader = new ColumnsReader(1, 2, writer.finish(1, NO_HEADER));
    expect(() => reader.end()).toThrow(RecordCorruptError);
  });

  test('past the limit are neither written nor accepted', () => {
    const writer = new ColumnsWriter(1);
    const mebibyte = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 32; i++) writer.columns[0]?.append(mebibyte);
    expect(writer.finish(1, NO_HEADER).length).toBeLessThan(10_000);
    writer.token(0, 0);
    expect(() => writer.finish(1, NO_HEADER)).toThrow(LimitExceededError);

    const forged = new ByteWriter();
    forged.byte(1);
    forged.uint(0);
    forged.uint(0);
    forged.uint(MAX_COLUMN_BYTES + 1);
    forged.append(new Uint8Array(40));
    expect(() => new ColumnsReader(1, 1, withRightChecksum(forged.bytes()))).toThrow(
      RecordCorruptError,
    );
  });
});

describe('zstd', () => {
  test('never yields more or less than declared', () => {
    const stored = zstdCompress(new Uint8Array(1_000_000));
    const zeros = new Uint8Array(1_000_000);
    expect(Buffer.compare(zstdDecompress(stored, zeros.length), zeros)).toBe(0);
    for (const length of [0, 10, 999_999, 1_000_001]) {
      expect(() => zstdDecompress(stored, length)).toThrow(RecordCorruptError);
    }
  });
});

describe('bytes', () => {
  test(`scaled integers of any size round-trip (SEED=${random.seed})`, () => {
    const values = Array.from({ length: 1000 }, () => anyScaled(random));
    const writer = new ByteWriter();
    for (const value of values) writer.scaled(value);
    const reader = new ByteReader(writer.bytes());
    for (const value of values) expect(reader.scaled()).toBe(value);
    reader.end();
  });

  test('an unsigned integer has one encoding and a maximum length', () => {
    const read = (...bytes: number[]): number => new ByteReader(Uint8Array.from(bytes)).uint();
    expect(read(0x80, 0x01)).toBe(128);
    for (const bytes of [[0x80, 0x00], [0x80], Array.from({ length: 12 }, () => 0xff)]) {
      expect(() => read(...bytes)).toThrow(RecordCorruptError);
    }
  });
});

describe('a grid', () => {
  function gridOf(values: readonly (number | bigint)[]): Grid {
    const sample = new GridSample(values.length);
    for (const value of values) sample.add(value);
    return sample.grid();
  }

  test.each([
    [1_000_000, [61_737_000_000, 61_838_000_000, 3_000_000, 0]],
    [50, [100, 150, 250, 2n ** 60n]],
    [20, [20, 40, 60, 140]],
    [1, [3, 7]],
    [1, []],
  ])('has step %d', (step, values) => expect(gridOf(values).step).toBe(step));

  test('tolerates a few values off it', () => {
    const values = Array.from({ length: 1000 }, (_, index) => (index + 1) * 1000);
    expect(gridOf([...values, 1, 2, 3]).step).toBe(1000);
  });

  test('has no index for values off it', () => {
    const grid = new Grid(10);
    expect(grid.index(70)).toBe(7);
    expect(grid.index(71)).toBeNaN();
    expect(grid.index(70n)).toBeNaN();
    expect(grid.index(Number.MAX_SAFE_INTEGER - 1)).toBeNaN();
    expect(new Grid(1).index(2 ** 52)).toBeNaN();
  });
});

describe('the shared state of encoder and decoder equals a naive model', () => {
  test(`the ranked side of a book (SEED=${random.seed})`, () => {
    const side = new RankedSide();
    let model: { key: number; size: number }[] = [];
    for (let step = 0; step < 6000; step++) {
      const key = random.integer(-700, 700);
      const rank = side.rankOf(key);
      expect(rank).toBe(model.filter((level) => level.key < key).length);
      const isKnown = rank < side.count && side.key(rank) === key;
      expect(isKnown).toBe(model.some((level) => level.key === key));
      if (isKnown) {
        const slot = side.slot(rank);
        expect(side.sizeAt(slot)).toBe(model.find((level) => level.key === key)?.size);
        side.remove(rank);
        model = model.filter((level) => level.key !== key);
      } else {
        side.setSizeAt(side.insert(rank, key), step);
        model.push({ key, size: step });
      }
      expect(side.count).toBe(model.length);
    }
  });

  test(`the recent sizes (SEED=${random.seed})`, () => {
    const recent = new RecentSizes();
    let model: number[] = [];
    for (let step = 0; step < 30_000; step++) {
      const size = random.pick([1, 4096, 7]) * random.integer(0, 60) + random.integer(0, 1);
      const index = model.indexOf(size);
      expect(recent.find(size)).toBe(index);
      if (index >= 0 && random.chance(0.5)) expect(recent.use(index)).toBe(size);
      else recent.add(size);
      model = [size, ...model.filter((other) => other !== size)].slice(0, RECENT_SIZES);
    }
  });

  test('an unknown recent size counts as damage', () => {
    expect(() => new RecentSizes().use(0)).toThrow(RecordCorruptError);
    expect(() => new RecentSizes().use(RECENT_SIZES)).toThrow(RecordCorruptError);
  });
});
