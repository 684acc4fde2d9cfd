/** Opens a record store by its location: a directory. */

import { openLmdbStore } from './lmdb-store.ts';
import type { StoreAccess } from './lmdb-store.ts';
import type { RecordStore } from './records.ts';

/** Where records are kept, unless a user says otherwise. */
export const DEFAULT_STORE = './pipe-records';

/** @throws as `openLmdbStore` */
export function openRecordStore(location: string, access: StoreAccess): Promise<RecordStore> {
  return openLmdbStore(location, access);
}
