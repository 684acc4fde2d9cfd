/**
 * The Coinbase feed on a manual clock and a scripted network: the test plays the exchange frame by
 * frame and advances the time. Log lines are kept.
 */

import { createCoinbase } from '../../logger/exchange/coinbase/exchange.ts';
import type { CoinbaseOptions } from '../../logger/exchange/coinbase/exchange.ts';
import type { Exchange, FeedHandle, Instrument } from '../../logger/exchange/exchange.ts';
import type { Log, LogFields } from '../../logger/runtime/log.ts';
import { BTC, CREDENTIALS } from './coinbase-frames.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingListener } from './recording-listener.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import type { ScriptedSocket } from './scripted-transport.ts';

interface Opened {
  readonly listener: RecordingListener;
  readonly handle: FeedHandle;
}

/** A log that keeps everything as one text. */
export function keptLog(lines: string[]): Log {
  const keep = (message: string, fields?: LogFields): void =>
    void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  return { error: keep, warning: keep, notice: keep, info: keep, debug: keep };
}

export class ScriptedCoinbase {
  readonly clock = new ManualClock();
  readonly transport = new ScriptedTransport(this.clock);
  readonly logged: string[] = [];
  readonly exchange: Exchange;

  constructor(options: Partial<CoinbaseOptions> = {}) {
    this.exchange = createCoinbase({
      wsUrl: 'wss://feed.test/',
      restUrl: 'https://rest.test/',
      staleAfterMs: 15_000,
      feed: 'full',
      credentials: CREDENTIALS,
      transport: this.transport,
      clock: this.clock,
      random: { next: () => 0.5 },
      log: keptLog(this.logged),
      ...options,
    });
  }

  open(symbol = BTC): Opened {
    const listener = new RecordingListener();
    const instrument: Instrument = {
      symbol,
      scale: { priceExponent: 2, sizeExponent: 8 },
      tickSize: '0.01',
      lotSize: '0.00000001',
    };
    return { listener, handle: this.exchange.open(instrument, listener) };
  }

  /** Opens the newest connection and confirms its first request. */
  connect(): ScriptedSocket {
    this.clock.advance(0);
    const socket = this.transport.latest;
    socket.open();
    this.confirm(socket);
    return socket;
  }

  /** The exchange's reply to a request that it accepts. */
  confirm(socket: ScriptedSocket): void {
    socket.message({ type: 'subscriptions', channels: [] });
  }

  /** One product, subscribed and confirmed. */
  streaming(symbol = BTC): Opened & { readonly socket: ScriptedSocket } {
    const opened = this.open(symbol);
    return { ...opened, socket: this.connect() };
  }

  /** The REST response to every request. */
  answers(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.transport.answer = async () => ({ status, headers, body: JSON.stringify(body) });
  }

  /** Messages sent on a socket. */
  sent(socket: ScriptedSocket): Record<string, unknown>[] {
    return socket.sent.map((text) => JSON.parse(text) as never);
  }
}
