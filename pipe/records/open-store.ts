/** Opens a record store by its location: a directory, or MongoDB. */

import { isMongoUri } from '../../logger/archive/mongodb/location.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import { openLmdbStore } from './lmdb-store.ts';
import type { StoreAccess } from './lmdb-store.ts';
import type { RecordStore } from './records.ts';

/** Where records are kept, unless a user says otherwise. */
export const DEFAULT_STORE = './pipe-records';

/** @throws as `openLmdbStore` and `openMongoStore` */
export async function openRecordStore(
  location: string,
  access: StoreAccess,
  clock: Clock,
): Promise<RecordStore> {
  if (!isMongoUri(location)) return openLmdbStore(location, access);
  // Loaded only where it is used: it takes a while.
  const { openMongoStore } = await import('./mongodb-store.ts');
  return openMongoStore(location, access, clock);
}
