/**
 * Leases: the right of one logger to write a security, with an expiry, so that two loggers that are
 * configured for the same security do not record it side by side by mistake. The holder renews its
 * leases while it lives; when it is gone the next logger takes over, in a segment of its own.
 *
 * A lease is a safeguard, not a lock: while the store is unreachable the holder keeps recording. If
 * another logger took over meanwhile, the former holder learns of it at the next renewal and stops.
 * What both recorded in between are segments of two loggers, each proven in itself.
 */

/** Leases as a recorder sees them. */
export interface Leases {
  /** @returns a description of the current holder; null if this logger holds the lease now. */
  claim(security: string): Promise<string | null>;
  release(security: string): Promise<void>;
}

export interface LeaseHolder {
  /** The holder's machine, for messages. */
  readonly name: string;
  readonly untilUs: number;
}

/** Identifies a logger. */
export interface LeaseOwner {
  /** Permanent, one per data directory. */
  readonly id: string;
  /** The machine it runs on, for messages. */
  readonly name: string;
}

/** Where leases are stored. */
export interface LeaseStore {
  /**
   * Takes a lease that is free or expired, or renews the owner's own.
   * @returns the other logger that holds it; null: the owner holds it now. @throws LoggerError
   */
  take(
    security: string,
    owner: LeaseOwner,
    times: { readonly nowUs: number; readonly untilUs: number },
    timeoutMs?: number,
  ): Promise<LeaseHolder | null>;
  /** Releases one of the owner's leases, or all of them. @throws LoggerError */
  release(owner: LeaseOwner, security: string | null, timeoutMs: number): Promise<void>;
}
