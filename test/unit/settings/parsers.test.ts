import { describe, expect, test } from 'vitest';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import {
  boolean,
  choice,
  decimal,
  httpUrl,
  integer,
  sizeBytes,
  text,
  wsUrl,
} from '../../../logger/settings/parsers.ts';
import type { Parse } from '../../../logger/settings/setting.ts';

describe('values', () => {
  test.each<[string, Parse<unknown>, string, unknown]>([
    ['text', text, 'As It Is', 'As It Is'],
    ['boolean', boolean, 'TRUE', true],
    ['boolean', boolean, 'false', false],
    ['choice', choice({ low: 1, high: 2 }), 'High', 2],
    ['integer', integer(0, 65_535), '65535', 65_535],
    ['decimal', decimal(0.01, 10), '0.25', 0.25],
    ['wsUrl', wsUrl, 'wss://host:9443/', 'wss://host:9443'],
    ['httpUrl', httpUrl, 'http://127.0.0.1:1', 'http://127.0.0.1:1'],
    ['sizeBytes', sizeBytes('64MiB'), '20 gib', 20 * 2 ** 30],
  ])('%s: %#', (_name, parse, given, expected) => {
    expect(parse(given)).toBe(expected);
  });
});

describe('advice for what is not valid', () => {
  test.each<[Parse<unknown>, string, string]>([
    [boolean, 'yes', 'is not valid: use true or false'],
    [choice({ low: 1, high: 2 }), 'mid', 'is not valid: use one of low, high'],
    [integer(1, 9), '1e0', 'is not valid: use a whole number from 1 to 9'],
    [integer(1, 9), '10', 'is not valid: use a whole number from 1 to 9'],
    [decimal(1, 9), '.5', 'is not valid: use a number from 1 to 9'],
    [wsUrl, 'https://host', 'is not valid: use an address without a path, like wss://host:port'],
    [
      httpUrl,
      'http://host/a',
      'is not valid: use an address without a path, like https://host:port',
    ],
    [sizeBytes('64MiB'), '1MiB', 'is not valid: use a size from 64MiB, like 20GiB'],
    [sizeBytes('64MiB'), '9999999TiB', 'is not valid: use a size from 64MiB, like 20GiB'],
  ])('%#: %o', (parse, given, message) => {
    expect(() => parse(given)).toThrow(new InvalidArgumentError(message));
  });
});
