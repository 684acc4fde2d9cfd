/**
 * The attackers of `wrong-keys.ts`, in a separate process: clients with a wrong key that call as
 * fast as they can, over several connections with several calls in flight on each, until the parent
 * sends `stop` and gets the counts.
 */

import { Client, Metadata, credentials, status } from '@grpc/grpc-js';

const PING = '/orderbook.manager.v1.Manager/Ping';

/** The outcome of the calls in a period. */
export interface CallCounts {
  readonly sent: number;
  /** Rejected by the logger; the others were abandoned. */
  readonly answered: number;
}

/** @returns the gRPC status. */
export function ping(client: Client, key: string, deadlineMs: number): Promise<status> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${key}`);
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      PING,
      same,
      same,
      Buffer.alloc(0),
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error) => resolve(error?.code ?? status.OK),
    );
  });
}

export function connectTo(port: number): Client {
  return new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
}

function main([port, connections, calls, giveUpMs]: readonly number[]): void {
  const counts = { sent: 0, answered: 0 };
  const call = async (client: Client): Promise<never> => {
    for (;;) {
      counts.sent++;
      const code = await ping(client, `wrong-key-${counts.sent}`, giveUpMs!);
      if (code === status.UNAUTHENTICATED) counts.answered++;
    }
  };
  for (let i = 0; i < connections!; i++) {
    const client = connectTo(port!);
    for (let each = 0; each < calls!; each++) void call(client);
  }
  process.once('message', () => process.send?.(counts, () => process.exit()));
}

// Only in the separate process: the parent imports the rest.
if (process.send) main(process.argv.slice(2).map(Number));
