/**
 * One symbol on one connection: whether the exchange has confirmed its streams there, and what waits
 * until it may be handed on. Frames wait for two reasons. Before the confirmation: they came early,
 * and follow right after it. And where an older connection still carries the symbol: if the new one
 * begins ahead of what the old one has brought so far, its steps wait for the old one to catch up,
 * since handed on at once they would look like a hole. From the moment at which the two meet, both
 * are handed on as they come; the sequence rule sorts out what comes twice. Where nothing is numbered
 * the two can't meet: the new one waits for a frame that begins the book anew, and from there on the
 * old one is not heard any more.
 */

import type { Timer } from '../runtime/clock.ts';
import type { Dialect, MarketFrame } from './dialect.ts';
import type { Subscription } from './subscription.ts';

export type MembershipPhase =
  /** Not asked for yet. */
  | 'wanted'
  /** The request for its streams is on its way. */
  | 'asked'
  | 'confirmed';

export interface MembershipLimits {
  readonly heldFramesMax: number;
  /** How long steps wait for the older connection. */
  readonly joinWithinMs: number;
}

interface HeldFrame<Frame> {
  readonly frame: Frame;
  readonly receiveTimeUs: number;
}

export class Membership<Frame extends MarketFrame> {
  readonly subscription: Subscription<Frame>;
  phase: MembershipPhase = 'wanted';
  /** Set when the symbol is closed while its request is on its way. */
  isGone = false;
  /** Confirmed for so long that a symbol without a step since then counts as quiet. */
  isSettled = false;
  /** Another connection has begun the book anew: nothing of this one counts any more. */
  isSuperseded = false;
  readonly #dialect: Dialect<Frame>;
  readonly #limits: MembershipLimits;
  readonly #schedule: (delayMs: number, run: () => void) => Timer;
  #isJoined = false;
  #hasStep = false;
  #held: HeldFrame<Frame>[] = [];
  #joinTimer: Timer | null = null;

  constructor(
    subscription: Subscription<Frame>,
    dialect: Dialect<Frame>,
    limits: MembershipLimits,
    schedule: (delayMs: number, run: () => void) => Timer,
  ) {
    this.subscription = subscription;
    this.#dialect = dialect;
    this.#limits = limits;
    this.#schedule = schedule;
  }

  /** What the listener has is older than this connection's last sign of life: steps wait here. */
  get isBehind(): boolean {
    return this.#held.length > 0 || !this.canFollow;
  }

  /** The listener is served from here, or can be without a break once nothing else serves it. */
  get canFollow(): boolean {
    return !this.isSuperseded && (this.#dialect.isSequenced || this.#isJoined);
  }

  /** The older connection is not needed for this symbol any more. */
  get canReplace(): boolean {
    if (!this.#dialect.isSequenced) return this.#isJoined;
    // A step came in here that continues what the listener has; or it is quiet.
    return (this.#isJoined && this.#hasStep) || this.isSettled;
  }

  /** `hasRival`: another connection carries the symbol, so this one has to join its stream. */
  confirm(hasRival: boolean): void {
    this.phase = 'confirmed';
    this.#isJoined = !hasRival;
    const early = this.#held;
    this.#held = [];
    for (const { frame, receiveTimeUs } of early) this.receive(frame, receiveTimeUs);
  }

  receive(frame: Frame, receiveTimeUs: number): void {
    if (this.phase !== 'confirmed') {
      this.#hold(frame, receiveTimeUs);
      return;
    }
    if (this.isSuperseded) return;
    if (!this.#dialect.isSequenced && !this.#isJoined) {
      this.#awaitNewBeginning(frame, receiveTimeUs);
      return;
    }
    if (this.#dialect.span(frame) !== null) {
      this.#hasStep = true;
      this.#isJoined ||= this.#held.length === 0 && this.#continues(frame);
      if (!this.#isJoined) {
        this.#hold(frame, receiveTimeUs);
        this.#joinTimer ??= this.#schedule(this.#limits.joinWithinMs, () => this.join());
        return;
      }
    }
    this.subscription.take(frame, receiveTimeUs);
  }

  /** Something that may have been of this symbol's book is lost, and no sequence will tell. */
  harm(reason: string): void {
    this.#held = [];
    if (this.phase === 'confirmed' && this.canFollow) this.subscription.lose(reason);
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
    // Nothing to meet: only a new beginning counts.
    if (!this.#dialect.isSequenced && !this.#isJoined) return;
    this.#isJoined = true;
    const held = this.#held;
    this.#held = [];
    for (const { frame, receiveTimeUs } of held) this.subscription.take(frame, receiveTimeUs);
  }

  #continues(frame: Frame): boolean {
    const { lastSequence } = this.subscription;
    const span = this.#dialect.span(frame);
    return span === null || lastSequence === null || span.firstSequence <= lastSequence + 1;
  }

  /**
   * Set by the line: told when this connection begins the book anew, so that it takes over. Gives the
   * last moment at which the one that served until then was whole; null: none did.
   */
  onNewBeginning: () => number | null = () => null;

  #awaitNewBeginning(frame: Frame, receiveTimeUs: number): void {
    // What the older connection still brings is what counts until then.
    if (!this.#dialect.beginsAnew(frame)) return;
    this.#isJoined = true;
    const aliveUntilUs = this.onNewBeginning() ?? receiveTimeUs;
    this.subscription.move(Math.min(aliveUntilUs, receiveTimeUs));
    this.subscription.take(frame, receiveTimeUs);
  }

  /** Keeps the newest: what is lost in front shows as a hole in the sequence. */
  #hold(frame: Frame, receiveTimeUs: number): void {
    this.#held.push({ frame, receiveTimeUs });
    if (this.#held.length > this.#limits.heldFramesMax) this.#held.shift();
  }
}
