/**
 * The checksums that matched, each with how far it reached. One that does not match proves that a row inside
 * its reach is wrong, since after the last one that matched and reached at least as far. What lies behind
 * the reach of all is not checked.
 */

import { compareRows } from './window.ts';
import type { Reach, WindowRow } from './window.ts';

export interface Match {
  /** Of the last book message before it. */
  readonly sequence: number;
  readonly receiveTimeUs: number;
  readonly reach: Reach;
}

/** Beyond it the oldest go: what they reached then counts as never checked. */
const MAX_MATCHES = 256;

export class Matches {
  /** Later ones reach less far on some side. */
  #matches: Match[] = [];

  add(match: Match): void {
    while (this.#matches.length > 0 && covers(match.reach, this.#matches.at(-1)?.reach)) {
      this.#matches.pop();
    }
    this.#matches.push(match);
    if (this.#matches.length > MAX_MATCHES) this.#matches.shift();
  }

  /** The last one that reached so far; null: none did. */
  lastCovering(reach: Reach): Match | null {
    return this.#matches.findLast((match) => covers(match.reach, reach)) ?? null;
  }

  /** Prices have another scale from here on. */
  clear(): void {
    this.#matches = [];
  }
}

function covers(one: Reach, other: Reach | undefined): boolean {
  return other !== undefined && isAsFar(one.bid, other.bid) && isAsFar(one.ask, other.ask);
}

function isAsFar(one: WindowRow | null, other: WindowRow | null): boolean {
  if (one === null) return true;
  return other !== null && compareRows(one, other) >= 0;
}
