import { describe, expect, test } from 'vitest';

import { ByteWriter } from '../../../logger/codec/v1/bytes.ts';
import { ColumnsWriter } from '../../../logger/codec/v1/columns.ts';
import { ORDER_COLUMN as COLUMN, ORDER_COLUMNS } from '../../../logger/codec/v1/order-columns.ts';
import { orders1 } from '../../../logger/codec/v1/orders.ts';
import { RecordCorruptError } from '../../../logger/errors.ts';

describe('a forged block of orders', () => {
  function forge(write: (out: ColumnsWriter) => void, count = 1): Uint8Array {
    const out = new ColumnsWriter(ORDER_COLUMNS);
    write(out);
    const header = new ByteWriter();
    for (const value of [2, 8]) header.uint(value);
    header.safeInteger(10);
    for (const value of [count, 1, 1, 0]) header.uint(value);
    return out.finish(1, header.bytes());
  }
  const heads = (out: ColumnsWriter): void => {
    out.near(COLUMN.exchangeTime, 5, 0);
    out.near(COLUMN.receiveTime, 5, 5);
    out.near(COLUMN.sequence, 11, 11);
  };
  const shape = (out: ColumnsWriter, value: number): void => {
    out.token(COLUMN.shapeFirst, 255);
    out.unsigned(COLUMN.newShape, value);
  };

  test.each<[string, (out: ColumnsWriter) => void]>([
    ['refers to an order when none is live', (out) => (shape(out, 1), heads(out))],
    ['has a shape that no event has', (out) => (shape(out, 6 * 3 ** 30), heads(out))],
    ['uses an unknown shape', (out) => (out.token(COLUMN.shapeFirst, 3), heads(out))],
    ['holds more than it declares', (out) => (shape(out, 1 + 6 * 2), heads(out), heads(out))],
  ])('that %s is rejected', (_what, write) => {
    expect(() => orders1.decode(forge(write))).toThrow(RecordCorruptError);
  });

  test('that declares more events than it has bytes for is rejected', () => {
    expect(() => orders1.decode(forge(() => undefined, 1_000_000_000))).toThrow(RecordCorruptError);
  });
});
