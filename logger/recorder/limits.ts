/** The recorder's limits by name, each with what happens when it is reached. */

export interface RecorderLimits {
  /** An open block that holds a diff is sealed at this age. */
  readonly blockMaxAgeMs: number;
  /** … or with this many level changes, whichever comes first. */
  readonly blockMaxLevelChanges: number;
  /** … or with this many trades. If there is no diff among them the depth stream is dead: resync. */
  readonly blockMaxTrades: number;
  /** What was heard reaches the archive's journal at this pace. */
  readonly journalEveryMs: number;
  /** Diffs kept while a book is being proven; beyond it the buffer starts afresh. */
  readonly bufferMaxDiffs: number;
  /** Trades kept while a book is being proven; beyond it the oldest go (their ids tell). */
  readonly heldMaxTrades: number;
  /** A first diff is awaited this long before a snapshot is asked for, so that it is not too old. */
  readonly firstDiffWaitMs: number;
  /** After a reconnect, silence this long is settled by a snapshot instead of the next diff. */
  readonly quietProofAfterMs: number;
  /** A book that stays crossed this long is thrown away and proven afresh. */
  readonly crossedMaxMs: number;
  /** A diff of sequences that were seen, stamped this much later than the last new one, is none. */
  readonly sequenceBackAfterUs: number;
  /** Back-off between attempts to get a snapshot or an instrument: first wait and cap. */
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** What may wait in memory for an archive that does not take it, all securities together. */
  readonly pendingMaxBytes: number;
  /** Pause before a failed commit is tried again. */
  readonly commitRetryMs: number;
}

export const DEFAULT_LIMITS: RecorderLimits = {
  blockMaxAgeMs: 60_000,
  blockMaxLevelChanges: 200_000,
  blockMaxTrades: 100_000,
  journalEveryMs: 500,
  bufferMaxDiffs: 20_000,
  heldMaxTrades: 100_000,
  firstDiffWaitMs: 1_000,
  quietProofAfterMs: 1_500,
  crossedMaxMs: 1_000,
  sequenceBackAfterUs: 5_000_000,
  retryBaseMs: 250,
  retryMaxMs: 30_000,
  pendingMaxBytes: 64 * 1024 * 1024,
  commitRetryMs: 1_000,
};
