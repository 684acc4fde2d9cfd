/**
 * One symbol on one session: its state (see `subscription-state.ts`), the messages that wait for the
 * next state, and the evidence that the symbol really streams here.
 */

import type { WireFormatError } from '../../errors.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { FeedMessage, SymbolRoute, UpdateMessage } from './protocol.ts';
import { canServe, isConfirmed, transition } from './subscription-state.ts';
import type {
  SubscriptionAction,
  SubscriptionEvent,
  SubscriptionState,
} from './subscription-state.ts';
import type { SymbolFeed } from './symbol-feed.ts';

export interface SessionSubscriptionDeps {
  readonly isSequenced: boolean;
  /** Messages held; beyond it the oldest go. */
  readonly maxHeld: number;
  /** How long updates wait for the session that served the symbol before. */
  readonly joinWithinMs: number;
  schedule(delayMs: number, run: () => void): Timer;
  /**
   * This session has brought an image that begins a new book: the others are superseded.
   * @returns the last moment at which the one that served until now was known to be alive; null: none did.
   */
  supersedeOthers(subscription: SessionSubscription): number | null;
}

export class SessionSubscription {
  readonly feed: SymbolFeed;
  readonly #deps: SessionSubscriptionDeps;
  #state: SubscriptionState = 'wanted';
  #held: FeedMessage[] = [];
  #joinTimer: Timer | null = null;
  /** Evidence that the symbol streams here: updates have come … */
  #updates = 0;
  /** … or none for so long since the confirmation that the symbol counts as quiet. */
  #isQuiet = false;
  /** Rejections in a row. */
  #rejections = 0;
  #rejection: string | null = null;

  constructor(feed: SymbolFeed, deps: SessionSubscriptionDeps) {
    this.feed = feed;
    this.#deps = deps;
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  /** Why the exchange rejected it here the last time; null: it did not, or has granted it since. */
  get rejection(): string | null {
    return this.#rejection;
  }

  get isConfirmed(): boolean {
    return isConfirmed(this.#state);
  }

  /** The listener is served from here, or can be without a break once no other session serves it. */
  get canServe(): boolean {
    return canServe(this.#state);
  }

  /** All that this session has brought is delivered: nothing waits here. */
  get isCaughtUp(): boolean {
    return this.canServe && this.#held.length === 0;
  }

  /** Updates since it was confirmed. */
  get updates(): number {
    return this.#updates;
  }

  /** The session that served the symbol before is not needed any more. */
  get canReplace(): boolean {
    if (!this.#deps.isSequenced) return this.#state === 'serving';
    return (this.#state === 'serving' && this.#updates > 0) || this.#isQuiet;
  }

  /** The exchange rejected it here. @returns how often in a row. */
  rejected(reason: string): number {
    this.apply('defer');
    this.#rejection = reason;
    return ++this.#rejections;
  }

  /** Takes a frame's message in; it is delivered, held or dropped as the state demands. */
  receive(message: FeedMessage): void {
    // The usual case, and the hot one: whatever it is, it is delivered.
    if (this.#state === 'serving') {
      if (message.kind === 'update') this.#updates++;
      this.feed.deliver(message);
      return;
    }
    if (message.kind === 'update' && this.isConfirmed) this.#updates++;
    switch (this.apply(this.#eventOf(message))) {
      case 'deliver':
        this.feed.deliver(message);
        return;
      case 'hold':
        this.#hold(message);
        return;
      case 'take-over':
        this.#takeOver(message);
        return;
      default:
    }
  }

  /** A frame of the book can't be read, and no sequence will show that it is missing. */
  unreadable(route: SymbolRoute, error: WireFormatError): void {
    if (this.apply('unreadable') === 'report-unreadable') this.feed.unreadable(route, error);
  }

  /** Frames that may have been of this symbol are missing. */
  loss(reason: string): void {
    if (this.apply('loss') === 'report-loss') this.feed.loss(reason);
  }

  /** Confirmed long ago, and no session has brought an update since: the symbol counts as quiet. */
  settle(): void {
    this.#isQuiet = true;
  }

  /** The other session has delivered something: perhaps what the held updates waited for. */
  catchUp(): void {
    const [first] = this.#held;
    if (this.#state !== 'joining' || !first) return;
    if (first.kind !== 'update' || this.#continues(first)) this.apply('join');
  }

  /** Changes the state. @returns what is left for the caller to do. */
  apply(event: SubscriptionEvent): SubscriptionAction {
    const { state, action } = transition(this.#state, event);
    this.#state = state;
    if (this.isConfirmed) {
      this.#rejections = 0;
      this.#rejection = null;
    }
    if (state !== 'joining') {
      this.#joinTimer?.cancel();
      this.#joinTimer = null;
    }
    if (action === 'replay' || action === 'discard') {
      const held = this.#held;
      this.#held = [];
      if (action === 'replay') for (const message of held) this.receive(message);
    }
    return action;
  }

  #eventOf(message: FeedMessage): SubscriptionEvent {
    if (message.kind === 'image') return 'image';
    if (message.kind !== 'update') return 'side-message';
    if (!this.#deps.isSequenced) return 'update';
    return this.#held.length === 0 && this.#continues(message) ? 'next-update' : 'early-update';
  }

  #continues({ event }: UpdateMessage): boolean {
    const { lastSequence } = this.feed;
    return lastSequence === null || event.firstSequence <= lastSequence + 1;
  }

  /** Keeps the newest: what is lost in front shows as a gap in the sequence. */
  #hold(message: FeedMessage): void {
    const { maxHeld, joinWithinMs } = this.#deps;
    this.#held.push(message);
    if (this.#held.length > maxHeld) this.#held.shift();
    if (this.#state !== 'joining') return;
    this.#joinTimer ??= this.#deps.schedule(joinWithinMs, () => void this.apply('join'));
  }

  #takeOver(message: FeedMessage): void {
    if (message.kind !== 'image') return;
    const { receiveTimeUs } = message.snapshot;
    const aliveUntilUs = this.#deps.supersedeOthers(this) ?? receiveTimeUs;
    this.feed.move(Math.min(aliveUntilUs, receiveTimeUs));
    this.feed.deliver(message);
  }
}
