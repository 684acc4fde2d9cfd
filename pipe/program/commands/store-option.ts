/** The store of commands that ask no logger. */

import { text } from '../../../manager-cli/arguments.ts';
import { valued } from '../../../manager-cli/command.ts';
import { DEFAULT_STORE, openRecordStore } from '../../records/open-store.ts';
import type { StoreAccess } from '../../records/lmdb-store.ts';
import type { RecordStore } from '../../records/records.ts';
import type { PipeSession } from '../command.ts';

export const STORE_OPTION = {
  store: {
    ...valued('Where the records of the strategies are kept'),
    defaultDescription: DEFAULT_STORE,
  },
};

/** @throws as `openRecordStore` */
export async function withStore<T>(
  { args, clock }: PipeSession,
  access: StoreAccess,
  use: (store: RecordStore) => Promise<T>,
): Promise<T> {
  const store = await openRecordStore(text(args, 'store') ?? DEFAULT_STORE, access, clock);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
