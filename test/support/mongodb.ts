/**
 * A server that speaks MongoDB's protocol, for tests: the one at `MONGODB_TEST_URI`. Without it they
 * are skipped, with one line that says so.
 */

import { randomBytes } from 'node:crypto';
import { mongoLocation } from '../../logger/archive/mongodb/location.ts';
import type { MongoLocation } from '../../logger/archive/mongodb/location.ts';

export const mongoUri = process.env['MONGODB_TEST_URI'];

export const mongoSkipReason =
  'MONGODB_TEST_URI is not set: name a server (mongodb://127.0.0.1:27017), or run beside ../shared/mongodb-test-server/with';

/** A database of its own on the test server. */
export function freshDatabase(): MongoLocation {
  if (!mongoUri) throw new Error(mongoSkipReason);
  return mongoLocation(mongoUri, `orderbook_test_${randomBytes(6).toString('hex')}`);
}
