/**
 * The one door to a MongoDB server: client, collections, deadlines, errors. The driver waits for
 * ever by default; nothing that goes through here takes longer than `DEADLINE_MS`, whatever the
 * server, or what stands between, does.
 */

import { MongoClient, MongoParseError, MongoServerError } from 'mongodb';
import type { Collection, Db, Document } from 'mongodb';
import {
  ArchiveUnavailableError,
  ConfigError,
  InvalidArgumentError,
  LoggerError,
  describeError,
} from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { MongoLocation } from './location.ts';

/** No call waits longer for its answer. */
export const DEADLINE_MS = 10_000;
/** … of which so much to find a server that takes it. */
const SERVER_SELECTION_MS = 8_000;
/** Whether it is there at all is known sooner. */
const PING_DEADLINE_MS = 5_000;
/** A socket that says nothing for so long is closed by the driver, a little after we gave up. */
const SOCKET_TIMEOUT_MS = DEADLINE_MS + 1_000;
const POOL_SIZE_MAX = 8;
/**
 * A client without a single answer for so long is replaced. Where the connections are cut while it
 * writes, the driver (7.8) may wait for ever for a `drain` of a closed socket: its monitor never looks
 * for the server again, and no connection is made any more.
 */
export const RENEW_AFTER_MS = 20_000;

/** The server's codes for a database name that it does not allow. */
const INVALID_NAMESPACE = 73;

export interface StoredDocument extends Document {
  _id: string;
}

export type CollectionName = 'base_images' | 'blocks' | 'gaps' | 'securities' | 'owners';

export class MongoConnection {
  readonly location: MongoLocation;
  readonly #clock: Clock;
  readonly #onCommand: ((name: string) => void) | undefined;
  #client: MongoClient;
  /** A client whose first attempt failed stays closed for ever: until one has worked, each is new. */
  #hasWorked = false;
  /** Since when there was no answer, on the monotonic clock; null: the last call had one. */
  #silentSinceMs: number | null = null;
  #isClosed = false;

  /**
   * Connects when it is first used.
   * @param onCommand hears the name of each command that is sent: what an answer costs.
   * @throws InvalidArgumentError for a malformed URI.
   */
  constructor(location: MongoLocation, clock: Clock, onCommand?: (name: string) => void) {
    this.location = location;
    this.#clock = clock;
    this.#onCommand = onCommand;
    try {
      this.#client = newClient(location, onCommand);
    } catch (error) {
      throw asMalformed(error, location);
    }
  }

  collection(name: CollectionName): Collection<StoredDocument> {
    return this.#database().collection<StoredDocument>(name);
  }

  /** Whether the server answers. @throws ArchiveUnavailableError */
  async ping(): Promise<void> {
    await this.within('ping', () => this.#database().command({ ping: 1 }), PING_DEADLINE_MS);
  }

  /**
   * Runs a call under the deadline. What it would still bring afterwards is dropped.
   * @throws ArchiveUnavailableError for whatever the driver or the server says, but for what `call`
   *   raises of our own.
   */
  async within<T>(what: string, call: () => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
    if (this.#isClosed) throw new ArchiveUnavailableError('The connection to MongoDB is closed');
    const client = this.#client;
    let deadline: { cancel(): void } | undefined;
    const late = new Promise<never>((_, reject) => {
      deadline = this.#clock.schedule(deadlineMs, () => {
        reject(
          new ArchiveUnavailableError(
            `MongoDB (${this.location.shown}) gave no answer in ${deadlineMs / 1000} s to: ${what}`,
            { retryable: true },
          ),
        );
      });
    });
    try {
      const answer = await Promise.race([call(), late]);
      if (client === this.#client) this.#heard();
      return answer;
    } catch (error) {
      if (this.#hasWorked && isAnswer(error)) this.#silentSinceMs = null;
      else if (client === this.#client) this.#heardNothing();
      throw this.#mapped(error);
    } finally {
      deadline?.cancel();
    }
  }

  /** Idempotent; does not wait for answers that do not come. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    let patience: { cancel(): void } | undefined;
    const late = new Promise<void>((resolve) => {
      patience = this.#clock.schedule(1_000, resolve);
    });
    await Promise.race([this.#client.close(true), late]);
    patience?.cancel();
  }

  #database(): Db {
    return this.#client.db(this.location.database);
  }

  #heard(): void {
    this.#hasWorked = true;
    this.#silentSinceMs = null;
  }

  #heardNothing(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#silentSinceMs ??= nowMs;
    if (!this.#hasWorked || nowMs - this.#silentSinceMs >= RENEW_AFTER_MS) this.#renew();
  }

  #renew(): void {
    // What it still holds goes with it; nobody waits for that.
    this.#client.close(true).catch(() => undefined);
    this.#client = newClient(this.location, this.#onCommand);
    this.#hasWorked = false;
    this.#silentSinceMs = null;
  }

  #mapped(error: unknown): Error {
    if (error instanceof LoggerError) return error;
    if (error instanceof MongoServerError && error.code === INVALID_NAMESPACE) {
      return new ConfigError(
        `The MongoDB server refuses the database name ${JSON.stringify(this.location.database)}: set MONGODB_DATABASE to one that it allows`,
        { cause: error },
      );
    }
    return new ArchiveUnavailableError(
      `MongoDB (${this.location.shown}): ${describeError(error)}`,
      { retryable: true, cause: error },
    );
  }
}

/** A refusal is one, too; but what broke off a bulk is told as the server's error, without a code. */
function isAnswer(error: unknown): boolean {
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
    maxPoolSize: POOL_SIZE_MAX,
    // Ours are idempotent by key, and know better when to try again.
    retryWrites: false,
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: DEADLINE_MS },
    promoteBuffers: true,
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
