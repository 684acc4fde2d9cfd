/**
 * A recording as a `Transport` with its own clock: frames arrive at their recorded receive times,
 * as fast as the caller asks for them. There is no socket, so only the logger is measured.
 */

import type {
  GetOptions,
  HttpResponse,
  Socket,
  SocketHandlers,
  Transport,
} from '../logger/runtime/transport.ts';
import type { Clock, Timer } from '../logger/runtime/clock.ts';
import { fractionDigits } from '../logger/market/decimal.ts';
import type { BinanceData } from './data.ts';
import { BINANCE_FILES, recordedLines } from './recordings.ts';

const RECORDED: BinanceData = { symbol: 'BTCUSDT', files: BINANCE_FILES };

interface Due {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Shows the receive time of the last frame; advancing it fires due timers. */
class RecordedClock implements Clock {
  #nowUs: number;
  readonly #startUs: number;
  readonly #timers = new Set<Due>();

  constructor(startUs: number) {
    this.#nowUs = startUs;
    this.#startUs = startUs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  monotonicMs(): number {
    return (this.#nowUs - this.#startUs) / 1000;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const due = { dueMs: this.monotonicMs() + delayMs, run };
    this.#timers.add(due);
    return { cancel: () => void this.#timers.delete(due) };
  }

  moveTo(us: number): void {
    this.#nowUs = Math.max(this.#nowUs, us);
    const nowMs = this.monotonicMs();
    for (const due of this.#timers) {
      if (due.dueMs > nowMs) continue;
      this.#timers.delete(due);
      due.run();
    }
  }
}

export interface RecordedMessage {
  readonly receiveTimeUs: number;
  readonly data: Buffer;
}

/** A symbol's tick and lot size, as fine as the best prices of the snapshot need. */
function exchangeInfo(symbol: string, snapshot: string): string {
  const { bids = [] } = JSON.parse(snapshot || '{}') as { readonly bids?: string[][] };
  const step = (field: number): string => {
    const digits = bids.slice(0, 20).map((level) => fractionDigits(level[field] ?? '0'));
    return (10 ** -Math.max(0, ...digits)).toFixed(8);
  };
  const filters = [
    { filterType: 'PRICE_FILTER', tickSize: step(0) },
    { filterType: 'LOT_SIZE', stepSize: step(1) },
  ];
  return JSON.stringify({ symbols: [{ symbol, status: 'TRADING', filters }] });
}

export class RecordingTransport implements Transport {
  readonly clock: RecordedClock;
  readonly messages: readonly RecordedMessage[];
  readonly security: string;
  readonly #snapshot: string;
  readonly #exchangeInfo: string;
  #handlers: SocketHandlers | undefined;

  constructor({ symbol, files }: BinanceData = RECORDED) {
    const messages: RecordedMessage[] = [];
    let snapshot = '';
    for (const { timeNs, raw } of files.flatMap((file) => [...recordedLines(file)])) {
      const isMarket = raw.includes('@depth') || raw.includes('@trade');
      if (!raw.startsWith('{"stream"')) snapshot ||= raw;
      else if (isMarket) {
        messages.push({ receiveTimeUs: Number(timeNs.slice(0, -3)), data: Buffer.from(raw) });
      }
    }
    this.messages = messages;
    this.security = `binance:${symbol}`;
    this.#snapshot = snapshot;
    this.#exchangeInfo = exchangeInfo(symbol, snapshot);
    this.clock = new RecordedClock((messages[0]?.receiveTimeUs ?? 1) - 1);
  }

  get hasSnapshot(): boolean {
    return this.#snapshot !== '';
  }

  connect(_url: string, handlers: SocketHandlers): Socket {
    this.#handlers = handlers;
    queueMicrotask(() => handlers.onOpen());
    return {
      send: (text) => {
        const { id } = JSON.parse(text) as { readonly id: number };
        queueMicrotask(() => this.#deliver(Buffer.from(JSON.stringify({ result: null, id }))));
      },
      ping: () => handlers.onAlive(this.clock.nowUs(), false),
      close: () => handlers.onClose('closed'),
      terminate: () => handlers.onClose('closed'),
    };
  }

  async get(url: string, _options: GetOptions): Promise<HttpResponse> {
    const body = url.includes('/depth') ? this.#snapshot : this.#exchangeInfo;
    return { status: 200, headers: {}, body };
  }

  /** Delivers a message at its receive time. */
  play(message: RecordedMessage): void {
    this.clock.moveTo(message.receiveTimeUs);
    this.#deliver(message.data);
  }

  #deliver(data: Buffer): void {
    this.#handlers?.onMessage(data, this.clock.nowUs());
  }
}
