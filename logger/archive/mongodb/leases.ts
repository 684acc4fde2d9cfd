/**
 * Which logger writes a security: a document with an expiry, so that two loggers that are told to
 * record the same one do not write beside each other by mistake. An owner renews it while it lives;
 * when it is gone the next one takes over, on a segment of its own.
 *
 * A guard, no lock: while MongoDB is away an owner goes on recording. If somebody else took over
 * meanwhile, the former owner learns of it at the next renewal and stops. What both recorded in
 * between are segments of two loggers, each proven in itself.
 */

import type { Filter, UpdateFilter } from 'mongodb';
import { MongoServerError } from 'mongodb';
import { LoggerError, describeError } from '../../errors.ts';
import { formatTimeUs } from '../../market/time.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { MongoConnection, StoredDocument } from './connection.ts';
import { dateOf } from './documents.ts';

/** The machines' clocks may differ by what lies between the two. */
const EXPIRES_AFTER_MS = 60_000;
const RENEW_EVERY_MS = 15_000;
const DUPLICATE_KEY = 11_000;
/** Recording does not wait longer to be told whose a security is; the next renewal asks again. */
const CLAIM_PATIENCE_MS = 3_000;
/** A stop does not wait longer to let go: an owner expires by itself. */
const RELEASE_PATIENCE_MS = 1_500;

export interface Owner {
  /** Of this data directory, for ever. */
  readonly id: string;
  /** For people: where it runs. */
  readonly name: string;
}

export interface LeaseDeps {
  readonly connection: MongoConnection;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly log: Log;
  /** While the store is known to be away nobody is asked. */
  readonly isReachable: () => boolean;
  /** Somebody else writes a security that was claimed here. */
  readonly onLost: (security: string, holder: string) => void;
  readonly onFatal: (error: unknown) => void;
}

export class Leases {
  readonly #parts: LeaseDeps;
  readonly #claimed = new Set<string>();
  /** Who was last seen to hold what could not be claimed. */
  readonly #holders = new Map<string, string>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(parts: LeaseDeps) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = this.#parts.clock.schedule(RENEW_EVERY_MS, () => {
      this.#renew()
        .catch((error: unknown) => {
          if (!(error instanceof LoggerError)) throw error;
          this.#parts.log.debug('Leases could not be renewed', { reason: describeError(error) });
        })
        .then(() => this.#isStopped || this.start())
        .catch(this.#parts.onFatal);
    });
  }

  /**
   * Claims a security, or keeps it.
   * @returns who holds it, as far as is known; null: this logger does, or nobody is known to and nobody
   *   can be asked now (the claim is made as soon as somebody can).
   */
  async claim(security: string): Promise<string | null> {
    const holder = await this.#askOrRemember(security);
    if (holder === null) {
      this.#claimed.add(security);
      this.#holders.delete(security);
    } else {
      this.#holders.set(security, holder);
    }
    return holder;
  }

  async #askOrRemember(security: string): Promise<string | null> {
    try {
      if (this.#parts.isReachable()) return await this.#take(security, CLAIM_PATIENCE_MS);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
    }
    const reason = 'the store does not answer';
    this.#parts.log.warning('Not known whether another logger records it', { security, reason });
    return this.#holders.get(security) ?? null;
  }

  async release(security: string): Promise<void> {
    if (!this.#claimed.delete(security)) return;
    await this.#letGo({ _id: security, owner: this.#parts.owner.id });
  }

  /** Lets go of everything. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    if (this.#claimed.size === 0) return;
    this.#claimed.clear();
    await this.#letGo({ owner: this.#parts.owner.id });
  }

  async #letGo(filter: Filter<StoredDocument>): Promise<void> {
    const { connection, isReachable } = this.#parts;
    if (!isReachable()) return;
    try {
      await connection.within(
        'delete in owners',
        () => connection.collection('owners').deleteMany(filter),
        RELEASE_PATIENCE_MS,
      );
    } catch (error) {
      // It expires by itself.
      if (!(error instanceof LoggerError)) throw error;
    }
  }

  async #renew(): Promise<void> {
    for (const security of this.#claimed) {
      const holder = await this.#take(security);
      if (holder === null) continue;
      this.#claimed.delete(security);
      this.#parts.onLost(security, holder);
    }
  }

  /** @returns who else holds it. */
  async #take(security: string, patienceMs?: number): Promise<string | null> {
    const { connection, owner, clock } = this.#parts;
    const nowUs = clock.nowUs();
    const now = dateOf(nowUs);
    const until = dateOf(nowUs + EXPIRES_AFTER_MS * 1000);
    const leases = connection.collection('owners');
    const ask = async (): Promise<string | null> => {
      const mine = { _id: security, owner: owner.id } as Filter<StoredDocument>;
      const renewal: UpdateFilter<StoredDocument> = { $set: { until, name: owner.name } };
      if ((await leases.updateOne(mine, renewal)).matchedCount === 1) return null;
      const expired = { _id: security, until: { $lt: now } } as Filter<StoredDocument>;
      const taking: UpdateFilter<StoredDocument> = {
        $set: { owner: owner.id, name: owner.name, since: now, until },
      };
      try {
        await leases.updateOne(expired, taking, { upsert: true });
        return null;
      } catch (error) {
        // It is there, and has not expired: somebody else's.
        if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
      }
      const holder = await leases.findOne({ _id: security } as Filter<StoredDocument>);
      if (holder?.['owner'] === owner.id) return null;
      return `another logger records it (${String(holder?.['name'] ?? 'unknown')}, until ${formatTimeUs(Number(holder?.['until'] ?? 0) * 1000)})`;
    };
    return connection.within('update in owners', ask, patienceMs);
  }
}
