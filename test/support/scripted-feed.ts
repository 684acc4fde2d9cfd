/**
 * The Binance feed on a manual clock and a scripted network: the test plays the exchange frame by frame
 * and advances the time.
 */

import { createBinance } from '../../logger/exchange/binance/exchange.ts';
import type { BinanceLimits } from '../../logger/exchange/binance/limits.ts';
import type { Exchange, FeedHandle, Instrument } from '../../logger/exchange/exchange.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingListener } from './recording-listener.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import type { ScriptedSocket } from './scripted-transport.ts';
import { silentLog } from './silent-log.ts';

interface Opened {
  readonly listener: RecordingListener;
  readonly handle: FeedHandle;
}

export class ScriptedFeed {
  readonly clock = new ManualClock();
  readonly transport = new ScriptedTransport(this.clock);
  readonly exchange: Exchange;

  constructor(limits: Partial<BinanceLimits> = {}) {
    this.exchange = createBinance({
      wsUrl: 'wss://exchange.test/',
      restUrl: 'https://exchange.test',
      updateFrequencyMs: 100,
      staleAfterMs: 15_000,
      transport: this.transport,
      clock: this.clock,
      random: { next: () => 0.5 },
      log: silentLog,
      limits,
    });
  }

  instrumentOf(symbol: string): Instrument {
    const scale = { priceExponent: 8, sizeExponent: 8 };
    return { symbol, scale, tickSize: '0.01', lotSize: '0.00001' };
  }

  open(symbol = 'BTCUSDT'): Opened {
    const listener = new RecordingListener();
    return { listener, handle: this.exchange.open(this.instrumentOf(symbol), listener) };
  }

  depth(socket: ScriptedSocket, U: number, u: number, symbol = 'BTCUSDT'): void {
    const data = { e: 'depthUpdate', E: 1790000000123456, s: symbol, U, u, b: [['1', '1']], a: [] };
    socket.message({ stream: `${symbol.toLowerCase()}@depth@100ms`, data });
  }

  trade(socket: ScriptedSocket, t: number): void {
    const data = { e: 'trade', E: 1, s: 'BTCUSDT', t, p: '1', q: '1', T: 1, m: false };
    socket.message({ stream: 'btcusdt@trade', data });
  }

  /** Opens the newest connection and confirms its first request. */
  connect(): ScriptedSocket {
    this.clock.advance(0);
    const socket = this.transport.latest;
    socket.open();
    socket.confirm();
    return socket;
  }

  /** Confirms requests as they come. */
  confirmAll(socket: ScriptedSocket): void {
    for (let sent = -1; sent !== socket.sent.length;) {
      sent = socket.sent.length;
      socket.confirm();
      this.clock.advance(1200);
    }
  }

  /** A connection with one symbol that has received data up to sequence 10. */
  streaming(): Opened & { readonly socket: ScriptedSocket } {
    const opened = this.open();
    const socket = this.connect();
    this.depth(socket, 1, 10);
    return { ...opened, socket };
  }
}
