/** The MongoDB server of the tests: `MONGODB_TEST_URI`, from outside or from `mongodb-setup.ts`. */

import { randomBytes } from 'node:crypto';
import { mongoLocation } from '../../logger/archive/mongodb/location.ts';
import type { MongoLocation } from '../../logger/archive/mongodb/location.ts';

export const mongoUri = process.env['MONGODB_TEST_URI'];

/** A fresh database on the test server. */
export function freshDatabase(): MongoLocation {
  if (!mongoUri) throw new Error('No MongoDB server: this test should have been skipped');
  return mongoLocation(mongoUri, `orderbook_test_${randomBytes(6).toString('hex')}`);
}

/** The URI with the database name in its path, as `--archive` takes it. */
export function uriOf({ uri, database }: MongoLocation): string {
  const url = new URL(uri);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}
