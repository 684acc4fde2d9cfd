/** A database of a test's own as the store of a logger, behind a proxy that can misbehave. */

import { freshDatabase, uriOf } from './mongodb.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import type { TcpProxy } from '../../sandbox/server/tcp-proxy.ts';

export interface MongoStore {
  /** As `MONGODB_ENDPOINT` and `--archive` take it, through the proxy. */
  readonly uri: string;
  /** The same database, past the proxy. */
  readonly directUri: string;
  readonly proxy: TcpProxy;
  close(): Promise<void>;
}

export async function startMongoStore(): Promise<MongoStore> {
  const location = freshDatabase();
  const server = new URL(location.uri);
  const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
  return {
    uri: `mongodb://127.0.0.1:${proxy.port}/${location.database}?directConnection=true`,
    directUri: uriOf(location),
    proxy,
    close: () => proxy.close(),
  };
}
