/**
 * The phases of a recorder:
 *
 *   starting → syncing → live ⇄ stale
 *                 ↑________|______|      a gap ends the segment and a new book is proven
 *
 * `stale` keeps the segment open while the connection is away, or while it is not known whether a
 * silent stream is quiet or dead: if the next update continues it, there was no gap. `failed` waits for something else than messages: the exchange to accept the symbol, the
 * archive to take records, another logger's lease to end.
 */

import { InvariantError } from '../errors.ts';
import type { RecorderPhase } from '../live/events.ts';

const NEXT: Readonly<Record<RecorderPhase, readonly RecorderPhase[]>> = {
  starting: ['starting', 'syncing', 'failed', 'closed'],
  syncing: ['syncing', 'live', 'failed', 'closed'],
  live: ['syncing', 'stale', 'failed', 'closed'],
  stale: ['syncing', 'live', 'stale', 'failed', 'closed'],
  failed: ['starting', 'syncing', 'live', 'failed', 'closed'],
  closed: [],
};

export class PhaseMachine {
  #current: RecorderPhase = 'starting';
  #message: string | null = null;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get current(): RecorderPhase {
    return this.#current;
  }

  /** Why it is not live. */
  get message(): string | null {
    return this.#message;
  }

  /**
   * Ignored once closed: background work may end after the recorder.
   * @throws InvariantError for a transition that the table does not allow.
   */
  enter(phase: RecorderPhase, message: string | null = null): void {
    if (this.#current === 'closed') return;
    if (!NEXT[this.#current].includes(phase)) {
      throw new InvariantError(`A recorder can't go from ${this.#current} to ${phase}`);
    }
    this.#current = phase;
    this.#message = message;
    this.#onChange();
  }
}
