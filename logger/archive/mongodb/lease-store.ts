/** Leases as documents of the collection `owners`, one per security. */

import { MongoServerError } from 'mongodb';
import type { Filter, UpdateFilter } from 'mongodb';
import type { LeaseHolder, LeaseOwner, LeaseStore } from '../leases.ts';
import { DUPLICATE_KEY } from './connection.ts';
import type { MongoConnection, StoredDocument } from './connection.ts';
import { dateOf } from './documents.ts';

export class MongoLeaseStore implements LeaseStore {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  take(
    security: string,
    owner: LeaseOwner,
    { nowUs, untilUs }: { readonly nowUs: number; readonly untilUs: number },
    timeoutMs?: number,
  ): Promise<LeaseHolder | null> {
    const now = dateOf(nowUs);
    const until = dateOf(untilUs);
    const owners = this.#connection.collection('owners');
    const take = async (): Promise<LeaseHolder | null> => {
      const own = { _id: security, owner: owner.id } as Filter<StoredDocument>;
      const renewal: UpdateFilter<StoredDocument> = { $set: { until, name: owner.name } };
      if ((await owners.updateOne(own, renewal)).matchedCount === 1) return null;
      const expired = { _id: security, until: { $lt: now } } as Filter<StoredDocument>;
      const takeover: UpdateFilter<StoredDocument> = {
        $set: { owner: owner.id, name: owner.name, since: now, until },
      };
      try {
        await owners.updateOne(expired, takeover, { upsert: true });
        return null;
      } catch (error) {
        // The lease exists and has not expired: another logger holds it.
        if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
      }
      const lease = await owners.findOne({ _id: security } as Filter<StoredDocument>);
      if (lease?.['owner'] === owner.id) return null;
      return {
        name: String(lease?.['name'] ?? 'unknown'),
        untilUs: Number(lease?.['until'] ?? 0) * 1000,
      };
    };
    return this.#connection.within('update in owners', take, timeoutMs);
  }

  async release(owner: LeaseOwner, security: string | null, timeoutMs: number): Promise<void> {
    const filter = security === null ? {} : { _id: security };
    await this.#connection.within(
      'delete in owners',
      () => this.#connection.collection('owners').deleteMany({ ...filter, owner: owner.id }),
      timeoutMs,
    );
  }
}
