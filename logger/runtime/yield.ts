/** Sharing one thread: long work must not delay the recording beside it. */

import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets frames, timers and other calls that wait have their turn. Await it between two pieces of work
 * of a few milliseconds; awaiting a plain promise lets only other promises run. A port: a simulation
 * hands in one that waits for nothing, or for its own scheduler.
 */
export type YieldToEventLoop = () => Promise<void>;

/** The machine's own event loop. */
export const yieldToEventLoop: YieldToEventLoop = () => nextTurn();
