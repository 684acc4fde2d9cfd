/** A long read shares one thread with the recording, which must not notice it. */

import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets everything that waits (frames, timers, other calls) have its turn. To be awaited between two
 * pieces of work of a few milliseconds: a promise alone gives way to nothing but promises.
 */
export async function yieldToEventLoop(): Promise<void> {
  await nextTurn();
}
