/**
 * Bodies in the tables. A large body is cut into parts: LMDB stores a value in one contiguous run
 * of pages, and a run of many megabytes is hard to find in a file that has been in use for months.
 * All parts are written in the transaction of their header, so they appear together. The first part
 * is stored under the record's key, each further one under that key and its number.
 */

import { MAX_PART_BYTES } from '../record.ts';
import type { RecordKey, Tables } from './tables.ts';

type Bodies = Tables['imageBodies'];

export function putBody(bodies: Bodies, key: RecordKey, body: Uint8Array): void {
  bodies.putSync(key, body.subarray(0, MAX_PART_BYTES));
  for (let part = 1; part * MAX_PART_BYTES < body.byteLength; part++) {
    const from = part * MAX_PART_BYTES;
    bodies.putSync([...key, part], body.subarray(from, from + MAX_PART_BYTES));
  }
}

/** @param bytes the length in the header. @returns undefined if a part is missing. */
export function getBody(bodies: Bodies, key: RecordKey, bytes: number): Uint8Array | undefined {
  const first = bodies.get(key);
  if (first === undefined || bytes <= MAX_PART_BYTES) return first;
  const parts = [first];
  for (let part = 1; part * MAX_PART_BYTES < bytes; part++) {
    const next = bodies.get([...key, part]);
    if (next === undefined) return undefined;
    parts.push(next);
  }
  return Buffer.concat(parts);
}

export function removeBody(bodies: Bodies, key: RecordKey, bytes: number): void {
  bodies.removeSync(key);
  for (let part = 1; part * MAX_PART_BYTES < bytes; part++) bodies.removeSync([...key, part]);
}
