import type { Database, Key } from 'lmdb';

/** What is used of lmdb's tables. */
export interface Table<K extends Key> extends Pick<
  Database<Uint8Array, K>,
  'doesExist' | 'getKeys' | 'getKeysCount' | 'getRange'
> {
  get(key: K): Uint8Array | undefined;
  putSync(key: K, value: Uint8Array): void;
  removeSync(key: K): void;
}
