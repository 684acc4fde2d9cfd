/** A fresh database as the store of a logger, behind a proxy that can inject faults. */

import { freshDatabase, uriOf } from './mongodb.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import type { TcpProxy } from '../../sandbox/server/tcp-proxy.ts';

export interface MongoStore {
  /** Through the proxy, in the form of `MONGODB_ENDPOINT` and `--archive`. */
  readonly uri: string;
  /** The same database without the proxy. */
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
