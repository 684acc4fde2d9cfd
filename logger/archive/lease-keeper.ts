/** Claims, renews and releases leases; see `leases.ts`. */

import { LoggerError, describeError } from '../errors.ts';
import { formatTimeUs } from '../market/time.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { every } from '../runtime/timing.ts';
import type { LeaseOwner, LeaseStore, Leases } from './leases.ts';

/** Lifetime of a lease. Its distance to the renewal period is the tolerated difference of clocks. */
const EXPIRES_AFTER_MS = 60_000;
const RENEW_EVERY_MS = 15_000;
/** Recording waits no longer than this for an answer; the next renewal asks again. */
const CLAIM_TIMEOUT_MS = 3_000;
/** Shutdown waits no longer than this: an unreleased lease expires. */
const RELEASE_TIMEOUT_MS = 1_500;

export interface LeaseKeeperDeps {
  readonly store: LeaseStore;
  readonly owner: LeaseOwner;
  readonly clock: Clock;
  readonly log: Log;
  /** While the store is known to be unreachable it is not asked. */
  readonly isReachable: () => boolean;
  /** Another logger holds a security that was claimed here. */
  readonly onLeaseLost: (security: string, holder: string) => void;
  readonly onFatal: (error: unknown) => void;
}

/** Keeps the leases of one logger. */
export class LeaseKeeper implements Leases {
  readonly #deps: LeaseKeeperDeps;
  readonly #claimed = new Set<string>();
  /** The last known holders of securities that could not be claimed. */
  readonly #holders = new Map<string, string>();
  #renewals: Timer | undefined;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
  }

  /** Starts renewing. */
  start(): void {
    const { clock, onFatal } = this.#deps;
    this.#renewals = every(clock, RENEW_EVERY_MS, () => this.#renewAll(), onFatal);
  }

  /**
   * Claims a security, or keeps it. If the store does not answer, the last known holder counts; a
   * security without one is recorded, and claimed as soon as the store answers.
   */
  async claim(security: string): Promise<string | null> {
    const holder = await this.#holderOf(security);
    if (holder === null) {
      this.#claimed.add(security);
      this.#holders.delete(security);
    } else {
      this.#holders.set(security, holder);
    }
    return holder;
  }

  async release(security: string): Promise<void> {
    if (this.#claimed.delete(security)) await this.#release(security);
  }

  /** Stops renewing and releases all leases. */
  async stop(): Promise<void> {
    this.#renewals?.cancel();
    if (this.#claimed.size === 0) return;
    this.#claimed.clear();
    await this.#release(null);
  }

  async #holderOf(security: string): Promise<string | null> {
    const { isReachable, log } = this.#deps;
    try {
      if (isReachable()) return await this.#take(security, CLAIM_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
    }
    const reason = 'the store does not answer';
    log.warning('Could not check whether another logger records this security', {
      security,
      reason,
    });
    return this.#holders.get(security) ?? null;
  }

  async #renewAll(): Promise<void> {
    try {
      for (const security of this.#claimed) {
        const holder = await this.#take(security);
        if (holder === null) continue;
        this.#claimed.delete(security);
        this.#deps.onLeaseLost(security, holder);
      }
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      this.#deps.log.debug('Leases could not be renewed', { reason: describeError(error) });
    }
  }

  async #take(security: string, timeoutMs?: number): Promise<string | null> {
    const { store, owner, clock } = this.#deps;
    const nowUs = clock.nowUs();
    const times = { nowUs, untilUs: nowUs + EXPIRES_AFTER_MS * 1000 };
    const holder = await store.take(security, owner, times, timeoutMs);
    if (holder === null) return null;
    return `another logger records it (${holder.name}, until ${formatTimeUs(holder.untilUs)})`;
  }

  async #release(security: string | null): Promise<void> {
    const { store, owner, isReachable } = this.#deps;
    if (!isReachable()) return;
    try {
      await store.release(owner, security, RELEASE_TIMEOUT_MS);
    } catch (error) {
      // The lease expires.
      if (!(error instanceof LoggerError)) throw error;
    }
  }
}
