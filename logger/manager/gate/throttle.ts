/**
 * Delays the rejection of wrong keys, against dictionary attacks, and keeps the log short meanwhile.
 * Only failures are delayed: a right key is accepted at once, whatever its address did before, because
 * on loopback the operator and everybody else share one address.
 */

import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { ThrottleLimits } from '../limits.ts';

interface LeakyBucket {
  /** When the last rejection is due; the next one follows an interval later. Monotonic ms. */
  dueMs: number;
}

interface Peer extends LeakyBucket {
  failures: number;
  lastFailureMs: number;
  /** Failures since the last log line about this address. */
  unreported: number;
}

export class FailureThrottle {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: ThrottleLimits;
  /** By address, the longest without a failure first. */
  readonly #peers = new Map<string, Peer>();
  readonly #overall: LeakyBucket = { dueMs: Number.NEGATIVE_INFINITY };
  #reportTimer: Timer | undefined;
  #linesInWindow = 0;

  constructor(deps: { readonly clock: Clock; readonly log: Log; readonly limits: ThrottleLimits }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#limits = deps.limits;
  }

  /** Counts a failure of an address. @returns by how many ms to delay its rejection. */
  failed(address: string): number {
    const nowMs = this.#clock.monotonicMs();
    const limits = this.#limits;
    const peer = this.#touch(address, nowMs);
    const doublings = Math.floor(peer.failures / limits.escalateEvery);
    const intervalMs = Math.min(limits.intervalMs * 2 ** doublings, limits.maxIntervalMs);
    peer.failures++;
    peer.lastFailureMs = nowMs;
    const delayMs = Math.max(
      this.#delay(peer, nowMs, intervalMs, limits.burst),
      this.#delay(this.#overall, nowMs, limits.overallIntervalMs, limits.overallBurst),
    );
    this.#report(address, peer);
    return delayMs;
  }

  /** Logs what has not been logged yet and stops the timer. */
  close(): void {
    this.#reportTimer?.cancel();
    this.#reportTimer = undefined;
    this.#reportAll();
  }

  /** Moves the address to the end of the list, with a fresh count if it has been quiet long enough. */
  #touch(address: string, nowMs: number): Peer {
    const known = this.#peers.get(address);
    this.#peers.delete(address);
    const peer =
      known === undefined || nowMs - known.lastFailureMs > this.#limits.forgetAfterMs
        ? { dueMs: Number.NEGATIVE_INFINITY, failures: 0, lastFailureMs: nowMs, unreported: 0 }
        : known;
    if (this.#peers.size >= this.#limits.maxPeers) {
      const [oldest] = this.#peers.keys();
      if (oldest !== undefined) this.#peers.delete(oldest);
    }
    this.#peers.set(address, peer);
    return peer;
  }

  /** `burst` rejections at once, then one every `intervalMs`. */
  #delay(bucket: LeakyBucket, nowMs: number, intervalMs: number, burst: number): number {
    const earliest = Math.max(bucket.dueMs, nowMs - burst * intervalMs) + intervalMs;
    bucket.dueMs = Math.min(earliest, nowMs + this.#limits.maxDelayMs);
    return Math.max(0, bucket.dueMs - nowMs);
  }

  /** The first failure after a quiet time is logged at once, later ones as a count per window. */
  #report(address: string, peer: Peer): void {
    peer.unreported++;
    if (peer.failures === 1 && this.#linesInWindow < this.#limits.maxReportLines) {
      this.#logPeer(address, peer);
      this.#linesInWindow++;
    }
    this.#reportTimer ??= this.#clock.schedule(this.#limits.reportEveryMs, () => {
      this.#reportTimer = undefined;
      this.#linesInWindow = 0;
      this.#reportAll();
    });
  }

  #reportAll(): void {
    const unreported = [...this.#peers].filter(([, peer]) => peer.unreported > 0);
    for (const [address, peer] of unreported.slice(0, this.#limits.maxReportLines)) {
      this.#logPeer(address, peer);
    }
    const rest = unreported.slice(this.#limits.maxReportLines);
    if (rest.length === 0) return;
    const rejected = rest.reduce((sum, [, peer]) => sum + peer.unreported, 0);
    for (const [, peer] of rest) peer.unreported = 0;
    this.#log.warning('Rejected manager calls from more addresses', {
      addresses: rest.length,
      rejected,
    });
  }

  #logPeer(address: string, peer: Peer): void {
    this.#log.warning('Rejected manager calls with a missing or wrong key', {
      peer: address,
      rejected: peer.unreported,
    });
    peer.unreported = 0;
  }
}
