/**
 * One exchange's request budget: who may ask next, and when. It spends at most half of what the
 * exchange allows in the steady state (plus one burst that still stays below the limit), listens to
 * what the exchange itself reports as used (others may share the address), and is silent for as
 * long as the exchange asks. Requests wait in one queue, first come first served, those a person
 * waits for before the rest, and what can be spared only where it is; the queue is bounded and a place in it can be given up.
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
  /** What the exchange allows per minute and address. */
  readonly weightPerMinute: number;
  /** What may be spent at one moment. With the flow of a minute it must stay below the limit. */
  readonly burstWeight: number;
  /** The flow: what is spent at most in the long run. */
  readonly steadyWeightPerMinute: number;
  /** Above this use, as reported by the exchange for the whole address, nothing more is asked. */
  readonly reportedWeightMax: number;
  /** Requests under way at once: small, so that a "slow down" is heard before many more are sent. */
  readonly inFlightMax: number;
  /** Requests waiting; beyond it a request is refused with LimitExceededError. */
  readonly queueMax: number;
}

export interface BudgetRequest {
  readonly weight: number;
  readonly signal: AbortSignal;
  readonly urgency: Urgency;
  /** When the exchange asked for a longer silence than this, fail at once instead of waiting. */
  readonly waitMaxMs: number;
}

/**
 * `urgent`: someone waits at a terminal; goes before the rest. `spare`: nothing is lost without it;
 * refused at once unless nobody else asks and more than half of what may be spent at one moment is left.
 */
export type Urgency = 'urgent' | 'usual' | 'spare';

/** What the exchange reported counts for this long: its own counter covers one minute. */
const REPORT_VALID_MS = 60_000;

interface Waiting {
  readonly request: BudgetRequest;
  readonly grant: () => void;
  readonly refuse: (error: Error) => void;
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
      limits.burstWeight + limits.steadyWeightPerMinute <= limits.weightPerMinute,
      'Burst and flow of a request budget together pass what the exchange allows in a minute',
    );
    this.#clock = clock;
    this.#limits = limits;
    this.#bucket = new TokenBucket(clock, {
      capacity: limits.burstWeight,
      perSecond: limits.steadyWeightPerMinute / 60,
    });
  }

  /**
   * Waits for a turn. The caller must call `release` when its request is over.
   * @throws RateLimitedError while the exchange wants silence for longer than the caller would
   *   wait, or has banned the address; LimitExceededError when the queue is full; FeedClosedError
   *   when the signal gives the place up.
   */
  acquire(request: BudgetRequest): Promise<void> {
    const refused = this.#refusal(request);
    if (refused) return Promise.reject(refused);
    return new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.#queue = this.#queue.filter((other) => other !== waiting);
        reject(new FeedClosedError('The request was given up before its turn came'));
        this.#pump();
      };
      const waiting: Waiting = {
        request,
        grant: () => {
          request.signal.removeEventListener('abort', giveUp);
          resolve();
        },
        refuse: (error) => {
          request.signal.removeEventListener('abort', giveUp);
          reject(error);
        },
      };
      request.signal.addEventListener('abort', giveUp, { once: true });
      this.#enqueue(waiting);
      this.#pump();
    });
  }

  release(): void {
    this.#inFlight--;
    this.#pump();
  }

  /** What the exchange says this address has used in its running minute. */
  report(weight: number): void {
    this.#reported = { weight, atMs: this.#clock.monotonicMs() };
  }

  /**
   * The exchange wants silence. A ban refuses everything that waits; a mere "slow down" only what
   * would not wait as long.
   */
  block(forMs: number, isBan: boolean): void {
    const untilMs = this.#clock.monotonicMs() + forMs;
    if (untilMs >= this.#blockedUntilMs) {
      this.#blockedUntilMs = untilMs;
      this.#blockedUntilUs = this.#clock.nowUs() + Math.round(forMs * 1000);
    }
    this.#isBanned ||= isBan;
    const refused = this.#queue.filter(({ request }) => this.#refusal(request, true) !== null);
    this.#queue = this.#queue.filter((waiting) => !refused.includes(waiting));
    for (const waiting of refused) waiting.refuse(this.#rateLimited());
    this.#pump();
  }

  /** As the exchange reported it within the last minute; 0 where it did not. */
  get weightUsed(): number {
    return this.#validReport()?.weight ?? 0;
  }

  /** Receive time until which the exchange wants silence; null: it does not. */
  get bannedUntilUs(): number | null {
    return this.#blockedMs() > 0 ? this.#blockedUntilUs : null;
  }

  #refusal(request: BudgetRequest, isQueued = false): Error | null {
    if (request.signal.aborted) return new FeedClosedError('The request was given up');
    const blockedMs = this.#blockedMs();
    if (blockedMs > 0 && (this.#isBanned || blockedMs > request.waitMaxMs)) {
      return this.#rateLimited();
    }
    if (!isQueued && request.urgency === 'spare' && !this.#isIdle(request.weight)) {
      return new LimitExceededError('The request budget has nothing to spare now', {
        retryable: true,
      });
    }
    if (!isQueued && this.#queue.length >= this.#limits.queueMax) {
      return new LimitExceededError(
        `More than ${this.#limits.queueMax} requests wait for the exchange's request budget`,
        { retryable: true },
      );
    }
    return null;
  }

  #isIdle(weight: number): boolean {
    const { burstWeight, reportedWeightMax } = this.#limits;
    const isAlone = this.#queue.length === 0 && this.#inFlight === 0;
    const reported = this.#validReport()?.weight ?? 0;
    const isHalfLeft = reported + weight <= reportedWeightMax / 2;
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
    const firstPatient =
      waiting.request.urgency === 'urgent'
        ? this.#queue.findIndex(({ request }) => request.urgency !== 'urgent')
        : -1;
    if (firstPatient < 0) this.#queue.push(waiting);
    else this.#queue.splice(firstPatient, 0, waiting);
  }

  #pump(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      if (this.#inFlight >= this.#limits.inFlightMax) return;
      const waitMs = this.#waitMs(head.request.weight);
      if (waitMs > 0) {
        this.#timer = this.#clock.schedule(waitMs, () => this.#pump());
        return;
      }
      this.#queue.shift();
      this.#bucket.take(head.request.weight);
      this.#inFlight++;
      head.grant();
    }
  }

  #waitMs(weight: number): number {
    const report = this.#validReport();
    const isUsedUp = report !== null && report.weight + weight > this.#limits.reportedWeightMax;
    const reportMs = isUsedUp ? report.atMs + REPORT_VALID_MS - this.#clock.monotonicMs() : 0;
    return Math.max(this.#blockedMs(), reportMs, this.#bucket.waitMs(weight));
  }

  #blockedMs(): number {
    const forMs = Math.max(0, this.#blockedUntilMs - this.#clock.monotonicMs());
    if (forMs === 0) this.#isBanned = false;
    return forMs;
  }

  #validReport(): { readonly weight: number; readonly atMs: number } | null {
    const report = this.#reported;
    const isOld = report && this.#clock.monotonicMs() - report.atMs >= REPORT_VALID_MS;
    return isOld ? null : report;
  }
}
