/**
 * The connection to a MongoDB server: client, collections, timeouts, errors. The driver waits
 * forever by default; no call through this class takes longer than its timeout, whatever the server
 * or the network does.
 */

import { MongoClient, MongoParseError, MongoServerError } from 'mongodb';
import type { Collection, Db, DbOptions, Document } from 'mongodb';
import { ArchiveUnavailableError, InvalidArgumentError, describeError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import { within } from '../../runtime/timing.ts';
import { mongoFailure } from './failure.ts';
import type { MongoLocation } from './location.ts';

/** Default timeout of a call. */
export const TIMEOUT_MS = 10_000;
/** Of which this much to find a server that accepts it. */
const SERVER_SELECTION_MS = 8_000;
const PING_TIMEOUT_MS = 5_000;
/** The driver closes a silent socket a little after the call has timed out. */
const SOCKET_TIMEOUT_MS = TIMEOUT_MS + 1_000;
const CLOSE_TIMEOUT_MS = 1_000;
const MAX_POOL_SIZE = 8;
/**
 * A client without any reply for this long is replaced. If its connections break while it writes,
 * the driver (7.8) may wait forever for the `drain` of a closed socket: its monitor never looks for
 * the server again, and it makes no new connection.
 */
export const RENEW_AFTER_MS = 20_000;

/**
 * What is written is durable, and what is read has the types that we expect. Given to the database and not
 * to the client: some options of a URI (`journal`, `wtimeout`, `raw`) win over those of a client.
 */
const DATABASE_OPTIONS: DbOptions = {
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: TIMEOUT_MS },
  raw: false,
  useBigInt64: false,
  promoteLongs: true,
  promoteValues: true,
  promoteBuffers: true,
};

/** The server's error code for an existing key. */
export const DUPLICATE_KEY = 11_000;

export interface StoredDocument extends Document {
  _id: string;
}

export type CollectionName =
  | 'base_images'
  | 'blocks'
  | 'gaps'
  | 'securities'
  | 'owners'
  | 'candles'
  | 'snapshots'
  | 'instruments';

export interface ConnectionOptions {
  /** Called with the name of each command that is sent. */
  readonly onCommand?: (name: string) => void;
  /**
   * Reads go where the URI wants them to (`readPreference`). Absent: to the primary, since a writer
   * must not go on from what a secondary does not have yet.
   */
  readonly isReader?: boolean;
}

/** `Name`: of the collections that are used. */
export class MongoConnection<Name extends string = CollectionName> {
  readonly location: MongoLocation;
  readonly #clock: Clock;
  readonly #options: ConnectionOptions;
  #client: MongoClient;
  /** A client whose first attempt failed stays closed: it is replaced until one works. */
  #hasWorked = false;
  /** The start of a run of calls without a reply, on the monotonic clock; null if the last had one. */
  #silentSinceMs: number | null = null;
  /** Why the driver can't reach the server; null while it can. Callers would learn it only after a timeout. */
  #unreached: Error | null = null;
  #isClosed = false;

  /**
   * Connects on first use.
   * @throws InvalidArgumentError for a malformed URI.
   */
  constructor(location: MongoLocation, clock: Clock, options: ConnectionOptions = {}) {
    this.location = location;
    this.#clock = clock;
    this.#options = options;
    try {
      this.#client = this.#newClient();
      // Throws for a name that the driver does not allow.
      this.#database();
    } catch (error) {
      throw asMalformed(error, location);
    }
  }

  collection(name: Name): Collection<StoredDocument> {
    return this.#database().collection<StoredDocument>(name);
  }

  /** @throws ArchiveUnavailableError if the server does not answer. */
  async ping(): Promise<void> {
    await this.within('ping', () => this.#database().command({ ping: 1 }), PING_TIMEOUT_MS);
  }

  /**
   * Runs a call with a timeout; a later result is discarded.
   * @throws ArchiveUnavailableError for errors of the driver and the server. Errors of our own that
   *   `call` throws are passed on.
   */
  async within<T>(what: string, call: () => Promise<T>, timeoutMs = TIMEOUT_MS): Promise<T> {
    if (this.#isClosed) throw new ArchiveUnavailableError('The connection to MongoDB is closed');
    const client = this.#client;
    try {
      const result = await within(this.#clock, timeoutMs, call(), () => {
        if (this.#unreached) throw mongoFailure(this.#unreached, this.location);
        throw new ArchiveUnavailableError(
          `MongoDB (${this.location.shown}) did not answer within ${timeoutMs / 1000} s: ${what}`,
          { retryable: true },
        );
      });
      if (client === this.#client) this.#onReply();
      return result;
    } catch (error) {
      if (this.#hasWorked && isReply(error)) this.#silentSinceMs = null;
      else if (client === this.#client) this.#onSilence();
      throw mongoFailure(error, this.location);
    }
  }

  /** Idempotent; does not wait for outstanding replies. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await within(this.#clock, CLOSE_TIMEOUT_MS, this.#client.close(true), () => undefined);
  }

  #database(): Db {
    return this.#client.db(this.location.database, {
      ...DATABASE_OPTIONS,
      ...(this.#options.isReader !== true && { readPreference: 'primary' }),
    });
  }

  #newClient(): MongoClient {
    const client = newClient(this.location, this.#options.onCommand);
    const setReason = (reason: Error | null): void => {
      if (client === this.#client) this.#unreached = reason;
    };
    client.on('serverHeartbeatFailed', ({ failure }) => setReason(failure));
    client.on('serverHeartbeatSucceeded', () => setReason(null));
    return client;
  }

  #onReply(): void {
    this.#hasWorked = true;
    this.#silentSinceMs = null;
  }

  #onSilence(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#silentSinceMs ??= nowMs;
    if (!this.#hasWorked || nowMs - this.#silentSinceMs >= RENEW_AFTER_MS) this.#renew();
  }

  #renew(): void {
    // Not awaited: nothing of the old client is needed.
    this.#client.close(true).catch(() => undefined);
    this.#unreached = null;
    this.#client = this.#newClient();
    this.#hasWorked = false;
    this.#silentSinceMs = null;
  }
}

/**
 * True for an error that the server sent. The end of a bulk write has no code: it shows as a server
 * error.
 */
function isReply(error: unknown): boolean {
  return error instanceof MongoServerError && typeof error.code === 'number';
}

function newClient(
  { uri }: MongoLocation,
  onCommand: ((name: string) => void) | undefined,
): MongoClient {
  const client = new MongoClient(uri, {
    monitorCommands: onCommand !== undefined,
    appName: 'orderbook-logger',
    serverSelectionTimeoutMS: SERVER_SELECTION_MS,
    connectTimeoutMS: SERVER_SELECTION_MS,
    socketTimeoutMS: SOCKET_TIMEOUT_MS,
    waitQueueTimeoutMS: SERVER_SELECTION_MS,
    maxPoolSize: MAX_POOL_SIZE,
    // Our writes are idempotent by key, and the callers retry them.
    retryWrites: false,
  });
  if (onCommand) client.on('commandStarted', ({ commandName }) => onCommand(commandName));
  return client;
}

function asMalformed(error: unknown, { shown }: MongoLocation): Error {
  if (!(error instanceof MongoParseError) && !(error instanceof Error)) throw error;
  return new InvalidArgumentError(
    `archive: the address of the MongoDB server ${shown} is malformed: ${describeError(error)}`,
  );
}
