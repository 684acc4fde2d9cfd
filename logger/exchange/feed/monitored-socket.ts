/**
 * A WebSocket with what every exchange's needs: a stale watch, pacing of our own messages, and the
 * last moment at which it was known to be alive. It knows nothing of what the messages say. Whatever
 * ends it, `onClose` is called once; after `close` nothing is called.
 */

import type { Clock, Timer } from '../../runtime/clock.ts';
import { MessagePace } from './message-pace.ts';
import type { PaceLimits } from './message-pace.ts';
import { StaleWatch } from './stale-watch.ts';
import type { SocketActivity } from './stale-watch.ts';
import type { Socket, Transport, UpgradeRejection } from '../../runtime/transport.ts';

export interface MonitoredSocketOptions {
  readonly url: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Nothing at all for this long, pongs included, means dead. Also the limit for opening. */
  readonly staleAfterMs: number;
  readonly pace: PaceLimits;
}

export interface MonitoredSocketHandlers {
  onOpen(): void;
  onMessage(data: Buffer, receiveTimeUs: number): void;
  /** It answers pings, but has brought no data for much longer than that. */
  onNoData(silentMs: number): void;
  /** See `SocketHandlers`. */
  onClose(reason: string, isTooLarge: boolean, rejection?: UpgradeRejection): void;
}

export class MonitoredSocket {
  readonly #clock: Clock;
  readonly #handlers: MonitoredSocketHandlers;
  readonly #socket: Socket;
  readonly #activity: SocketActivity;
  readonly #watch: StaleWatch;
  readonly #pace: MessagePace;
  readonly #timers = new Set<Timer>();
  #aliveUntilUs: number | null = null;
  #isOpen = false;
  #isEnded = false;
  #socketClosed: () => void = () => undefined;
  readonly #closed: Promise<void>;

  constructor(options: MonitoredSocketOptions, handlers: MonitoredSocketHandlers) {
    const { clock, staleAfterMs } = options;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#closed = new Promise((resolve) => (this.#socketClosed = resolve));
    this.#pace = new MessagePace(clock, options.pace);
    const nowMs = clock.monotonicMs();
    this.#activity = { heardMs: nowMs, dataMs: nowMs };
    this.#watch = new StaleWatch(clock, staleAfterMs, this.#activity, {
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
      onClose: (reason, isTooLarge, rejection) => {
        this.#socketClosed();
        this.#end(reason, isTooLarge ?? false, rejection);
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

  /** The message that has just come in is market data. */
  noteData(): void {
    this.#activity.dataMs = this.#activity.heardMs;
  }

  /** Sets whether market data is due, so that its absence is reported. */
  expectData(isExpected: boolean): void {
    this.#watch.expectData(isExpected);
  }

  /** Sends as soon as the pace allows, then calls `onSent`; never, if the socket ends before. */
  send(text: string, onSent: () => void): void {
    this.#whenPaced(() => {
      this.#socket.send(text);
      onSent();
    });
  }

  /** Calls `run` after `delayMs` unless the socket ends before. */
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

  /** Terminates it; `onClose` is called with the reason before this returns. */
  drop(reason: string): void {
    if (this.#isEnded) return;
    this.#socket.terminate();
    this.#end(reason, false);
  }

  /** Closes it. No handler is called any more; resolves when the socket is gone. */
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
    this.#activity.heardMs = this.#clock.monotonicMs();
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

  #end(reason: string, isTooLarge: boolean, rejection?: UpgradeRejection): void {
    if (this.#isEnded) return;
    this.#stop();
    this.#handlers.onClose(reason, isTooLarge, rejection);
  }

  #stop(): void {
    this.#isEnded = true;
    this.#watch.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
