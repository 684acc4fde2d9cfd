/** The public channels of Coinbase, for their tests. */

import type { TradeId } from '../../../../logger/market/events.ts';
import { BTC, snapshot } from '../../../support/coinbase-frames.ts';
import type { RecordingListener } from '../../../support/recording-listener.ts';
import { ScriptedCoinbase } from '../../../support/scripted-coinbase.ts';
import type { ScriptedSocket } from '../../../support/scripted-transport.ts';

const signal = new AbortController().signal;

export function createFeed(): ScriptedCoinbase {
  return new ScriptedCoinbase({ feed: 'level2_batch', credentials: null });
}

/** One product whose first snapshot has been handed out. */
export async function recorded(feed: ScriptedCoinbase): Promise<{
  readonly socket: ScriptedSocket;
  readonly listener: RecordingListener;
}> {
  const { socket, listener } = feed.streaming();
  socket.message(snapshot());
  await feed.exchange.snapshot(BTC, signal);
  return { socket, listener };
}

/** Confirms every request on a socket, at the pace at which they come. */
export function confirmAll(feed: ScriptedCoinbase, socket: ScriptedSocket): void {
  for (let sent = -1; sent !== socket.sent.length;) {
    sent = socket.sent.length;
    feed.confirm(socket);
    feed.clock.advance(1000);
  }
}

export const ids = (listener: RecordingListener): TradeId[] =>
  listener.trades.map(({ tradeId }) => tradeId);
