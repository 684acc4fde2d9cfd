/**
 * The faults that are active at one venue. Frames and responses pass through here on their way out,
 * and the venue asks what to do with each; nothing is sent from here. The true history of the market
 * is kept elsewhere and no fault touches it.
 */

import type { Clock } from '../../logger/runtime/clock.ts';
import { Countdown } from './countdown.ts';
import type { Corruption } from './frames.ts';

/** A frame to send, and how to corrupt it first; null: not at all. */
export interface OutgoingFrame<Frame> {
  readonly frame: Frame;
  readonly corruption: Corruption | null;
}

/** How to answer a request for a book. */
export interface SnapshotPlan {
  readonly delayMs: number;
  readonly content: 'true' | 'stale' | 'empty' | 'truncated';
}

/** How to reject a request. */
export interface Rejection {
  readonly status: number;
  readonly retryAfterSeconds: number;
}

/** How to reject a WebSocket handshake: with a status, or with one and a `Retry-After`. */
export type HandshakeRejection =
  HandshakeStatus | { readonly status: HandshakeStatus; readonly retryAfterSeconds: number };

export const HANDSHAKE_STATUSES = [403, 404, 418, 429, 451, 503] as const;
export type HandshakeStatus = (typeof HANDSHAKE_STATUSES)[number];

/** Faults of one update stream: how many of its next frames each of them affects. */
export class StreamFaults<Frame> {
  dropped = 0;
  duplicated = 0;
  /** Counts pairs of frames. */
  reordered = 0;
  corrupted = 0;
  corruption: Corruption = 'truncated';
  #held: OutgoingFrame<Frame> | null = null;

  /** @returns the frames to send instead of `frame`, in this order. */
  apply(frame: Frame): readonly OutgoingFrame<Frame>[] {
    if (this.dropped > 0) {
      this.dropped--;
      return [];
    }
    const corruption = this.corrupted > 0 ? this.corruption : null;
    if (corruption) this.corrupted--;
    const outgoing = { frame, corruption };
    const held = this.#held;
    if (held) {
      this.#held = null;
      return [outgoing, held];
    }
    if (this.reordered > 0) {
      this.reordered--;
      this.#held = outgoing;
      return [];
    }
    if (this.duplicated > 0) {
      this.duplicated--;
      return [outgoing, outgoing];
    }
    return [outgoing];
  }
}

/** @typeParam Frame the data that a venue renders its book updates from. */
export class FaultInjector<Frame> {
  readonly rejectedConnections = new Countdown<HandshakeRejection>();
  readonly rejectedLogins = new Countdown<true>();
  readonly rejectedRequests = new Countdown<Rejection>();
  /** The value is the delay in milliseconds. */
  readonly slowSnapshots = new Countdown<number>();
  readonly staleSnapshots = new Countdown<true>();
  readonly emptySnapshots = new Countdown<true>();
  readonly truncatedSnapshots = new Countdown<true>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #streams = new Map<string, StreamFaults<Frame>>();
  /** By symbol; `null`: all of them. */
  readonly #silentUntilMs = new Map<string | null, number>();
  readonly #rejectsUntilMs = new Map<string | null, number>();
  readonly #delisted = new Set<string>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** The faults of an update stream, to be added to. */
  stream(name: string): StreamFaults<Frame> {
    let faults = this.#streams.get(name);
    if (!faults) {
      faults = new StreamFaults();
      this.#streams.set(name, faults);
    }
    return faults;
  }

  silence(symbol: string | null, durationMs: number): void {
    this.#silentUntilMs.set(symbol, this.#clock.monotonicMs() + durationMs);
  }

  /** Subscriptions are answered with an error frame. */
  rejectSubscriptions(symbol: string | null, durationMs: number): void {
    this.#rejectsUntilMs.set(symbol, this.#clock.monotonicMs() + durationMs);
  }

  /** The symbol exists no more: no streams, no REST. */
  delist(symbol: string): void {
    this.#delisted.add(symbol);
  }

  /** Ends every active fault. */
  clear(): void {
    this.#streams.clear();
    this.#silentUntilMs.clear();
    this.#rejectsUntilMs.clear();
    this.#delisted.clear();
    const snapshots = [this.slowSnapshots, this.staleSnapshots, this.emptySnapshots];
    const rejections = [this.rejectedConnections, this.rejectedLogins, this.rejectedRequests];
    for (const each of [...snapshots, this.truncatedSnapshots, ...rejections]) each.clear();
  }

  /** The frames to send for a book update that is due on a stream. */
  update(stream: string, frame: Frame): readonly OutgoingFrame<Frame>[] {
    return this.#streams.get(stream)?.apply(frame) ?? [{ frame, corruption: null }];
  }

  isSilent(symbol: string): boolean {
    return this.#delisted.has(symbol) || this.#lasts(this.#silentUntilMs, symbol);
  }

  rejectsSubscription(symbol: string): boolean {
    return this.#lasts(this.#rejectsUntilMs, symbol);
  }

  isDelisted(symbol: string): boolean {
    return this.#delisted.has(symbol);
  }

  #lasts(untilMs: ReadonlyMap<string | null, number>, symbol: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    return [symbol, null].some((key) => (untilMs.get(key) ?? 0) > nowMs);
  }

  /** To be called once for each request for a book. */
  snapshot(): SnapshotPlan {
    const delayMs = this.slowSnapshots.take() ?? 0;
    if (this.staleSnapshots.take()) return { delayMs, content: 'stale' };
    if (this.emptySnapshots.take()) return { delayMs, content: 'empty' };
    if (this.truncatedSnapshots.take()) return { delayMs, content: 'truncated' };
    return { delayMs, content: 'true' };
  }
}
