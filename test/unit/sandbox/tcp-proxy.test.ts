import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startTcpProxy } from '../../../sandbox/server/tcp-proxy.ts';
import { until } from '../../../sandbox/until.ts';

test('data after a delay does not overtake delayed data', async () => {
  const server = createServer((socket) => void socket.setNoDelay(true).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = await startTcpProxy({ host: '127.0.0.1', port });
  const client = connect(proxy.port, '127.0.0.1');
  let heard = '';
  client.setNoDelay(true).on('data', (data: Buffer) => (heard += data.toString()));

  proxy.delayMs = 200;
  client.write('first,');
  await until('the first to be held', () => proxy.bytes.down === 6);
  proxy.delayMs = 0;
  for (const word of ['second,', 'third']) {
    client.write(word);
    await wait(10);
  }
  expect(heard).toBe('');
  await until('all of it', () => heard.length === 18);
  expect(heard).toBe('first,second,third');

  client.destroy();
  await proxy.close();
  server.close();
});
