/**
 * Blocks with a valid checksum that no encoder wrote: each breaks one rule of the format that
 * no other check would catch.
 */

import { describe, expect, test } from 'vitest';

import { block1 } from '../../../logger/codec/v1/block.ts';
import { BLOCK_COLUMNS, COLUMN } from '../../../logger/codec/v1/block-columns.ts';
import { ByteWriter } from '../../../logger/codec/v1/bytes.ts';
import { ColumnsWriter } from '../../../logger/codec/v1/columns.ts';
import * as model from '../../../logger/codec/v1/level-model.ts';
import { RECENT_SIZES } from '../../../logger/codec/v1/recent-sizes.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';

interface Header {
  diffs?: number;
  trades?: number;
  priceStep?: number;
  sizeStep?: number;
  timeUnitUs?: number;
}

function forge(header: Header, write: (out: ColumnsWriter) => void): Uint8Array {
  const out = new ColumnsWriter(BLOCK_COLUMNS);
  write(out);
  const bytes = new ByteWriter();
  bytes.uint(2);
  bytes.uint(5);
  bytes.safeInteger(10);
  for (const value of [
    header.diffs ?? 1,
    header.trades ?? 0,
    header.priceStep ?? 1,
    header.sizeStep ?? 1,
    header.timeUnitUs ?? 1,
    0,
  ]) {
    bytes.uint(value);
  }
  return out.finish(1, bytes.bytes());
}

function diffHead(out: ColumnsWriter, bidCount: number, askCount = 0): void {
  out.unsigned(COLUMN.tradesBefore, 0);
  out.near(COLUMN.diffTime, 1000, 0);
  out.near(COLUMN.diffLatency, 1000, 1000);
  out.unsigned(COLUMN.bidCount, bidCount);
  out.unsigned(COLUMN.askCount, askCount);
  out.near(COLUMN.firstSequence, 11, 11);
  out.near(COLUMN.sequenceSpan, 11, 11);
}

function tradeHead(out: ColumnsWriter): void {
  for (const column of [COLUMN.tradeTime, COLUMN.tradeDelay, COLUMN.tradeArrival] as const) {
    out.near(column, 0, 0);
  }
  out.near(COLUMN.tradeId, 1, 1);
  out.near(COLUMN.tradeSequence, 1, 1);
  out.token(COLUMN.tradePrice, 2);
}

/** Sets the first level of a side, at `key`. */
function firstLevel(out: ColumnsWriter, key: number): void {
  out.token(COLUMN.atSideStart, model.OUT_OF_ORDER);
  out.token(COLUMN.outOfOrder, model.ON_GRID_SET);
  out.near(COLUMN.outOfOrderPrice, key, 0);
}

function operation(out: ColumnsWriter, column: number, code: number, skip = 0): void {
  out.token(column, code + model.OPERATIONS * skip);
}

const lots = (out: ColumnsWriter, count: number): void =>
  out.token(COLUMN.insertSize, RECENT_SIZES + count);

describe('a forged block', () => {
  test('that breaks no rule decodes: the forger works', () => {
    const body = forge({}, (out) => {
      diffHead(out, 0, 2);
      firstLevel(out, 100);
      operation(out, COLUMN.afterInsert, model.INSERT);
      out.unsigned(COLUMN.openOffset, 4);
      lots(out, 5);
      lots(out, 6);
    });
    expect(block1.decode(body).events).toMatchObject([{ asks: [100, 5, 105, 6] }]);
  });

  test.each<[string, Header, (out: ColumnsWriter) => void]>([
    [
      'puts a new level beyond its neighbour',
      { diffs: 2 },
      (out) => {
        diffHead(out, 0, 2);
        firstLevel(out, 100);
        operation(out, COLUMN.afterInsert, model.INSERT);
        out.unsigned(COLUMN.openOffset, 4);
        lots(out, 5);
        lots(out, 6);
        diffHead(out, 0, 1);
        operation(out, COLUMN.atSideStart, model.INSERT, 1);
        out.unsigned(COLUMN.offsetIn8, 5);
        lots(out, 7);
      },
    ],
    [
      'deletes a level that the book does not have',
      {},
      (out) => {
        diffHead(out, 1);
        operation(out, COLUMN.atSideStart, model.DELETE);
      },
    ],
    [
      'skips more levels than there are',
      {},
      (out) => {
        diffHead(out, 0, 1);
        operation(out, COLUMN.atSideStart, model.INSERT, 1);
        out.unsigned(COLUMN.betterOffset, 1);
        lots(out, 5);
      },
    ],
    [
      'inserts where nothing bounds the price',
      {},
      (out) => {
        diffHead(out, 0, 1);
        operation(out, COLUMN.atSideStart, model.INSERT);
        out.unsigned(COLUMN.betterOffset, 1);
        lots(out, 5);
      },
    ],
    [
      'sets a level to no size',
      {},
      (out) => {
        diffHead(out, 1);
        firstLevel(out, 100);
        lots(out, 0);
      },
    ],
    [
      'takes more from a level than it holds',
      { diffs: 2 },
      (out) => {
        diffHead(out, 1);
        firstLevel(out, 100);
        lots(out, 5);
        diffHead(out, 1);
        operation(out, COLUMN.atSideStart, model.UPDATE);
        out.token(COLUMN.updateKind, model.LESS);
        out.unsigned(COLUMN.updateLots, 6);
      },
    ],
    [
      'updates a size in a way that does not exist',
      { diffs: 2 },
      (out) => {
        diffHead(out, 1);
        firstLevel(out, 100);
        lots(out, 5);
        diffHead(out, 1);
        operation(out, COLUMN.atSideStart, model.UPDATE);
        out.token(COLUMN.updateKind, model.ESCAPED + 1);
      },
    ],
    [
      'has a price beyond 2^53 on its grid',
      { priceStep: 2 ** 50 },
      (out) => {
        diffHead(out, 1);
        firstLevel(out, 100);
        lots(out, 5);
      },
    ],
    [
      'has a size beyond 2^53 on its grid',
      { sizeStep: 2 ** 52 },
      (out) => {
        diffHead(out, 1);
        firstLevel(out, 100);
        lots(out, 5);
      },
    ],
    ['has a grid step of zero', { diffs: 0, priceStep: 0 }, () => undefined],
    ['has a time unit of zero', { diffs: 0, timeUnitUs: 0 }, () => undefined],
    ['has a time beyond 2^53', { timeUnitUs: 2 ** 52 }, (out) => diffHead(out, 0)],
    ['declares more diffs than it holds', { diffs: 2 }, (out) => diffHead(out, 0)],
    ['declares an absurd number of diffs', { diffs: 2 ** 52 }, (out) => diffHead(out, 0)],
    ['declares fewer diffs than it holds', { diffs: 0 }, (out) => diffHead(out, 0)],
    ['holds an absurd number of levels', {}, (out) => diffHead(out, 2 ** 50)],
    ['declares missing trades', { trades: 1 }, (out) => diffHead(out, 0)],
    [
      'has more trades before a diff than in all',
      { trades: 0 },
      (out) => {
        out.unsigned(COLUMN.tradesBefore, 1);
        out.near(COLUMN.diffTime, 1, 1);
        tradeHead(out);
        out.token(COLUMN.tradeSize, RECENT_SIZES + 1);
      },
    ],
    [
      'holds a trade after the last one',
      { diffs: 0, trades: 1 },
      (out) => {
        for (let trade = 0; trade < 2; trade++) {
          tradeHead(out);
          out.token(COLUMN.tradeSize, RECENT_SIZES + 1);
        }
      },
    ],
    [
      'names a recent size that never was',
      { diffs: 0, trades: 1 },
      (out) => {
        tradeHead(out);
        out.token(COLUMN.tradeSize, 3);
      },
    ],
    ['has trailing bits', { diffs: 0 }, (out) => out.mantissa(1_000_000)],
    ['has a trailing escape', { diffs: 0 }, (out) => out.scaledEscape(3)],
  ])('that %s is rejected', (_, header, write) => {
    expect(() => block1.decode(forge(header, write))).toThrow(RecordCorruptError);
  });
});
