/** A core that records Bybit from a network that the test plays, with a real archive of its own. */

import { createBybit } from '../../logger/exchange/bybit/exchange.ts';
import type { BybitFeedName } from '../../logger/exchange/bybit/topics.ts';
import { BybitConnection, answer } from './bybit-frames.ts';
import type { ManualClock } from './manual-clock.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import type { ScriptedSocket } from './scripted-transport.ts';
import { openTestCore } from './test-core.ts';
import type { TestCore } from './test-core.ts';

export interface BybitCore extends TestCore {
  readonly transport: ScriptedTransport;
  /** The exchange's side of the newest connection. */
  readonly socket: ScriptedSocket;
  /** What REST answers next to a request for a book; null: that it has none. */
  book: unknown;
  /** Requests for books so far. */
  readonly booksAsked: number;
  /** Answers what was sent on the newest connection since the last call, and lets everything settle. */
  settle(): Promise<void>;
}

export async function openBybitCore(clock: ManualClock, feed: BybitFeedName): Promise<BybitCore> {
  const transport = new ScriptedTransport(clock);
  const venue = new BybitConnection(`orderbook.${feed}`);
  const addresses = { wsUrl: 'wss://exchange.test', restUrl: 'https://exchange.test' };
  const opened = await openTestCore(
    clock,
    { transport },
    {
      exchanges: new Map([
        ['bybit', (shared, deps) => createBybit({ ...addresses, feed, ...shared, ...deps })],
      ]),
    },
  );
  const answered = new Map<ScriptedSocket, number>();
  const core: BybitCore = {
    ...opened,
    transport,
    book: null,
    get socket() {
      return transport.latest;
    },
    get booksAsked() {
      return transport.asked.filter((url) => url.includes('orderbook')).length;
    },
    settle: async () => {
      for (let round = 0; round < 10; round++) {
        await clock.advanceAsync(10);
        const socket = transport.sockets.at(-1);
        if (!socket || socket.isClosed) continue;
        if (!answered.has(socket)) socket.open();
        const from = answered.get(socket) ?? 0;
        answered.set(socket, socket.sent.length);
        for (const request of socket.sent.slice(from)) {
          for (const frame of venue.grant(request)) socket.message(frame);
        }
      }
    },
  };
  transport.answer = async (url) => {
    const symbol = new URL(url).searchParams.get('symbol');
    const sizes = {
      priceFilter: { tickSize: '0.1' },
      lotSizeFilter: { basePrecision: '0.000001' },
    };
    const list = symbol === 'NOSUCH' ? [] : [{ symbol, ...sizes }];
    const nothing = { retCode: 10001, retMsg: 'Not supported', result: {} };
    const body = url.includes('orderbook')
      ? (core.book ?? nothing)
      : answer({ category: 'spot', list });
    return { status: 200, headers: {}, body: JSON.stringify(body) };
  };
  return core;
}
