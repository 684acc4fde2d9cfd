/** The recorder's limits by name, each with what happens when it is reached. */

export interface RecorderLimits {
  /** An open block that holds an update is sealed at this age, … */
  readonly maxBlockAgeMs: number;
  /**
   * … or with this many level changes: an image lies between two blocks, so this is also what a past book has
   * to replay; smaller blocks take more bytes (20,000: 1 %, 10,000: 6 %), …
   */
  readonly maxBlockLevelChanges: number;
  /** … or, in an L3 book, with this many order events, … */
  readonly maxBlockOrderEvents: number;
  /** … or with this many side events. Without an update among them the book's stream is dead: resync. */
  readonly maxBlockSideEvents: number;
  /** Period of a recorder's regular work: to seal what is due, to look at its feed. */
  readonly tickEveryMs: number;
  /** It is spread over the period: between two turns of it, at least, … */
  readonly tickPauseMs: number;
  /** … and how long one turn may take before the other recorders wait for the next. */
  readonly maxTickMs: number;
  /** Updates kept while a book is being proven, by weight; beyond it the buffer starts over. */
  readonly maxBufferBytes: number;
  /** Side events kept while a book is being proven; beyond it the oldest go, as trade ids then show. */
  readonly maxHeldSideEvents: number;
  /** Wait for a first update before a snapshot is requested, so that it is not too old. */
  readonly firstUpdateWaitMs: number;
  /** A heartbeat may be ahead of the messages it counts for this long before they count as lost. */
  readonly heartbeatGraceMs: number;
  /** After a reconnect, silence this long is settled by a snapshot instead of the next update. */
  readonly quietProofAfterMs: number;
  /** Silence is asked about after twice the security's habit, but not sooner than this … */
  readonly minSilenceMs: number;
  /** … nor later than this. */
  readonly maxSilenceMs: number;
  /** In this time a security's habit of silence halves. */
  readonly silenceHabitHalfLifeMs: number;
  /** A silent security that was not shown to be quiet in this time is not live any more. */
  readonly answerWithinMs: number;
  /**
   * The exchange may be ahead of a silent stream for this long before the stream counts as dead: more
   * than the pace of the slowest stream and any usual latency. Also the pause between the two
   * snapshots that prove the book of a quiet security.
   */
  readonly deadAfterMs: number;
  /** Between two rounds of questions to one exchange; and after a round without an answer. */
  readonly probePauseMs: number;
  readonly probeRetryMs: number;
  /** Securities whose sequence is asked in one round, each with a request of its own. */
  readonly maxProbesPerRound: number;
  /** Best prices may agree by chance: after so many answers by them alone the sequence is asked. */
  readonly maxPriceAgreements: number;
  /** A book that stays crossed this long is discarded and proven again. */
  readonly maxCrossedMs: number;
  /** Old sequences with an exchange time this much newer mean that the exchange restarted its numbering. */
  readonly sequenceResetAfterUs: number;
  /** Backoff between attempts to get a snapshot or an instrument: first wait and cap. */
  readonly retryBaseMs: number;
  readonly maxRetryMs: number;
  /** The cap where the exchange does not list the symbol. */
  readonly unlistedRetryMs: number;
  /** Between two snapshot checks of a security; the image interval, where that is longer. */
  readonly minSnapshotCheckPeriodMs: number;
  /** Pause between two snapshot checks at one exchange, of whatever securities. */
  readonly snapshotCheckPauseMs: number;
  /** A snapshot check without a result in this time is given up. */
  readonly snapshotCheckTimeoutMs: number;
  /** A book that differs from a snapshot is compared with another one this much later. */
  readonly snapshotRecheckDelayMs: number;
  /** With less than this share of its reach left, a book is asked about before the others, … */
  readonly minReachLeft: number;
  /** … one at an exchange in this time, and several at once only while answers wait for updates. */
  readonly deepenEveryMs: number;
  readonly maxDeepenings: number;
  /** A book that could not be made known further out waits this long. */
  readonly deepenRetryMs: number;
  /** While books are being made known further out, one snapshot check an exchange in this time. */
  readonly checkBesideDeepeningMs: number;
  /** Between two checks of a book whose proof is the connection, at most: nothing else shows some losses. */
  readonly opinionEveryMs: number;
  /**
   * Where a book is compared with an answer that has no place in the stream: an update and the answer may
   * be apart by so much.
   */
  readonly opinionSettleMs: number;
  /** Rows of images that wait for their record check; beyond it an image stays unchecked. */
  readonly maxCheckRows: number;
  /** Bytes in memory for an archive that fails, all securities together; beyond it a security loses its. */
  readonly maxPendingBytes: number;
  /**
   * Between the beginnings of two commits, which so are shared: about this much is not in the journal yet.
   * Longer after one that took long, up to the maximum.
   */
  readonly commitPauseMs: number;
  readonly maxCommitPauseMs: number;
  /** Nobody else is asked for news after this long: the rest goes into the next commit. */
  readonly maxAskMs: number;
  /** Pause before a failed commit is retried. */
  readonly commitRetryMs: number;
  /** An event loop that is later than this has stalled: receive times are late. */
  readonly minStallMs: number;
  /** A stall is over once the event loop has been on time for this long. */
  readonly stallSettleMs: number;
  /** Receive time that jumps, or is ahead of the wall clock, by more than this is defective. */
  readonly minClockStepMs: number;
  /** Receive-time defects in one record; beyond it the nearest are merged. */
  readonly maxBadReceiveTimes: number;
}

export const DEFAULT_LIMITS: RecorderLimits = {
  maxBlockAgeMs: 60_000,
  maxBlockLevelChanges: 20_000,
  maxBlockOrderEvents: 20_000,
  maxBlockSideEvents: 100_000,
  tickEveryMs: 500,
  tickPauseMs: 10,
  maxTickMs: 8,
  maxBufferBytes: 128 * 1024 * 1024,
  maxHeldSideEvents: 100_000,
  firstUpdateWaitMs: 1_000,
  heartbeatGraceMs: 1_000,
  quietProofAfterMs: 1_500,
  minSilenceMs: 3_000,
  maxSilenceMs: 30_000,
  silenceHabitHalfLifeMs: 300_000,
  answerWithinMs: 2_000,
  deadAfterMs: 2_000,
  probePauseMs: 2_000,
  probeRetryMs: 5_000,
  maxProbesPerRound: 6,
  maxPriceAgreements: 2,
  maxCrossedMs: 1_000,
  sequenceResetAfterUs: 5_000_000,
  retryBaseMs: 250,
  maxRetryMs: 30_000,
  unlistedRetryMs: 300_000,
  minSnapshotCheckPeriodMs: 60_000,
  snapshotCheckPauseMs: 5_000,
  snapshotCheckTimeoutMs: 60_000,
  snapshotRecheckDelayMs: 3_000,
  minReachLeft: 0.3,
  deepenEveryMs: 1_000,
  maxDeepenings: 4,
  deepenRetryMs: 30_000,
  checkBesideDeepeningMs: 60_000,
  opinionEveryMs: 600_000,
  opinionSettleMs: 2_000,
  maxCheckRows: 1_000_000,
  maxPendingBytes: 256 * 1024 * 1024,
  commitPauseMs: 50,
  maxCommitPauseMs: 200,
  maxAskMs: 5,
  commitRetryMs: 1_000,
  minStallMs: 200,
  // What found no room in a socket's buffer waits at the exchange, and arrives a round trip later.
  stallSettleMs: 250,
  minClockStepMs: 100,
  maxBadReceiveTimes: 16,
};
