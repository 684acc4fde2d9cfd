/**
 * Bodies in the tables. A large one is cut into parts: LMDB stores a value in one run of pages, and
 * a run of many megabytes is hard to find in a file that has been in use for months. All parts of a
 * record are put in the transaction of its header, so they appear together. The first part stands
 * under the record's own key, the others under that key and their number.
 */

import type { RecordKey, Tables } from './embedded/tables.ts';

/** Also what a document of the other archive may hold, with room for its fields. */
export const MAX_PART_BYTES = 8 * 1024 * 1024;

type Bodies = Tables['imageBodies'];

export function putBody(bodies: Bodies, key: RecordKey, body: Uint8Array): void {
  bodies.putSync(key, body.subarray(0, MAX_PART_BYTES));
  for (let part = 1; part * MAX_PART_BYTES < body.byteLength; part++) {
    const from = part * MAX_PART_BYTES;
    bodies.putSync([...key, part], body.subarray(from, from + MAX_PART_BYTES));
  }
}

/** @returns undefined when a part is missing; `bytes` is what the header says. */
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

/** The reverse of `putBody`. */
export function removeBody(bodies: Bodies, key: RecordKey, bytes: number): void {
  bodies.removeSync(key);
  for (let part = 1; part * MAX_PART_BYTES < bytes; part++) bodies.removeSync([...key, part]);
}
