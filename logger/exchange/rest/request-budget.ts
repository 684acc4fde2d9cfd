/**
 * One exchange's request budget. In the steady state it spends at most half of what the exchange
 * allows, plus one burst that still stays below the limit. It takes into account what the exchange
 * reports as used, since others may share the address, and blocks for as long as the exchange asks.
 * Requests wait in one bounded queue, first come first served, except that those a person waits for
 * go first, then probes, patient ones last, and spare ones are rejected at once unless nobody else asks. A waiting request can be cancelled.
 */

import {
  FeedClosedError,
  LimitExceededError,
  RateLimitedError,
  assertInvariant,
} from '../../errors.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { TokenBucket } from '../token-bucket.ts';

export interface BudgetLimits {
  /** The window that the exchange counts requests in. */
  readonly windowMs: number;
  /** The exchange's limit per window and address. */
  readonly maxWeight: number;
  /** May be spent at one moment. With the steady weight of a window it must stay below the limit. */
  readonly burstWeight: number;
  /** The most that is spent per window in the long run. */
  readonly steadyWeight: number;
  /** Above this use, as the exchange reports it for the whole address, requests wait. */
  readonly maxReportedWeight: number;
  /** Requests under way at once: few, so that a "slow down" arrives before many more are sent. */
  readonly maxInFlight: number;
  /** Requests waiting; further ones are rejected with LimitExceededError. */
  readonly maxQueued: number;
}

export interface BudgetRequest {
  /** Or chosen when its turn comes, by the weight that is available then. */
  readonly weight: number | ((available: number) => number);
  /** Its turn has come, before that of the next. */
  readonly onTurn?: () => void;
  readonly signal: AbortSignal;
  readonly urgency: Urgency;
  /** While the exchange blocks for longer than this, fail at once instead of waiting. */
  readonly maxWaitMs: number;
}

/**
 * `urgent`: someone waits at a terminal; goes before the rest. `probe`: small, and few by their
 * caller's own limit; goes before snapshots, which it can delay but not starve. `patient`: goes after
 * all others. `spare`: nothing is
 * lost without it; rejected at once unless nobody else asks and more than half of the burst is left.
 */
export type Urgency = 'urgent' | 'probe' | 'usual' | 'patient' | 'spare';

/** Lower goes first. */
const RANK: Readonly<Record<Urgency, number>> = {
  urgent: 0,
  probe: 1,
  usual: 2,
  patient: 3,
  spare: 3,
};

interface Waiting {
  readonly request: BudgetRequest;
  readonly grant: () => void;
  readonly reject: (error: Error) => void;
}

export class RequestBudget {
  readonly #clock: Clock;
  readonly #limits: BudgetLimits;
  readonly #bucket: TokenBucket;
  #queue: Waiting[] = [];
  #inFlight = 0;
  #blockedUntilMs = 0;
  #blockedUntilUs: number | null = null;
  #isBanned = false;
  #reported: { readonly weight: number; readonly atMs: number } | null = null;
  #timer: Timer | null = null;

  constructor(clock: Clock, limits: BudgetLimits) {
    assertInvariant(
      limits.burstWeight + limits.steadyWeight <= limits.maxWeight,
      'The burst and the steady weight of a request budget exceed what the exchange allows in a window',
    );
    this.#clock = clock;
    this.#limits = limits;
    this.#bucket = new TokenBucket(clock, {
      capacity: limits.burstWeight,
      perSecond: (limits.steadyWeight * 1000) / limits.windowMs,
    });
  }

  /**
   * Waits for a turn. The caller must call `release` when its request is over.
   * @throws RateLimitedError while the exchange blocks for longer than the caller would wait, or has
   *   banned the address; LimitExceededError when the queue is full; FeedClosedError when the signal
   *   cancels it.
   */
  acquire(request: BudgetRequest): Promise<void> {
    const rejected = this.#rejection(request);
    if (rejected) return Promise.reject(rejected);
    return new Promise<void>((resolve, reject) => {
      const cancel = (): void => {
        this.#queue = this.#queue.filter((other) => other !== waiting);
        reject(new FeedClosedError('The request was cancelled before its turn came'));
        this.#pump();
      };
      const waiting: Waiting = {
        request,
        grant: () => {
          request.signal.removeEventListener('abort', cancel);
          resolve();
        },
        reject: (error) => {
          request.signal.removeEventListener('abort', cancel);
          reject(error);
        },
      };
      request.signal.addEventListener('abort', cancel, { once: true });
      this.#enqueue(waiting);
      this.#pump();
    });
  }

  release(): void {
    this.#inFlight--;
    this.#pump();
  }

  /** Takes in the exchange's report of the weight that this address has used in the running window. */
  report(weight: number): void {
    this.#reported = { weight, atMs: this.#clock.monotonicMs() };
  }

  /**
   * The exchange wants no requests. A ban rejects everything that waits; a mere "slow down" only what
   * would not wait as long.
   */
  block(forMs: number, isBan: boolean): void {
    const untilMs = this.#clock.monotonicMs() + forMs;
    if (untilMs >= this.#blockedUntilMs) {
      this.#blockedUntilMs = untilMs;
      this.#blockedUntilUs = this.#clock.nowUs() + Math.round(forMs * 1000);
    }
    this.#isBanned ||= isBan;
    const rejected = this.#queue.filter(({ request }) => this.#rejection(request, true) !== null);
    this.#queue = this.#queue.filter((waiting) => !rejected.includes(waiting));
    for (const waiting of rejected) waiting.reject(this.#rateLimited());
    this.#pump();
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** As the exchange reported it within the last window; 0 where it did not. */
  get weightUsed(): number {
    return this.#validReport()?.weight ?? 0;
  }

  /** Receive time until which the exchange wants no requests; null: it accepts them. */
  get bannedUntilUs(): number | null {
    return this.#blockedMs() > 0 ? this.#blockedUntilUs : null;
  }

  #rejection(request: BudgetRequest, isQueued = false): Error | null {
    if (request.signal.aborted) return new FeedClosedError('The request was cancelled');
    const blockedMs = this.#blockedMs();
    if (blockedMs > 0 && (this.#isBanned || blockedMs > request.maxWaitMs)) {
      return this.#rateLimited();
    }
    if (!isQueued && request.urgency === 'spare' && !this.#isIdle(this.#weightOf(request))) {
      return new LimitExceededError('The request budget has nothing to spare now', {
        retryable: true,
      });
    }
    if (!isQueued && this.#queue.length >= this.#limits.maxQueued) {
      return new LimitExceededError(
        `More than ${this.#limits.maxQueued} requests wait for the exchange's request budget`,
        { retryable: true },
      );
    }
    return null;
  }

  #weightOf({ weight }: BudgetRequest): number {
    if (typeof weight === 'number') return weight;
    const reported = this.#validReport()?.weight ?? 0;
    const left = Math.max(0, this.#limits.maxReportedWeight - reported);
    return weight(Math.min(this.#bucket.available, left));
  }

  #isIdle(weight: number): boolean {
    const { burstWeight, maxReportedWeight } = this.#limits;
    const isAlone = this.#queue.length === 0 && this.#inFlight === 0;
    const reported = this.#validReport()?.weight ?? 0;
    const isHalfLeft = reported + weight <= maxReportedWeight / 2;
    return isAlone && isHalfLeft && this.#waitMs(weight + burstWeight / 2) === 0;
  }

  #rateLimited(): RateLimitedError {
    const forMs = this.#blockedMs();
    const asked = this.#isBanned ? 'has banned this address' : 'asks to slow down';
    return new RateLimitedError(
      `The exchange ${asked} for another ${Math.ceil(forMs / 1000)} s`,
      forMs,
    );
  }

  #enqueue(waiting: Waiting): void {
    const rank = RANK[waiting.request.urgency];
    const firstPatient = this.#queue.findIndex(({ request }) => RANK[request.urgency] > rank);
    if (firstPatient < 0) this.#queue.push(waiting);
    else this.#queue.splice(firstPatient, 0, waiting);
  }

  #pump(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      if (this.#inFlight >= this.#limits.maxInFlight) return;
      const weight = this.#weightOf(head.request);
      const waitMs = this.#waitMs(weight);
      if (waitMs > 0) {
        this.#timer = this.#clock.schedule(waitMs, () => this.#pump());
        return;
      }
      this.#queue.shift();
      this.#bucket.take(weight);
      this.#inFlight++;
      head.request.onTurn?.();
      head.grant();
    }
  }

  #waitMs(weight: number): number {
    const report = this.#validReport();
    const isUsedUp = report !== null && report.weight + weight > this.#limits.maxReportedWeight;
    const reportMs = isUsedUp ? report.atMs + this.#limits.windowMs - this.#clock.monotonicMs() : 0;
    return Math.max(this.#blockedMs(), reportMs, this.#bucket.waitMs(weight));
  }

  #blockedMs(): number {
    const forMs = Math.max(0, this.#blockedUntilMs - this.#clock.monotonicMs());
    if (forMs === 0) this.#isBanned = false;
    return forMs;
  }

  #validReport(): { readonly weight: number; readonly atMs: number } | null {
    const report = this.#reported;
    // The exchange's own counter covers one window.
    const isOld = report && this.#clock.monotonicMs() - report.atMs >= this.#limits.windowMs;
    return isOld ? null : report;
  }
}
