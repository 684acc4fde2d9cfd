/**
 * Every limit of the manager port in one place, with what happens when it is reached. The values are
 * those of long-lived services behind gRPC, narrowed to a port that a few people use.
 */

export interface ManagerLimits {
  /** Bytes of one request. Beyond: RESOURCE_EXHAUSTED before it is parsed. */
  readonly maxRequestBytes: number;
  /**
   * Bytes of the headers of one call. Beyond: refused at once, whatever key there is, for what waits
   * for its refusal stays in memory.
   */
  readonly maxHeaderBytes: number;
  /** TCP connections at once. Beyond: the oldest that never showed a right key is dropped. */
  readonly maxConnections: number;
  /** How long a TLS handshake may take. Beyond: the connection is dropped. */
  readonly tlsHandshakeMs: number;
  /** Calls at once on one connection. Beyond: HTTP/2 makes the client wait. */
  readonly maxCallsPerConnection: number;
  /** Streamed answers at once, all clients together. Beyond: RESOURCE_EXHAUSTED. */
  readonly maxStreams: number;
  /** Watches of the standard health service at once, apart because they need no key. Beyond: the same. */
  readonly maxHealthWatches: number;
  /** How often those look whether anything has changed. */
  readonly healthPaceMs: number;
  /** A connection without a call is closed after so long. */
  readonly idleConnectionMs: number;
  /** How often a silent connection is asked whether it lives, and how long it may take to answer. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** How long a streamed answer waits for its reader to take one part. Beyond: RESOURCE_EXHAUSTED. */
  readonly readerPatienceMs: number;
  /** Securities named in one call. Beyond: INVALID_ARGUMENT. */
  readonly maxSecuritiesPerCall: number;
  /** Price levels a side in one part of a book. */
  readonly levelsPerPart: number;
  /** Bytes of text in one part of an export. */
  readonly exportPartBytes: number;
  /** Securities in one part of a watch. */
  readonly statusesPerPart: number;
  /** Pace of a watch: changes are gathered for so long, and everything is sent anew that often. */
  readonly watchPaceMs: number;
  readonly watchRefreshMs: number;
  /** `add` with `wait` answers so long before the caller's deadline. */
  readonly waitMarginMs: number;
  readonly throttle: ThrottleLimits;
}

/**
 * How refusals of wrong keys are slowed. A right key is never held up. An address may fail `burst`
 * times at once, then every `intervalMs`; the interval doubles with every `escalateEvery` failures
 * up to `maxIntervalMs`. All addresses together: `overallBurst`, then every `overallIntervalMs`.
 */
export interface ThrottleLimits {
  readonly burst: number;
  readonly intervalMs: number;
  readonly escalateEvery: number;
  readonly maxIntervalMs: number;
  readonly overallBurst: number;
  readonly overallIntervalMs: number;
  /** No refusal is held longer: under the CLI's deadline, so that a mistyped key is still told. */
  readonly maxDelayMs: number;
  /** An address that has not failed for so long starts afresh. */
  readonly forgetAfterMs: number;
  /** Addresses remembered; beyond it the one that has been quiet longest is forgotten. */
  readonly maxPeers: number;
  /** Failures are reported once in so long, in at most so many lines. */
  readonly reportEveryMs: number;
  readonly maxReportLines: number;
}

export const DEFAULT_LIMITS: ManagerLimits = {
  maxRequestBytes: 64 * 1024,
  maxHeaderBytes: 8 * 1024,
  maxConnections: 128,
  tlsHandshakeMs: 10_000,
  maxCallsPerConnection: 32,
  maxStreams: 64,
  maxHealthWatches: 64,
  healthPaceMs: 250,
  idleConnectionMs: 300_000,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 15_000,
  readerPatienceMs: 60_000,
  maxSecuritiesPerCall: 1000,
  levelsPerPart: 1000,
  exportPartBytes: 64 * 1024,
  statusesPerPart: 100,
  watchPaceMs: 100,
  watchRefreshMs: 1000,
  waitMarginMs: 300,
  throttle: {
    burst: 10,
    intervalMs: 20,
    escalateEvery: 200,
    maxIntervalMs: 6000,
    overallBurst: 50,
    overallIntervalMs: 10,
    maxDelayMs: 5000,
    forgetAfterMs: 600_000,
    maxPeers: 1024,
    reportEveryMs: 60_000,
    maxReportLines: 10,
  },
};
