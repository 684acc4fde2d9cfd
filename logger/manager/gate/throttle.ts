/**
 * Slows the refusal of wrong keys, so that nobody tries a dictionary, and keeps the log short while
 * someone does. Only failures are ever held up: a right key is answered at once whatever its address
 * did before, because on loopback the operator and everybody else share one address.
 */

import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { ThrottleLimits } from '../limits.ts';

interface Pace {
  /** When the last refusal is due; the next one comes an interval later. Monotonic ms. */
  dueMs: number;
}

interface Peer extends Pace {
  failures: number;
  lastFailureMs: number;
  /** Failures since the last line about this address. */
  unreported: number;
}

export class FailureThrottle {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: ThrottleLimits;
  /** In order of the last failure, oldest first. */
  readonly #peers = new Map<string, Peer>();
  readonly #overall: Pace = { dueMs: Number.NEGATIVE_INFINITY };
  #reportTimer: Timer | undefined;
  #linesInWindow = 0;

  constructor(options: { clock: Clock; log: Log; limits: ThrottleLimits }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = options.limits;
  }

  /** Counts a failure of an address. @returns for how many ms its refusal is to be held back. */
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

  /** Says what is still unsaid and stops the timer. */
  close(): void {
    this.#reportTimer?.cancel();
    this.#reportTimer = undefined;
    this.#reportAll();
  }

  #touch(address: string, nowMs: number): Peer {
    const known = this.#peers.get(address);
    this.#peers.delete(address);
    const fresh =
      known === undefined || nowMs - known.lastFailureMs > this.#limits.forgetAfterMs
        ? { dueMs: Number.NEGATIVE_INFINITY, failures: 0, lastFailureMs: nowMs, unreported: 0 }
        : known;
    if (this.#peers.size >= this.#limits.maxPeers) {
      const [oldest] = this.#peers.keys();
      if (oldest !== undefined) this.#peers.delete(oldest);
    }
    this.#peers.set(address, fresh);
    return fresh;
  }

  /** A leaky bucket: `burst` refusals at once, then one every `intervalMs`. */
  #delay(pace: Pace, nowMs: number, intervalMs: number, burst: number): number {
    const earliest = Math.max(pace.dueMs, nowMs - burst * intervalMs) + intervalMs;
    pace.dueMs = Math.min(earliest, nowMs + this.#limits.maxDelayMs);
    return Math.max(0, pace.dueMs - nowMs);
  }

  /** The first failure after a quiet time is told at once, those after it once in a while. */
  #report(address: string, peer: Peer): void {
    peer.unreported++;
    if (peer.failures === 1 && this.#linesInWindow < this.#limits.maxReportLines) {
      this.#line(address, peer);
      this.#linesInWindow++;
    }
    this.#reportTimer ??= this.#clock.schedule(this.#limits.reportEveryMs, () => {
      this.#reportTimer = undefined;
      this.#linesInWindow = 0;
      this.#reportAll();
    });
  }

  #reportAll(): void {
    const silent = [...this.#peers].filter(([, peer]) => peer.unreported > 0);
    for (const [address, peer] of silent.slice(0, this.#limits.maxReportLines)) {
      this.#line(address, peer);
    }
    const rest = silent.slice(this.#limits.maxReportLines);
    if (rest.length === 0) return;
    const refused = rest.reduce((sum, [, peer]) => sum + peer.unreported, 0);
    for (const [, peer] of rest) peer.unreported = 0;
    this.#log.warning('Refused manager calls from more addresses', {
      addresses: rest.length,
      refused,
    });
  }

  #line(address: string, peer: Peer): void {
    this.#log.warning('Refused manager calls with a missing or wrong key', {
      peer: address,
      refused: peer.unreported,
    });
    peer.unreported = 0;
  }
}
