import { describe, expect, test } from 'vitest';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import {
  validBookQuery,
  validCoverageQuery,
  validExportQuery,
  validRangeQuery,
  validSnapshotsQuery,
} from '../../../logger/queries/validate.ts';

const security = 'binance:BTCUSDT';

function messageOf(validate: () => unknown): string {
  try {
    validate();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidArgumentError);
    return (error as Error).message;
  }
  return 'accepted';
}

describe('a book query', () => {
  test('without a position asks for the latest book', () => {
    expect(validBookQuery({ security: 'BINANCE:BTCUSDT' })).toEqual({ security });
  });

  test('takes a time on either clock', () => {
    const at = '1723161254206ms';
    const us = 1_723_161_254_206_000;
    expect(validBookQuery({ security, at }).position).toEqual({ clock: 'receive', us });
    const onExchange = validBookQuery({ security, at, clock: 'exchange', depth: 1, level: 'L2' });
    expect(onExchange).toEqual({
      security,
      position: { clock: 'exchange', us },
      depth: 1,
      level: 'L2',
    });
  });

  test.each([0, 7, '7', Number.MAX_SAFE_INTEGER])('takes the sequence %j', (sequence) => {
    const { position } = validBookQuery({ security, sequence });
    expect(position).toEqual({ sequence: Number(sequence) });
  });

  test.each<[object, RegExp]>([
    [{ security: undefined }, /^security: undefined is not like binance:BTCUSDT/],
    [{ security: 'BTCUSDT' }, /^security: "BTCUSDT" is not of the form exchange:symbol/],
    [{ at: 'yesterday' }, /^at: not a time/],
    [{ at: 7 }, /^at: 7 is not a time/],
    [{ at: '1ms', sequence: 1 }, /^at: contradicts sequence/],
    [{ sequence: -1 }, /^sequence: -1 is not a sequence/],
    [{ sequence: 1.5 }, /^sequence: 1.5 is not a sequence/],
    [{ sequence: null }, /^sequence: null is not a sequence/],
    [{ sequence: '9007199254740992' }, /^sequence: .* below 2\^53/],
    [{ clock: 'wall' }, /^clock: "wall" is not receive or exchange/],
    [{ clock: 7 }, /^clock: 7 is not receive or exchange/],
    [{ depth: 0 }, /^depth: 0 is not a whole number from 1 to 10000000/],
    [{ depth: 10_000_001 }, /^depth: 10000001 is not/],
    [{ depth: '5' }, /^depth: "5" is not/],
    [{ level: 'L3' }, /^level: "L3" is not L2/],
  ])('%j is rejected', (given, message) => {
    expect(messageOf(() => validBookQuery({ security, ...given }))).toMatch(message);
  });

  test('a prefix stands before every field but the security', () => {
    const at = { security, at: '1ms', sequence: 1 };
    expect(messageOf(() => validBookQuery(at, '--'))).toMatch(/^--at: contradicts --sequence/);
    expect(messageOf(() => validBookQuery({ security, depth: 0 }, '--'))).toMatch(/^--depth: /);
    expect(messageOf(() => validBookQuery({ security: '' }, '--'))).toMatch(/^security: /);
  });
});

describe('a range', () => {
  test('may be open at both ends, and empty', () => {
    expect(validCoverageQuery({ security })).toEqual({ security });
    const both = validRangeQuery({ security, from: '5us', to: '5us', clock: 'exchange' });
    expect(both).toEqual({ security, fromUs: 5, toUs: 5, clock: 'exchange' });
  });

  test('does not begin after its end', () => {
    const given = { security, from: '2ms', to: '1ms' };
    expect(messageOf(() => validCoverageQuery(given))).toBe('from: is after to');
    expect(messageOf(() => validRangeQuery(given, '--'))).toBe('--from: is after --to');
  });
});

describe('snapshots', () => {
  test('take a cadence from 1us to 24h', () => {
    expect(validSnapshotsQuery({ security, every: '1us' }).everyUs).toBe(1);
    expect(validSnapshotsQuery({ security, every: '24h' }).everyUs).toBe(86_400_000_000);
    for (const every of ['0s', '25h']) {
      expect(messageOf(() => validSnapshotsQuery({ security, every }))).toMatch(
        /^every: has to be from 1us to 24h/,
      );
    }
    expect(messageOf(() => validSnapshotsQuery({ security, every: 100 }))).toMatch(
      /^every: 100 is not a duration/,
    );
  });
});

describe('an export', () => {
  test('is JSON lines unless set otherwise', () => {
    const query = validExportQuery({ security, type: 'trades' });
    expect(query).toMatchObject({ security, type: 'trades', format: 'jsonl' });
  });

  test.each<[object, RegExp]>([
    [{}, /^type: is missing; give trades, quotes, incremental, snapshots, orders or candles/],
    [{ type: 'bars' }, /^type: "bars" is not trades, /],
    [{ type: 'candles' }, /^timeframe: is missing; give 1m, 5m, .* or 1M/],
    [{ type: 'candles', timeframe: '1w' }, /^timeframe: "1w" is not 1m, 5m, .* or 1M/],
    [{ type: 'candles', timeframe: '1m', every: '1s' }, /^every: is for the type snapshots/],
    [{ type: 'candles', timeframe: '1m', clock: 'receive' }, /^clock: candles are in the exchange/],
    [
      { type: 'candles', timeframe: '1m', format: 'tardis-csv' },
      /^format: .* no columns for candles/,
    ],
    [{ type: 'trades', timeframe: '1m' }, /^timeframe: is for the type candles, not for trades/],
    [{ type: 'trades', format: 'parquet' }, /^format: "parquet" is not jsonl, csv or tardis-csv/],
    [{ type: 'trades', every: '1s' }, /^every: is for the type snapshots, not for trades/],
    [{ type: 'quotes', depth: 5 }, /^depth: is for the type snapshots/],
    [{ type: 'orders', level: 'L2' }, /^level: is for the type snapshots/],
    [{ type: 'orders', format: 'tardis-csv' }, /^format: tardis-csv has no columns for orders/],
    [{ type: 'snapshots', format: 'tardis-csv', depth: 7 }, /^depth: .* 7 is neither/],
  ])('%j is rejected', (given, message) => {
    expect(messageOf(() => validExportQuery({ security, ...given }))).toMatch(message);
  });
});
