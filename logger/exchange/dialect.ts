/**
 * What connections of all exchanges have in common, as seen from one exchange's protocol: how to ask
 * for a symbol's streams and give them up, and what a message is. `Line`, `Carrier` and `Membership`
 * do the rest for every exchange.
 */

import type { BackoffLimits } from '../runtime/backoff.ts';
import type { PaceLimits } from './message-pace.ts';
import type { Subscription } from './subscription.ts';

/** A message that belongs to one symbol. */
export interface MarketFrame {
  readonly symbol: string;
}

export interface Span {
  readonly firstSequence: number;
  readonly lastSequence: number;
}

export type Message<Frame extends MarketFrame> =
  | { readonly kind: 'market'; readonly frame: Frame }
  | ReplyMessage
  /** The server is going down: connect anew at once. */
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'unknown'; readonly event: string };

/** The answer to a request. */
export interface ReplyMessage {
  readonly kind: 'reply';
  /** `current`: this protocol's answers name no request, and mean the one that is out. */
  readonly id: number | 'current' | null;
  /** null: done. Else the exchange's own words. */
  readonly refusal: string | null;
  /** The refusal is of us, not of the symbols: it may pass. */
  readonly isOfLogin?: boolean;
}

export interface Dialect<Frame extends MarketFrame> {
  /** @throws WireFormatError */
  parse(text: string): Message<Frame>;
  subscribe(id: number, subscriptions: readonly Subscription<Frame>[]): string;
  unsubscribe(id: number, streams: readonly string[]): string;
  /** The sequences by which a frame continues the book; null: it has no part in that. */
  span(frame: Frame): Span | null;
  /**
   * Whether two connections' frames of a symbol can be told apart and put in order by their spans.
   * If not, a new connection takes over when it brings a frame that begins the book anew
   * (`beginsAnew`).
   */
  readonly isSequenced: boolean;
  beginsAnew(frame: Frame): boolean;
  /** Whose book a message that can't be read may have been of, where no sequence will tell. */
  harmedBy(text: string): Harm;
}

export type Harm = 'nobody' | 'anybody' | MarketFrame;

/** What an exchange allows on its connections, and what we allow ourselves. */
export interface LineLimits {
  /** Further streams go to a further connection. */
  readonly streamsPerConnectionMax: number;
  /** Streams named in one request. */
  readonly paramsPerMessageMax: number;
  readonly pace: PaceLimits;
  readonly backoff: BackoffLimits;
  /** A request unanswered for this long: the connection is replaced. */
  readonly replyWithinMs: number;
  /** The age at which a connection is replaced, before the exchange cuts it. */
  readonly connectionAgeMaxMs: number;
  /** A `reset` that has not replaced every connection by then fails (it goes on trying). */
  readonly resetWithinMs: number;
  /** Messages kept per symbol until its subscription is confirmed, or joins; the oldest go. */
  readonly heldFramesMax: number;
}
