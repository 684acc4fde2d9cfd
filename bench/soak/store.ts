/** A temporary database behind a proxy that can inject faults. */

import { MongoClient } from 'mongodb';
import { InvalidArgumentError, describeError } from '../../logger/errors.ts';
import { mongoLocation } from '../../logger/archive/mongodb/location.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import type { TcpProxy } from '../../sandbox/server/tcp-proxy.ts';

const DEFAULT_PORT = 27_017;
const ANSWER_LIMIT_MS = 5000;

export interface Store {
  readonly proxy: TcpProxy;
  /** Through the proxy, for `MONGODB_ENDPOINT`. */
  readonly endpoint: string;
  /** The same database without the proxy. */
  readonly location: string;
  /** Deletes the database. */
  drop(): Promise<void>;
}

/**
 * @param endpoint one server, in the format of `MONGODB_ENDPOINT`.
 * @throws InvalidArgumentError if it is not one server, or does not answer.
 */
export async function openStore(endpoint: string, database: string): Promise<Store> {
  const { uri } = mongoLocation(endpoint);
  if (!URL.canParse(uri)) {
    throw new InvalidArgumentError(
      'MONGODB_ENDPOINT: the soak needs the address of one server, host:port or a mongodb:// URI',
    );
  }
  const url = new URL(uri);
  url.pathname = `/${database}`;
  url.searchParams.set('directConnection', 'true');
  const location = url.href;
  const client = new MongoClient(location, { serverSelectionTimeoutMS: ANSWER_LIMIT_MS });
  try {
    await client.db(database).command({ ping: 1 });
  } catch (error) {
    await client.close();
    throw new InvalidArgumentError(
      `MONGODB_ENDPOINT: ${url.host} does not answer (${describeError(error)})`,
    );
  }
  const proxy = await startTcpProxy({
    host: url.hostname,
    port: Number(url.port || DEFAULT_PORT),
  });
  url.host = `127.0.0.1:${proxy.port}`;
  return {
    proxy,
    endpoint: url.href,
    location,
    drop: async () => {
      await proxy.close();
      await client.db(database).dropDatabase();
      await client.close();
    },
  };
}
