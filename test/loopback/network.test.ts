/** Sockets of the real network that don't end as they should. */

import { afterEach, expect, test } from 'vitest';
import { createNetwork } from '../../logger/service/network.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { FakeBinance } from '../support/fake-binance.ts';
import { until } from '../support/until.ts';

let fake: FakeBinance | undefined;

afterEach(async () => {
  await fake?.close();
});

/** What a handler threw ends the process, which stops first: that must not wait for ever. */
test('a socket whose handler threw is closed all the same', async () => {
  fake = await FakeBinance.start();
  const guards = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const thrown: unknown[] = [];
  process.on('uncaughtException', (error) => thrown.push(error));
  try {
    let isOpen = false;
    let closed: string | undefined;
    const socket = createNetwork(createSystemClock()).connect(fake.wsUrl, {
      onOpen: () => (isOpen = true),
      onMessage: () => {
        throw new TypeError('a bug');
      },
      onAlive: () => undefined,
      onClose: (reason) => (closed = reason),
    });
    await until('open', () => isOpen);
    fake.connections[0]?.raw('{}');
    await until('the bug', () => thrown.length > 0);
    socket.close();
    await until('closed', () => closed !== undefined);
    expect(closed).toContain('not closed by the other side');
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const guard of guards) process.on('uncaughtException', guard);
  }
});
