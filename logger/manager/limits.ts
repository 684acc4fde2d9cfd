/** Every limit of the manager port, with what happens when it is reached. */

export interface ManagerLimits {
  /** Bytes of one request. Beyond: RESOURCE_EXHAUSTED before it is parsed. */
  readonly maxRequestBytes: number;
  /**
   * Bytes of the headers of one call. Beyond: rejected at once, whatever the key, because calls whose
   * rejection is delayed stay in memory.
   */
  readonly maxHeaderBytes: number;
  /** Open TCP connections. Beyond: the oldest that has not authenticated is dropped. */
  readonly maxConnections: number;
  /** Time for a TLS handshake. Beyond: the connection is dropped. */
  readonly tlsHandshakeMs: number;
  /** Concurrent calls on one connection. Beyond: HTTP/2 makes the client wait. */
  readonly maxCallsPerConnection: number;
  /** Concurrent streams of all clients. Beyond: RESOURCE_EXHAUSTED. */
  readonly maxStreams: number;
  /** As `maxStreams`, for watches of the standard health service: separate, as they need no key. */
  readonly maxHealthWatches: number;
  /** How often those look for a change. */
  readonly healthPollMs: number;
  /** A connection without calls is closed after this. */
  readonly idleConnectionMs: number;
  /** Interval of keepalive pings on a silent connection, and the time to answer one. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** How long a stream waits for its client to take one part. Beyond: RESOURCE_EXHAUSTED. */
  readonly partTimeoutMs: number;
  /** Securities named in one call. Beyond: INVALID_ARGUMENT. */
  readonly maxSecuritiesPerCall: number;
  /** Price levels per side in one part of a book. */
  readonly maxLevelsPerPart: number;
  /**
   * Levels that may wait for a client that follows books, 16 bytes each; an event counts as eight. Beyond:
   * RESOURCE_EXHAUSTED, as no change may be left out.
   */
  readonly maxWaitingLevels: number;
  /** Bytes of text in one part of an export. */
  readonly maxExportPartBytes: number;
  /** Securities in one part of a watch. */
  readonly maxStatusesPerPart: number;
  /** A watch collects changes for this long, and sends everything again after the refresh interval. */
  readonly watchIntervalMs: number;
  readonly watchRefreshMs: number;
  /** `add` with `wait` responds this long before the caller's deadline. */
  readonly waitMarginMs: number;
  readonly throttle: ThrottleLimits;
}

/**
 * How rejections of wrong keys are delayed. An address may fail `burst` times without delay, then once
 * per `intervalMs`; the interval doubles every `escalateEvery` failures up to `maxIntervalMs`. For all
 * addresses together: `overallBurst`, then once per `overallIntervalMs`.
 */
export interface ThrottleLimits {
  readonly burst: number;
  readonly intervalMs: number;
  readonly escalateEvery: number;
  readonly maxIntervalMs: number;
  readonly overallBurst: number;
  readonly overallIntervalMs: number;
  /** No rejection is delayed longer. Below the CLI's timeout, so that it can still report a typo. */
  readonly maxDelayMs: number;
  /** The count of an address without failures for this long starts again at zero. */
  readonly forgetAfterMs: number;
  /** Addresses remembered. Beyond: the one without a failure for the longest time is forgotten. */
  readonly maxPeers: number;
  /** Failures are logged once per this time, in at most `maxReportLines` lines. */
  readonly reportEveryMs: number;
  readonly maxReportLines: number;
}

export const MANAGER_LIMITS: ManagerLimits = {
  maxRequestBytes: 64 * 1024,
  maxHeaderBytes: 8 * 1024,
  maxConnections: 128,
  tlsHandshakeMs: 10_000,
  maxCallsPerConnection: 32,
  maxStreams: 64,
  maxHealthWatches: 64,
  healthPollMs: 250,
  idleConnectionMs: 300_000,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 15_000,
  partTimeoutMs: 60_000,
  maxSecuritiesPerCall: 1000,
  maxLevelsPerPart: 1000,
  maxWaitingLevels: 2_000_000,
  maxExportPartBytes: 64 * 1024,
  maxStatusesPerPart: 100,
  watchIntervalMs: 100,
  watchRefreshMs: 1000,
  waitMarginMs: 1000,
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
