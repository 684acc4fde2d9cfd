/**
 * A loopback port that nothing listens on. It lies below the ephemeral range, so that no socket with an
 * arbitrary port takes it before the test does.
 */

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [FIRST, END] = [20_000, 32_000];

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch {
      // In use: try another one.
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
