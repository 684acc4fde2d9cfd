/** When a client of the driver is replaced: without a server, by the outcome of its calls. */

import { MongoBulkWriteError, MongoNetworkError, MongoServerError } from 'mongodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  MongoConnection,
  RENEW_AFTER_MS,
  TIMEOUT_MS,
} from '../../../logger/archive/mongodb/connection.ts';
import { mongoLocation } from '../../../logger/archive/mongodb/location.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let connection: MongoConnection;

beforeEach(() => {
  clock = new ManualClock();
  connection = new MongoConnection(mongoLocation('127.0.0.1:1', 'a_database'), clock);
});
afterEach(() => connection.close());

/** The driver's client, which is private. */
const client = (): unknown => Reflect.get(connection.collection('blocks'), 'client');
const answers = (): Promise<number> => connection.within('a call', async () => 1);
const fails = async (error: Error): Promise<void> => {
  const call = connection.within('a call', async () => {
    throw error;
  });
  await expect(call).rejects.toThrow();
};
const isCut = (): Promise<void> => fails(new MongoNetworkError('closed'));

/** A call without a reply, until its timeout. */
async function isLost(): Promise<void> {
  const call = connection.within('a call', () => new Promise(() => undefined));
  const lost = expect(call).rejects.toThrow('did not answer within 10 s');
  await clock.advanceAsync(10_000, 1000);
  await lost;
}

describe('a client', () => {
  test('that has never worked is replaced at its first failure', async () => {
    const first = client();
    await isCut();
    expect(client()).not.toBe(first);
  });

  test('that has worked is kept through a short outage, and so is one with replies', async () => {
    await answers();
    const first = client();
    for (let i = 0; i < 10; i++) {
      await isCut();
      await clock.advanceAsync(RENEW_AFTER_MS - 1);
      await isCut();
      await answers();
    }
    expect(client()).toBe(first);
  });

  test('that has worked, and then gets no reply any more, is replaced', async () => {
    await answers();
    const first = client();
    await isLost();
    await isLost();
    expect(client()).toBe(first);
    await isLost();
    expect(client()).not.toBe(first);
  });

  test('that replaced another is replaced in turn until one works', async () => {
    await answers();
    await isCut();
    await clock.advanceAsync(RENEW_AFTER_MS);
    await isCut();
    const second = client();
    await isCut();
    const third = client();
    expect(third).not.toBe(second);
    await answers();
    await isCut();
    expect(client()).toBe(third);
  });

  test('is replaced also when inserts are interrupted', async () => {
    await answers();
    const first = client();
    const cut = new MongoBulkWriteError(new MongoNetworkError('closed'), {} as never);
    for (let i = 0; i < 3; i++) {
      await fails(cut);
      await clock.advanceAsync(RENEW_AFTER_MS / 2);
    }
    expect(client()).not.toBe(first);
  });

  test('whose server rejects a call is kept: a rejection is a reply', async () => {
    await answers();
    const first = client();
    for (let i = 0; i < 10; i++) {
      await fails(new MongoServerError({ message: 'no', code: 13 }));
      await clock.advanceAsync(RENEW_AFTER_MS / 2);
    }
    expect(client()).toBe(first);
  });
});

describe('no option of a URI', () => {
  test.each([
    'journal=false',
    'j=false',
    'w=0',
    'w=1&journal=false',
    'wtimeout=1',
    'wtimeoutMS=1',
    'raw=true',
    'promoteValues=false&promoteLongs=false',
    'useBigInt64=true',
  ])('changes what is durable, or what is read: %s', async (query) => {
    const odd = new MongoConnection(mongoLocation(`mongodb://127.0.0.1:1/a?${query}`), clock);
    try {
      const collection = odd.collection('blocks');
      expect(collection.writeConcern).toMatchObject({ w: 'majority', journal: true });
      expect(collection.writeConcern?.wtimeoutMS).toBe(TIMEOUT_MS);
      expect(collection.bsonOptions).toMatchObject({
        raw: false,
        useBigInt64: false,
        promoteLongs: true,
        promoteValues: true,
        promoteBuffers: true,
      });
    } finally {
      await odd.close();
    }
  });
});

test.each([
  [{}, 'primary'],
  [{ isReader: true }, 'secondaryPreferred'],
])('a URI may send reads to secondaries, but not those of a writer: %j', async (options, mode) => {
  const uri = 'mongodb://127.0.0.1:1/a?readPreference=secondaryPreferred';
  const other = new MongoConnection(mongoLocation(uri), clock, options);
  try {
    expect(other.collection('owners').readPreference?.mode).toBe(mode);
  } finally {
    await other.close();
  }
});
