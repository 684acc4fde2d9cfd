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
import { Wait } from './wait.ts';
import type { WaitFor } from './wait.ts';

const NEXT: Readonly<Record<RecorderPhase, readonly RecorderPhase[]>> = {
  starting: ['starting', 'syncing', 'failed', 'closed'],
  syncing: ['syncing', 'live', 'failed', 'closed'],
  live: ['syncing', 'stale', 'failed', 'closed'],
  stale: ['syncing', 'live', 'stale', 'failed', 'closed'],
  failed: ['starting', 'syncing', 'live', 'failed', 'closed'],
  closed: [],
};

/** What a phase waits for, where its caller says nothing else. */
const WAITS_FOR: Readonly<Record<RecorderPhase, WaitFor | null>> = {
  starting: 'archive',
  syncing: 'book',
  live: null,
  stale: 'connection',
  failed: 'archive',
  closed: null,
};

export interface PhaseReason {
  readonly for?: WaitFor;
  /** null: nothing has failed. */
  readonly reason?: string | null;
  /** Something was tried, and failed for that reason. */
  readonly isAttempt?: boolean;
  /** Default: now. */
  readonly sinceUs?: number;
}

export class PhaseMachine {
  #current: RecorderPhase = 'starting';
  #wait: Wait | null;
  readonly #nowUs: () => number;
  readonly #onChange: () => void;

  constructor(nowUs: () => number, onChange: () => void) {
    this.#nowUs = nowUs;
    this.#onChange = onChange;
    this.#wait = new Wait('archive', nowUs());
  }

  get current(): RecorderPhase {
    return this.#current;
  }

  /** Why it is not live; null: it is, or it is closed. */
  get wait(): Wait | null {
    return this.#wait;
  }

  /**
   * Ignored once closed: background work may end after the recorder.
   * @throws InvariantError for a transition that the table does not allow.
   */
  enter(phase: RecorderPhase, why: PhaseReason = {}): void {
    if (this.#current === 'closed') return;
    if (!NEXT[this.#current].includes(phase)) {
      throw new InvariantError(`A recorder can't go from ${this.#current} to ${phase}`);
    }
    this.#current = phase;
    const { for: what = WAITS_FOR[phase], reason = null, isAttempt = false, sinceUs } = why;
    if (what === null) this.#wait = null;
    else {
      if (this.#wait?.for !== what) this.#wait = new Wait(what, sinceUs ?? this.#nowUs());
      this.#wait.note(reason, isAttempt);
    }
    this.#onChange();
  }
}
