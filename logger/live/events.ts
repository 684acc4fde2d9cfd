/**
 * Events of a live feed: what has just happened to the recording of one security, in exact integers.
 *
 * Every message of the exchange about a security is published exactly once: as `update` when it moved
 * the proven book, as `unapplied` when it did not, as `side-event` when it never does.
 */

import type { Contract } from '../market/contract.ts';
import type { Book } from '../book/book.ts';
import type { Gap, Proof } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookUpdate, BookPosition, SideEvent } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';

/**
 * `starting`: asking the archive and the exchange. `syncing`: no proven book. `stale`: the feed is
 * down, the segment may still continue. `closed`: no event follows.
 */
export type RecorderPhase = 'starting' | 'syncing' | 'live' | 'stale' | 'failed' | 'closed';

/** The running segment, with its book. Both move on with every update: read them during the call. */
export interface LiveSegment extends BookPosition {
  readonly identity: {
    readonly security: string;
    readonly level: BookLevel;
    readonly feed: string;
    readonly proof: Proof;
    /** See `RecordHeader`. */
    readonly windowed?: true;
    readonly contract?: Contract;
    readonly epoch: number;
  };
  readonly book: Book;
}

/** A book to start from: everything derived from an earlier one is void, at another scale, or known less far. */
export interface ImageEvent {
  readonly type: 'image';
  readonly security: string;
  /** `present`: what a new subscriber gets first, in the middle of a segment. */
  readonly reason: 'proven' | 'scale' | 'horizon' | 'present';
  readonly segment: LiveSegment;
  /** The gap that this segment ends; null: it ends none, or the reason is not `proven`. */
  readonly closedGap: Gap | null;
}

/** An update that moved the proven book; `segment` already contains it. */
export interface UpdateEvent {
  readonly type: 'update';
  readonly security: string;
  readonly update: BookUpdate;
  readonly segment: LiveSegment;
}

/** An update that moved no proven book: it waits for a proof, came twice, or follows a gap. */
export interface UnappliedEvent {
  readonly type: 'unapplied';
  readonly security: string;
  readonly update: BookUpdate;
}

/** A trade, or another event that does not move the book. Published as it arrives, in any phase. */
export interface SideEventEvent {
  readonly type: 'side-event';
  readonly security: string;
  readonly event: SideEvent;
  readonly scale: Scale;
  /** The segment it is recorded in; null: not known yet, while no segment is live. */
  readonly epoch: number | null;
}

/** A gap, open until the next `image` closes it. */
export interface GapEvent {
  readonly type: 'gap';
  readonly security: string;
  /**
   * `opened`: the segment has just ended. `found`: the archive ends there. `revised`: begin or cause of
   * the last gap changed.
   */
  readonly change: 'opened' | 'found' | 'revised';
  /** The segment that the gap follows. */
  readonly epoch: number;
  readonly gap: Gap;
}

export interface StateEvent {
  readonly type: 'state';
  readonly security: string;
  readonly phase: RecorderPhase;
  /** Why it is not live; null when it is. */
  readonly message: string | null;
  /** The last receive time at which the book was known to be the exchange's; null: never so far. */
  readonly aliveUntilUs: number | null;
}

/** The last sequence that the exchange has assigned, by its own account. */
export interface HeartbeatEvent {
  readonly type: 'heartbeat';
  readonly security: string;
  readonly heartbeat: {
    readonly lastSequence: number;
    readonly exchangeTimeUs: number;
    readonly receiveTimeUs: number;
  };
}

export type LiveEvent =
  | ImageEvent
  | UpdateEvent
  | UnappliedEvent
  | SideEventEvent
  | GapEvent
  | StateEvent
  | HeartbeatEvent;
