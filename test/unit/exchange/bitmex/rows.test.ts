/** The rows of a table: what contradicts them shows that a message is missing. */

import { describe, expect, test } from 'vitest';
import { TableRows } from '../../../../logger/exchange/bitmex/rows.ts';
import type { Row, TableAction } from '../../../../logger/exchange/bitmex/rows.ts';
import { JsonNumber } from '../../../../logger/exchange/wire/exact-json.ts';

const row = (text: string): Row => {
  const [side = '', id = '', price = '', size = ''] = text.split(' ');
  return {
    side: side as Row['side'],
    id,
    price: price === '-' ? null : price,
    size: size === '' ? null : new JsonNumber(size),
  };
};

function tableOf(...rows: readonly string[]): TableRows {
  const table = new TableRows();
  table.take(table.changesOf('partial', rows.map(row)));
  return table;
}

const changes = (table: TableRows, action: TableAction, ...rows: readonly string[]): string[] =>
  table
    .changesOf(action, rows.map(row))
    .map(({ side, price, size }) => `${side} ${price} ${size?.text ?? 'gone'}`);

describe('rows that follow', () => {
  const table = tableOf('Buy 1 100.50 7', 'Sell 1 101 8');

  test.each([
    ['insert', 'Buy 2 99.0 5', 'Buy 99 5'],
    ['insert', 'Buy 3 101 5', 'Buy 101 5'],
    ['update', 'Buy 1 100.5 9', 'Buy 100.5 9'],
    ['update', 'Buy 1 - 9', 'Buy 100.5 9'],
    ['update', 'Sell 1 - 9', 'Sell 101 9'],
    ['delete', 'Buy 1 -', 'Buy 100.5 gone'],
    ['delete', 'Sell 1 101.0', 'Sell 101 gone'],
  ] as const)('%s of %s', (action, given, expected) => {
    expect(changes(table, action, given)).toEqual([expected]);
  });
});

describe('rows that contradict what came before', () => {
  const table = tableOf('Buy 1 100.5 7', 'Sell 2 101 8');

  test.each([
    ['an update of an unknown id', 'update', ['Buy 9 100.5 1']],
    ['an update of an id of the other side', 'update', ['Sell 1 100.5 1']],
    ['an update at another price', 'update', ['Buy 1 100 1']],
    ['a delete of an unknown id', 'delete', ['Sell 9 101']],
    ['a delete at another price', 'delete', ['Sell 2 102']],
    ['an insert of a known id', 'insert', ['Buy 1 90 1']],
    ['an insert at a price that has a row', 'insert', ['Buy 3 100.50 1']],
    ['an insert of an id twice', 'insert', ['Buy 3 90 1', 'Buy 3 91 1']],
    ['an insert at a price twice', 'insert', ['Buy 3 90 1', 'Buy 4 90.0 1']],
  ] as const)('%s', (_what, action, rows) => {
    expect(() => table.changesOf(action, rows.map(row))).toThrow(
      expect.objectContaining({ context: { kind: 'row' } }),
    );
  });

  test('a partial that contradicts itself', () => {
    expect(() => tableOf('Buy 1 100 1', 'Buy 1 99 1')).toThrow(
      expect.objectContaining({ context: { kind: 'snapshot' } }),
    );
  });
});

test('an id and a price that were given up are free for another row', () => {
  const table = tableOf('Buy 1 100 7');
  table.take(table.changesOf('delete', [row('Buy 1 -')]));
  expect(() => changes(table, 'update', 'Buy 1 - 3')).toThrow(/not there/);
  table.take(table.changesOf('insert', [row('Buy 1 90 3'), row('Buy 2 100 4')]));
  expect(changes(table, 'update', 'Buy 1 - 5')).toEqual(['Buy 90 5']);
});

test('what is found is not taken over until it is said so', () => {
  const table = tableOf('Buy 1 100 7');
  table.changesOf('delete', [row('Buy 1 -')]);
  expect(changes(table, 'update', 'Buy 1 - 5')).toEqual(['Buy 100 5']);
});
