/**
 * The part of a session that is the same at every venue: it ends after its lifetime, can be frozen,
 * and disconnects a client that reads too slowly.
 */

import type { Clock, Timer } from '../../logger/runtime/clock.ts';
import type { Peer, Session } from './session.ts';

export interface ClientSessionOptions {
  readonly peer: Peer;
  readonly clock: Clock;
  readonly lifeMs: number;
  readonly maxBufferedBytes: number;
}

export abstract class ClientSession implements Session {
  protected readonly peer: Peer;
  protected readonly clock: Clock;
  readonly #maxBufferedBytes: number;
  readonly #startedMs: number;
  #lifeTimer: Timer;
  #state: 'open' | 'frozen' | 'closed' = 'open';

  constructor({ peer, clock, lifeMs, maxBufferedBytes }: ClientSessionOptions) {
    this.peer = peer;
    this.clock = clock;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#startedMs = clock.monotonicMs();
    this.#lifeTimer = clock.schedule(lifeMs, () => this.#expire());
  }

  abstract readonly streams: readonly string[];
  abstract onMessage(message: string | undefined): void;
  abstract onPing(payload: Buffer): void;
  abstract onPong(payload: Buffer): void;
  abstract announceShutdown(nowUs: number): void;
  /** The venue's close code and reason for a connection past its lifetime. */
  protected abstract readonly expiry: { readonly code: number; readonly reason: string };
  /** Cancels the session's timers and ends its subscriptions. */
  protected abstract release(): void;

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen';
  }

  onClosed(): void {
    this.#state = 'closed';
    this.#lifeTimer.cancel();
    this.release();
  }

  deliver(data: string | Buffer): void {
    if (!this.isOpen) return;
    if (this.peer.bufferedBytes() > this.#maxBufferedBytes) this.peer.terminate();
    else this.peer.send(data);
  }

  freeze(): void {
    if (!this.isOpen) return;
    this.#state = 'frozen';
    this.peer.pause();
  }

  changeLife(lifeMs: number): void {
    const leftMs = this.#startedMs + lifeMs - this.clock.monotonicMs();
    this.#lifeTimer.cancel();
    this.#lifeTimer = this.clock.schedule(Math.max(0, leftMs), () => this.#expire());
  }

  #expire(): void {
    if (this.isOpen) this.peer.close(this.expiry.code, this.expiry.reason);
  }
}
