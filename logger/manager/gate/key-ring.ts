/** The accepted keys, as digests: of equal length, and not the keys themselves. */

import { createHash, timingSafeEqual } from 'node:crypto';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export class KeyRing {
  #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  /** From now on only these are accepted. Calls that are already running continue. */
  replace(keys: readonly string[]): void {
    this.#digests = keys.map(digest);
  }

  /** Constant time: the same for every key, right or wrong, wherever it is in the list. */
  has(key: string): boolean {
    const given = digest(key);
    return this.#digests.filter((accepted) => timingSafeEqual(given, accepted)).length > 0;
  }
}
