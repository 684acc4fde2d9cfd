/** The recorder's limits by name, each with what happens when it is reached. */

export interface RecorderLimits {
  /** An open block that holds a step is sealed at this age. */
  readonly blockMaxAgeMs: number;
  /** … or with this many level changes, whichever comes first. */
  readonly blockMaxLevelChanges: number;
  /** … or, in an L3 book, with this many messages about orders. */
  readonly blockMaxOrderEvents: number;
  /** … or with this many sideEvents. If there is no step among them the book's stream is dead: resync. */
  readonly blockMaxAsides: number;
  /** What was heard reaches the archive's journal at this pace. */
  readonly journalEveryMs: number;
  /** Steps kept while a book is being proven, by weight; beyond it the buffer starts afresh. */
  readonly bufferMaxBytes: number;
  /** SideEvents kept while a book is being proven; beyond it the oldest go (trade ids tell). */
  readonly heldMaxAsides: number;
  /** A first step is awaited this long before a snapshot is asked for, so that it is not too old. */
  readonly firstStepWaitMs: number;
  /** A heartbeat may be this far ahead of the messages that it counts before they are lost. */
  readonly heartbeatGraceMs: number;
  /** After a reconnect, silence this long is settled by a snapshot instead of the next step. */
  readonly quietProofAfterMs: number;
  /** A book that stays crossed this long is thrown away and proven afresh. */
  readonly crossedMaxMs: number;
  /** A step of sequences that were seen, stamped this much later than the last new one, is none. */
  readonly sequenceBackAfterUs: number;
  /** Back-off between attempts to get a snapshot or an instrument: first wait and cap. */
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** Between two checks of a book against a fresh snapshot; the image interval, where that is longer. */
  readonly snapshotCheckMinEveryMs: number;
  /** Pause between two such checks at one exchange, whatever their securities. */
  readonly snapshotCheckPauseMs: number;
  /** One that can't be settled in this time is given up. */
  readonly snapshotCheckWithinMs: number;
  /** A book that was not that of a snapshot is held against another this much later. */
  readonly snapshotCheckAgainMs: number;
  /** Rows of images that wait to be held against the records; beyond it an image goes unchecked. */
  readonly checkMaxRows: number;
  /** What may wait in memory for an archive that does not take it, all securities together. */
  readonly pendingMaxBytes: number;
  /** Pause before a failed commit is tried again. */
  readonly commitRetryMs: number;
  /** A beat of the event loop that is later than this is a stall: receive times are bad. */
  readonly stallMinMs: number;
  /** A stall is over once beats have been on time for this long. */
  readonly stallSettleMs: number;
  /** Receive time that jumps, or is ahead of the wall clock, by more than this is bad. */
  readonly clockStepMinMs: number;
  /** Stretches of bad receive times that a record tells; beyond it the nearest are united. */
  readonly badReceiveTimesMax: number;
}

export const DEFAULT_LIMITS: RecorderLimits = {
  blockMaxAgeMs: 60_000,
  blockMaxLevelChanges: 200_000,
  blockMaxOrderEvents: 20_000,
  blockMaxAsides: 100_000,
  journalEveryMs: 500,
  bufferMaxBytes: 128 * 1024 * 1024,
  heldMaxAsides: 100_000,
  firstStepWaitMs: 1_000,
  heartbeatGraceMs: 1_000,
  quietProofAfterMs: 1_500,
  crossedMaxMs: 1_000,
  sequenceBackAfterUs: 5_000_000,
  retryBaseMs: 250,
  retryMaxMs: 30_000,
  snapshotCheckMinEveryMs: 60_000,
  snapshotCheckPauseMs: 5_000,
  snapshotCheckWithinMs: 60_000,
  snapshotCheckAgainMs: 3_000,
  checkMaxRows: 1_000_000,
  pendingMaxBytes: 256 * 1024 * 1024,
  commitRetryMs: 1_000,
  stallMinMs: 200,
  // What found no room in a socket's buffer waited at the exchange, and comes a round trip later.
  stallSettleMs: 250,
  clockStepMinMs: 100,
  badReceiveTimesMax: 16,
};
