/** The state of one recorded security, as `list`, `health` and `watch` show it. Types only. */

import type { Contract } from '../market/contract.ts';
import type { Proof } from '../market/coverage.ts';
import type { BookLevel } from '../market/security.ts';

/**
 * `syncing`: no proven book yet. `stale`: the feed is down, or it is not known whether a silent stream is
 * dead. `failed`: the exchange rejects it, or it can't be stored here: see `message`. It is tried again.
 */
export type RecordingState = 'syncing' | 'live' | 'stale' | 'failed';

/** Self-checks since this process took up the recording. */
export interface SelfCheckFigures {
  /** Base images compared with the book rebuilt from the records before them. */
  readonly images: number;
  /** Fresh snapshots of the exchange compared with the book. */
  readonly snapshots: number;
  /** How many of them showed another book. */
  readonly mismatches: number;
}

export interface SecurityStatus {
  readonly security: string;
  readonly level: BookLevel;
  readonly state: RecordingState;
  readonly feed: string;
  readonly proof: Proof;
  /** The feed shows a window of the book. Absent: it does not. */
  readonly windowed?: true;
  /** What a size counts. Absent: an amount of the traded asset, or no book is proven. */
  readonly contract?: Contract;
  readonly sequence: string | null;
  /** Prices. */
  readonly bestBid: string | null;
  readonly bestAsk: string | null;
  /** Seconds; null before the first message. */
  readonly lastMessageAge: number | null;
  /** Per second, over the last ten. */
  readonly messageRate: number;
  readonly gaps: number;
  readonly lastBaseImage: string | null;
  readonly storedBytes: number;
  /** Why it is not live; null when it is. */
  readonly message: string | null;
  readonly selfCheck: SelfCheckFigures;
}
