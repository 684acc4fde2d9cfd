/** A core that records Bitfinex from a connection that the test plays, with a real archive of its own. */

import { createBitfinex } from '../../logger/exchange/bitfinex/exchange.ts';
import { GREETING, pairsText } from './bitfinex-frames.ts';
import type { Feed } from './bitfinex-frames.ts';
import type { ManualClock } from './manual-clock.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import type { ScriptedSocket } from './scripted-transport.ts';
import { openTestCore } from './test-core.ts';
import type { TestCore } from './test-core.ts';

export interface BitfinexCore extends TestCore {
  readonly transport: ScriptedTransport;
  readonly socket: ScriptedSocket;
  /** Opens the connection, greets and sets the flags: what is subscribed is the test's to confirm. */
  connect(): Promise<void>;
}

export async function openBitfinexCore(
  clock: ManualClock,
  feed: Feed,
  pairs: readonly string[],
): Promise<BitfinexCore> {
  const transport = new ScriptedTransport(clock);
  const addresses = { wsUrl: 'wss://exchange.test', restUrl: 'https://exchange.test' };
  const opened = await openTestCore(
    clock,
    { transport },
    {
      exchanges: new Map([
        ['bitfinex', (shared, deps) => createBitfinex({ ...addresses, feed, ...shared, ...deps })],
      ]),
    },
  );
  transport.answer = async () => ({ status: 200, headers: {}, body: pairsText(...pairs) });
  return {
    ...opened,
    transport,
    get socket() {
      return transport.latest;
    },
    connect: async () => {
      for (let i = 0; transport.sockets.length === 0 && i < 100; i++) await clock.advanceAsync(10);
      transport.latest.open();
      transport.latest.message(GREETING);
      await clock.advanceAsync(100);
      transport.latest.message('{"event":"conf","status":"OK","flags":229376}');
    },
  };
}
