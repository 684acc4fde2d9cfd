/**
 * The open connections of one venue, whatever transport carries them: admits new ones, and applies
 * connection faults (freeze, close, shutdown, shorter lifetime) to those that are open.
 */

import { InvalidArgumentError } from '../../logger/errors.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import { PendingTimers } from './pending-timers.ts';
import type { ConnectionLimits, OpenSession, Peer, Session } from './session.ts';

const CONNECTION_WINDOW_MS = 5 * 60_000;
/** Close codes that a WebSocket reports but never sends: the connection was just cut. */
const ABRUPT_CODES = [1005, 1006];

export class Connections {
  readonly #clock: Clock;
  readonly #limits: ConnectionLimits;
  readonly #peers = new Map<Session, Peer>();
  readonly #timers: PendingTimers;
  /** Per address: when it connected in the last five minutes. */
  readonly #connectedMs = new Map<string, number[]>();
  #lifeMs: number;

  constructor(clock: Clock, limits: ConnectionLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#lifeMs = limits.connectionLifeMs;
    this.#timers = new PendingTimers(clock);
  }

  get count(): number {
    return this.#peers.size;
  }

  /** Streams of all connections, by name. */
  streams(): readonly string[] {
    return [...this.#peers.keys()].flatMap((session) => session.streams);
  }

  /** Bytes sent to clients that still read, and not read yet. */
  bufferedBytes(): number {
    let bytes = 0;
    for (const [session, peer] of this.#peers) if (!session.isFrozen) bytes += peer.bufferedBytes();
    return bytes;
  }

  /** Counts one more connection of an address. @returns false if that is over the limit. */
  admit(address: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const recent = (this.#connectedMs.get(address) ?? []).filter(
      (timeMs) => timeMs > nowMs - CONNECTION_WINDOW_MS,
    );
    const isAllowed = recent.length < this.#limits.connectionsPerFiveMinutes;
    if (isAllowed) recent.push(nowMs);
    this.#connectedMs.set(address, recent);
    return isAllowed;
  }

  open(openSession: OpenSession, peer: Peer): Session {
    const session = openSession(peer, this.#lifeMs);
    this.#peers.set(session, peer);
    return session;
  }

  /** To be called once when the transport has lost or closed the connection. */
  onClosed(session: Session): void {
    this.#peers.delete(session);
    session.onClosed();
  }

  /** Connections that are open now go silent in both directions; they are cut after `durationMs`. */
  freezeAll(durationMs: number): void {
    const frozen = [...this.#peers.keys()];
    for (const session of frozen) session.freeze();
    this.#timers.schedule(durationMs, () => {
      for (const session of frozen) this.#peers.get(session)?.terminate();
    });
  }

  cutFrozen(): void {
    for (const [session, peer] of this.#peers) if (session.isFrozen) peer.terminate();
  }

  /** @throws InvalidArgumentError for a code that cannot be sent. */
  closeAll(code: number, reason: string): void {
    const isSendable =
      (code >= 1000 && code <= 1014 && code !== 1004) || (code >= 3000 && code < 5000);
    if (!isSendable) throw new InvalidArgumentError(`code: ${code} is not a WebSocket close code`);
    for (const [session, peer] of this.#peers) {
      if (session.isFrozen) continue;
      if (ABRUPT_CODES.includes(code)) peer.terminate();
      else peer.close(code, reason);
    }
  }

  /** Announces the shutdown on every open connection and closes those after `afterMs`. */
  shutDown(afterMs: number): void {
    const announced = [...this.#peers.keys()].filter((session) => !session.isFrozen);
    for (const session of announced) session.announceShutdown(this.#clock.nowUs());
    this.#timers.schedule(afterMs, () => {
      for (const session of announced) {
        if (!session.isFrozen) this.#peers.get(session)?.close(1001, 'Server shutdown');
      }
    });
  }

  /** Limits the lifetime of open and of future connections. */
  changeLife(lifeMs: number): void {
    this.#lifeMs = lifeMs;
    for (const session of this.#peers.keys()) session.changeLife(lifeMs);
  }

  deliverToAll(data: string | Buffer): void {
    for (const session of this.#peers.keys()) session.deliver(data);
  }

  /** Cuts every connection. */
  close(): void {
    this.#timers.cancelAll();
    for (const peer of this.#peers.values()) peer.terminate();
  }
}
