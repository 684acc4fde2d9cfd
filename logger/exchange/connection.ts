/**
 * One socket to an exchange, with what any exchange's socket needs: the stale watch, the pace of our
 * own messages, and the last moment at which it was known to be whole. It knows nothing of what the
 * messages say. Whatever ends it, `onClose` is called once; after `close` nothing is called.
 */

import type { Clock, Timer } from '../runtime/clock.ts';
import { MessagePace } from './message-pace.ts';
import type { PaceLimits } from './message-pace.ts';
import { StaleWatch } from './stale-watch.ts';
import type { Socket, Transport } from '../runtime/transport.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Nothing at all for this long, pongs included: dead. Also the limit for opening. */
  readonly staleAfterMs: number;
  readonly pace: PaceLimits;
}

export interface ConnectionHandlers {
  onOpen(): void;
  onMessage(data: Buffer, receiveTimeUs: number): void;
  /** It answers pings, but has brought no data for far too long. */
  onNoData(silentMs: number): void;
  /** `isTooLarge`: a message above the size limit ended it. */
  onClose(reason: string, isTooLarge: boolean): void;
}

export class Connection {
  readonly #clock: Clock;
  readonly #handlers: ConnectionHandlers;
  readonly #socket: Socket;
  readonly #watch: StaleWatch;
  readonly #pace: MessagePace;
  readonly #timers = new Set<Timer>();
  #aliveUntilUs: number | null = null;
  #isOpen = false;
  #isEnded = false;
  #socketClosed: () => void = () => undefined;
  readonly #closed: Promise<void>;

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    const { clock, staleAfterMs } = options;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#closed = new Promise((resolve) => (this.#socketClosed = resolve));
    this.#pace = new MessagePace(clock, options.pace);
    this.#watch = new StaleWatch(clock, staleAfterMs, {
      onPing: () => this.#ping(),
      onDead: (silentMs) =>
        this.drop(
          this.#isOpen
            ? `Nothing came in for ${Math.round(silentMs)} ms`
            : `Not open after ${Math.round(silentMs)} ms`,
        ),
      onNoData: (silentMs) => handlers.onNoData(silentMs),
    });
    this.#socket = options.transport.connect(options.url, {
      onOpen: () => this.#opened(),
      onMessage: (data, receiveTimeUs) => {
        if (this.#isEnded) return;
        this.#heard(receiveTimeUs);
        handlers.onMessage(data, receiveTimeUs);
      },
      onAlive: (receiveTimeUs, isPing) => {
        if (this.#isEnded) return;
        this.#heard(receiveTimeUs);
        if (isPing) this.#pace.answeredPing();
      },
      onClose: (reason, isTooLarge) => {
        this.#socketClosed();
        this.#end(reason, isTooLarge ?? false);
      },
    });
  }

  /** Receive time of the last sign of life; null before it opened. */
  get aliveUntilUs(): number | null {
    return this.#aliveUntilUs;
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isEnded;
  }

  /** Market data came in: the connection is not only alive but useful. */
  noteData(): void {
    this.#watch.data();
  }

  /** From here on data is due (or no longer): a connection without any is reported. */
  expectData(isExpected: boolean): void {
    this.#watch.expectData(isExpected);
  }

  /** Sends, then calls `onSent`, as soon as the pace allows; never, if the connection ends before. */
  send(text: string, onSent: () => void): void {
    this.#whenPaced(() => {
      this.#socket.send(text);
      onSent();
    });
  }

  /** Calls `run` after `delayMs` unless the connection ends before. */
  schedule(delayMs: number, run: () => void): Timer {
    const timer = this.#clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Gives it up at once; `onClose` is called with the reason before this returns. */
  drop(reason: string): void {
    if (this.#isEnded) return;
    this.#socket.terminate();
    this.#end(reason, false);
  }

  /** Says goodbye. No handler is called any more; resolves when the socket is gone. */
  close(): Promise<void> {
    this.#stop();
    this.#socket.close();
    return this.#closed;
  }

  #opened(): void {
    if (this.#isEnded) return;
    this.#isOpen = true;
    this.#heard(this.#clock.nowUs());
    this.#handlers.onOpen();
  }

  #heard(receiveTimeUs: number): void {
    this.#aliveUntilUs = Math.max(this.#aliveUntilUs ?? 0, receiveTimeUs);
    this.#watch.heard();
  }

  #ping(): void {
    if (this.#isOpen) this.#whenPaced(() => this.#socket.ping());
  }

  #whenPaced(run: () => void): void {
    if (this.#isEnded) return;
    const waitMs = this.#pace.waitMs();
    if (waitMs > 0) {
      this.schedule(waitMs, () => this.#whenPaced(run));
      return;
    }
    this.#pace.sent();
    run();
  }

  #end(reason: string, isTooLarge: boolean): void {
    if (this.#isEnded) return;
    this.#stop();
    this.#handlers.onClose(reason, isTooLarge);
  }

  #stop(): void {
    this.#isEnded = true;
    this.#watch.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
