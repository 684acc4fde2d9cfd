import { InvalidArgumentError } from '../../../logger/errors.ts';
import { describe, expect, test } from 'vitest';
import { mongoLocation } from '../../../logger/archive/mongodb/location.ts';

describe('the address of a MongoDB archive', () => {
  test.each([
    ['db.example.org:27017', 'db.example.org:27017', 'orderbook&trades'],
    ['mongodb://user:word@one:1,two:2/books?w=1', 'one:1,two:2', 'books'],
    ['mongodb+srv://user@cluster.example.org', 'cluster.example.org', 'orderbook&trades'],
    ['mongodb://[::1]:27017/a%26b', '[::1]:27017', 'a&b'],
    ['mongodb://user:p%40%2F%3Fss@host:1/db', 'host:1', 'db'],
  ])('%s is shown as its hosts', (endpoint, shown, database) => {
    expect(mongoLocation(endpoint)).toMatchObject({ shown, database });
  });

  test.each([
    ['mongodb://host:1/a.b', undefined, 'the database name "a.b" contains "."'],
    ['mongodb://host:1/a%2Fb', undefined, 'the database name "a/b" contains "/"'],
    ['host:1', 'a\\b', 'contains "\\\\"'],
    ['host:1', 'a b', 'contains " "'],
    ['host:1', 'a"b', 'contains "\\""'],
    ['host:1', 'a$b', 'contains "$"'],
    ['host:1', 'ä'.repeat(32), 'must have 1 to 63 bytes'],
  ])('%s with the database %s is not valid', (endpoint, database, reason) => {
    expect(() => mongoLocation(endpoint, database)).toThrow(InvalidArgumentError);
    expect(() => mongoLocation(endpoint, database)).toThrow(reason);
  });

  test('a name of 63 bytes is valid', () => {
    expect(mongoLocation('host:1', 'x'.repeat(63)).database).toHaveLength(63);
  });

  test.each([
    'mongodb://user:s3cr@t-word@host:1/db',
    'mongodb://user:s3cr/t-word@host:1/db',
    'mongodb://user:s3cr?t-word@host:1/db',
    'mongodb://user:12/34-s3cr@host:1/db',
    'mongodb://host:1/?tlsCertificateKeyFilePassword=s3cr@t-word',
  ])('%s could show a part of a password, and nothing is shown', (endpoint) => {
    expect(mongoLocation(endpoint).shown).toMatch(/^\(not shown/);
  });
});
