/**
 * One symbol on one connection: whether the exchange has confirmed its streams there, and what waits
 * until it may be handed on. Frames wait for two reasons. Before the confirmation: they came early,
 * and follow right after it. And where an older connection still carries the symbol: if the new one
 * begins ahead of what the old one has brought so far, its diffs wait for the old one to catch up,
 * since handed on at once they would look like a hole. From the moment at which the two meet, both
 * are handed on as they come; the sequence rule sorts out what comes twice.
 */

import type { Timer } from '../../service/clock.ts';
import type { MarketFrame, Subscription } from './subscription.ts';

export type MembershipPhase =
  /** Not asked for yet. */
  | 'wanted'
  /** SUBSCRIBE is on its way. */
  | 'asked'
  | 'confirmed';

export interface MembershipLimits {
  readonly heldFramesMax: number;
  /** How long diffs wait for the older connection. */
  readonly joinWithinMs: number;
}

interface HeldFrame {
  readonly frame: MarketFrame;
  readonly receiveTimeUs: number;
}

export class Membership {
  readonly subscription: Subscription;
  phase: MembershipPhase = 'wanted';
  /** Set when the symbol is closed while its SUBSCRIBE is on its way. */
  isGone = false;
  /** Confirmed for so long that a symbol without a diff since then counts as quiet. */
  isSettled = false;
  readonly #limits: MembershipLimits;
  readonly #schedule: (delayMs: number, run: () => void) => Timer;
  #isJoined = false;
  #hasDiff = false;
  #held: HeldFrame[] = [];
  #joinTimer: Timer | null = null;

  constructor(
    subscription: Subscription,
    limits: MembershipLimits,
    schedule: (delayMs: number, run: () => void) => Timer,
  ) {
    this.subscription = subscription;
    this.#limits = limits;
    this.#schedule = schedule;
  }

  /** A diff came in here that continues what the listener has. */
  get hasTakenOver(): boolean {
    return this.#isJoined && this.#hasDiff;
  }

  /** Diffs wait here: what the listener has is older than this connection's last sign of life. */
  get isBehind(): boolean {
    return this.#held.length > 0;
  }

  /** `hasRival`: another connection carries the symbol, so this one has to join its stream. */
  confirm(hasRival: boolean): void {
    this.phase = 'confirmed';
    this.#isJoined = !hasRival;
    const early = this.#held;
    this.#held = [];
    for (const { frame, receiveTimeUs } of early) this.receive(frame, receiveTimeUs);
  }

  receive(frame: MarketFrame, receiveTimeUs: number): void {
    if (this.phase !== 'confirmed') {
      this.#hold(frame, receiveTimeUs);
      return;
    }
    if (frame.kind === 'depth') {
      this.#hasDiff = true;
      this.#isJoined ||= this.#held.length === 0 && this.#continues(frame);
      if (!this.#isJoined) {
        this.#hold(frame, receiveTimeUs);
        this.#joinTimer ??= this.#schedule(this.#limits.joinWithinMs, () => this.join());
        return;
      }
    }
    this.subscription.take(frame, receiveTimeUs);
  }

  /** The other connection has brought something: perhaps what was waited for. */
  catchUp(): void {
    const first = this.#held[0];
    if (this.phase === 'confirmed' && first && this.#continues(first.frame)) this.join();
  }

  /** Hands on whatever waits, joined or not: there is nothing left to wait for. */
  join(): void {
    this.#joinTimer?.cancel();
    this.#joinTimer = null;
    if (this.phase !== 'confirmed') return;
    this.#isJoined = true;
    const held = this.#held;
    this.#held = [];
    for (const { frame, receiveTimeUs } of held) this.subscription.take(frame, receiveTimeUs);
  }

  #continues(frame: MarketFrame): boolean {
    const { lastSequence } = this.subscription;
    return (
      frame.kind === 'trade' || lastSequence === null || frame.firstSequence <= lastSequence + 1
    );
  }

  /** Keeps the newest: what is lost in front shows as a hole in the sequence. */
  #hold(frame: MarketFrame, receiveTimeUs: number): void {
    this.#held.push({ frame, receiveTimeUs });
    if (this.#held.length > this.#limits.heldFramesMax) this.#held.shift();
  }
}
