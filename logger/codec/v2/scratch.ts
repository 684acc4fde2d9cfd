/**
 * The memory that a record is coded in. It is kept for the next record: making it takes as long as coding
 * the events of a quiet minute. It belongs to one coder at a time; one that fails does not give it back.
 */

import { FRESH } from './probability.ts';
import { RecentSizes } from './recent-sizes.ts';

const FIRST_CAPACITY = 512;
/** What has grown beyond this, for a large record, is not kept. */
const MAX_KEPT = 2 ** 16;
/** Decisions that an encoder codes at a time, and those that a call can add beyond. */
export const GATHERED = 4096;
const MOST_AT_ONCE = 64;

export class Scratch {
  readonly contexts: Int32Array;
  /** Of each decision the context and, in the lowest bit, what was decided. */
  readonly decisions = new Int32Array(GATHERED + MOST_AT_ONCE);
  /** What is in them does not matter. */
  coded = new Uint16Array(FIRST_CAPACITY);
  raw = new Uint8Array(FIRST_CAPACITY);
  readonly #lists: RecentSizes[] = [];
  #listsTaken = 0;

  constructor(contexts: number) {
    this.contexts = new Int32Array(contexts);
  }

  /** A list that is empty, and nobody else's. */
  recentSizes(): RecentSizes {
    const at = this.#listsTaken++;
    const list = (this.#lists[at] ??= new RecentSizes());
    list.clear();
    return list;
  }

  reset(): void {
    this.contexts.fill(FRESH);
    this.#listsTaken = 0;
  }
}

/** By the number of contexts. */
const spares = new Map<number, Scratch>();

export function takeScratch(contexts: number): Scratch {
  const scratch = spares.get(contexts) ?? new Scratch(contexts);
  spares.delete(contexts);
  scratch.reset();
  return scratch;
}

export function giveBack(scratch: Scratch): void {
  if (scratch.coded.length > MAX_KEPT) scratch.coded = new Uint16Array(FIRST_CAPACITY);
  if (scratch.raw.length > MAX_KEPT) scratch.raw = new Uint8Array(FIRST_CAPACITY);
  spares.set(scratch.contexts.length, scratch);
}
