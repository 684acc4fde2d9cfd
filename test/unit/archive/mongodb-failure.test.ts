/** What people read when MongoDB fails, and which failures no waiting can mend. */

import {
  MongoClientClosedError,
  MongoInvalidArgumentError,
  MongoMissingDependencyError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../logger/errors.ts';
import { mongoFailure } from '../../../logger/archive/mongodb/failure.ts';
import { mongoLocation } from '../../../logger/archive/mongodb/location.ts';

const location = mongoLocation('mongodb://db.example:1/books');
const failureOf = (error: unknown) => mongoFailure(error, location);
const coded = (message: string, fields: object): Error => Object.assign(new Error(message), fields);
const named = (name: string): Error =>
  Object.defineProperty(new Error('x'), 'name', { value: name });

/** As the driver reports that it found no server, because of this. */
function notFound(error: Error | null): Error {
  const servers = new Map([['db.example:1', { error }]]);
  return new MongoServerSelectionError('Server selection timed out after 8000 ms', {
    servers,
  } as never);
}

describe('an error that no waiting mends', () => {
  const noFile = coded("ENOENT: no such file or directory, open '/x/ca.pem'", {
    code: 'ENOENT',
    syscall: 'open',
    path: '/x/ca.pem',
  });
  const untrusted = coded('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  test.each([
    [
      'a login',
      new MongoServerError({ message: 'Authentication failed.', code: 18 }),
      'rejects this user: Authentication failed: check user, password',
    ],
    [
      'a mechanism',
      new MongoServerError({ message: 'Mechanism X', code: 334 }),
      'rejects this user: Mechanism X: check',
    ],
    [
      'a right',
      new MongoServerError({ message: 'not authorized on books', code: 13 }),
      'rejects this user: not authorized on books',
    ],
    ['a file', noFile, 'the file "/x/ca.pem", which its address names, can\'t be read (ENOENT)'],
    [
      'a certificate',
      new MongoNetworkError('self-signed certificate', { cause: untrusted }),
      'a certificate was not accepted: self-signed certificate',
    ],
    [
      'a certificate, found late',
      notFound(new MongoNetworkError('x', { cause: untrusted })),
      'a certificate was not accepted: self-signed certificate',
    ],
    [
      'an option',
      new MongoInvalidArgumentError('No such thing'),
      "can't be used with this address: No such thing",
    ],
    [
      'a module',
      new MongoMissingDependencyError('No kerberos', { dependencyName: 'kerberos' } as never),
      "can't be used with this address: No kerberos",
    ],
  ])('%s', (_name, error, text) => {
    const failure = failureOf(error);
    expect(failure.message).toContain('MongoDB (db.example:1)');
    expect(failure.message).toContain(text);
    expect(failure).toMatchObject({ retryable: false, context: { isPermanent: true } });
  });

  test('a name that the server does not allow is a setting', () => {
    const failure = failureOf(new MongoServerError({ message: 'Invalid namespace', code: 73 }));
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure.message).toContain('rejects the database name "books"');
  });
});

describe('an error that may pass', () => {
  const refused = coded('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' });
  test.each([
    ['a closed client', new MongoTopologyClosedError(), 'the connection was lost'],
    ['a client that was replaced', new MongoClientClosedError(), 'the connection was lost'],
    [
      'a client without a connection',
      new MongoNotConnectedError('Client must be connected'),
      'the connection was lost',
    ],
    ['a cleared pool', named('MongoPoolClearedError'), 'the connection was lost'],
    [
      'a closed socket',
      new MongoNetworkError('connection 7 to 127.0.0.1:1 closed'),
      'the connection was lost',
    ],
    [
      'silence',
      new MongoNetworkTimeoutError('connection 7 to 127.0.0.1:1 timed out'),
      'it does not answer',
    ],
    ['a pool of silent connections', named('MongoWaitQueueTimeoutError'), 'it does not answer'],
    ['no server for long', notFound(null), 'it does not answer'],
    [
      'a closed port',
      notFound(new MongoNetworkError('connect ECONNREFUSED 127.0.0.1:1', { cause: refused })),
      'connect ECONNREFUSED 127.0.0.1:1',
    ],
    [
      'a server of its own opinion',
      new MongoServerError({ message: 'not primary', code: 10107 }),
      'not primary',
    ],
  ])('%s', (_name, error, text) => {
    const failure = failureOf(error);
    expect(failure.message).toBe(`MongoDB (db.example:1): ${text}`);
    expect(failure).toMatchObject({ retryable: true, context: { isPermanent: false } });
  });
});
