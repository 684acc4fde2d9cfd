/**
 * The port between the connection logic, which every exchange shares, and one feed's wire protocol.
 *
 * A `Protocol` is stateless and describes the feed. `connect` gives the state of one connection: what
 * the exchange agreed on it (channel ids), what it counts on it (sequences per connection), what its
 * updates refer to (level ids). It ends with the connection.
 *
 * A frame takes two steps. `route` finds from its bytes which symbol it belongs to, without parsing
 * it. `read` then turns it into messages, at the scale of that symbol's prices and sizes; how it does
 * so is the adapter's business, so a hot frame can be scanned straight into integers.
 */

import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot, BookUpdate, SideEvent } from '../../market/events.ts';
import type { ChecksumMismatch } from '../exchange.ts';
import type { BackoffLimits } from '../../runtime/backoff.ts';
import type { PaceLimits } from './message-pace.ts';

export interface Protocol {
  /** Streams of the exchange that one symbol takes up: limits count these. */
  readonly streamsPerSymbol: number;
  /**
   * Book updates carry the exchange's sequence: the same update is recognised on two sessions, and
   * loss shows in the next one. If not, a new session can only take over with an image.
   */
  readonly isSequenced: boolean;
  /** A ping that the application sends, beside those of WebSocket itself. */
  readonly ping?: { readonly text: string; readonly intervalMs: number };
  /** The exchange says on each connection when it takes requests: none is sent before. */
  readonly awaitsGreeting?: boolean;
  /** @param onLoss frames of this session are missing: every book on it is in doubt. */
  connect(onLoss: (reason: string) => void): SessionProtocol;
}

/** One connection's state. Methods that read throw WireFormatError for a malformed frame. */
export interface SessionProtocol {
  /** @param requestId counts the requests of this session, from 1. */
  subscribe(requestId: number, symbols: readonly string[]): StreamRequest;
  unsubscribe(requestId: number, symbols: readonly string[]): StreamRequest;
  /** Never throws and never parses: a damaged frame is still routed as far as its bytes allow. */
  route(frame: Buffer): Route;
  /**
   * @throws WireFormatError, also where the content contradicts the route.
   */
  read(frame: Buffer, route: SymbolRoute, context: ReadContext): readonly FeedMessage[];
  /**
   * Reads a frame that belongs to no symbol.
   * @throws WireFormatError
   */
  readControl(frame: Buffer): ControlMessage;
}

/** The messages that ask for streams or give them up, and the replies that will come. */
export interface StreamRequest {
  readonly messages: readonly string[];
  readonly replies: readonly ExpectedReply[];
}

export interface ExpectedReply {
  readonly key: string;
  /** The symbol that the reply decides on; null: all symbols of the request. */
  readonly symbol: string | null;
}

export type Route =
  | SymbolRoute
  /** A reply, an announcement, or an event of another kind. */
  | { readonly to: 'session' }
  /** Unknown: it may belong to any symbol. */
  | { readonly to: 'unknown' };

export interface SymbolRoute {
  readonly to: 'symbol';
  readonly symbol: string;
  /** The adapter's own name for this kind of frame. */
  readonly kind: string;
  /** `side`: nothing that a book is made of. */
  readonly carries: 'update' | 'image' | 'side';
}

export const TO_SESSION: Route = Object.freeze({ to: 'session' });
export const TO_UNKNOWN: Route = Object.freeze({ to: 'unknown' });

export interface ReadContext {
  /** The symbol's scale now. A message that needs a finer one carries it. */
  readonly scale: Scale;
  /** Orders are being collected for an auction: the book may be crossed. */
  readonly isAuction?: boolean;
  readonly receiveTimeUs: number;
}

/** What a frame says about its symbol, before it has its place in the symbol's stream. */
export type FeedMessage = EventMessage | ImageMessage | NoticeMessage;

export type EventMessage = UpdateMessage | SideEventMessage;
/** What the exchange says beside book and trades. */
export type NoticeMessage = HeartbeatMessage | LastTradeMessage | AuctionMessage | ChecksumMessage;

export interface UpdateMessage extends EventHead {
  readonly kind: 'update';
  /** A second number of the exchange's own, where it has one that grows over restarts of the sequence. */
  readonly crossSequence?: number;
  readonly event: BookUpdate;
}

export interface SideEventMessage extends EventHead {
  readonly kind: 'side-event';
  readonly event: SideEvent;
}

interface EventHead {
  /** The scale of the event's integers: that of the context, or a finer one. */
  readonly scale: Scale;
  /** false: the exchange time makes no sense; the symbol's last one is used. */
  readonly hasTime: boolean;
}

/** A whole book in the stream. Its sequence is 0 where the exchange sends none. */
export interface ImageMessage {
  readonly kind: 'image';
  /** See `UpdateMessage`. */
  readonly crossSequence?: number;
  readonly snapshot: BookSnapshot;
}

/** How far the exchange's numbering has come. */
export interface HeartbeatMessage {
  readonly kind: 'heartbeat';
  readonly lastSequence: number;
  readonly lastTradeId: number;
  readonly exchangeTimeUs: number | null;
  readonly receiveTimeUs: number;
}

/** The exchange's checksum is not that of the book as sent so far. */
export interface ChecksumMessage extends ChecksumMismatch {
  readonly kind: 'checksum';
  readonly reason: string;
  readonly receiveTimeUs: number;
}

/** The last trade before the subscription. */
export interface LastTradeMessage {
  readonly kind: 'last-trade';
  readonly tradeId: number;
  readonly receiveTimeUs: number;
}

export interface AuctionMessage {
  readonly kind: 'auction';
  readonly isCollecting: boolean;
  readonly receiveTimeUs: number;
}

export type ControlMessage =
  | ReplyMessage
  /** The server is going down: reconnect at once. */
  | { readonly kind: 'shutdown' }
  /** The exchange takes requests from here on; what was subscribed before a pause is gone. */
  | { readonly kind: 'ready' }
  /** It serves nobody until it is ready again. */
  | { readonly kind: 'paused'; readonly reason: string }
  /** Known, and nothing to be done: a pong, a greeting. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'unknown'; readonly event: string };

export interface ReplyMessage {
  readonly kind: 'reply';
  /** The key of an `ExpectedReply`; null: the reply names no request and means the one that is out. */
  readonly key: string | null;
  /** null: granted. Otherwise the exchange's own words. */
  readonly rejection: string | null;
  /** The exchange rejects us, not the symbols. */
  readonly isLogin?: boolean;
  /** The symbols that a confirmation names, where it names any: it leaves the others out. */
  readonly confirmed?: ReadonlySet<string>;
}

/** The exchange's limits on its connections, and our own. */
export interface FeedLimits {
  /** Further streams go to a further connection. */
  readonly maxStreamsPerConnection: number;
  /** Streams named in one request. */
  readonly maxStreamsPerRequest: number;
  readonly pace: PaceLimits;
  readonly backoff: BackoffLimits;
  /** A connection that leaves a request unanswered for this long is replaced. */
  readonly replyWithinMs: number;
  /** The age at which a connection is replaced, before the exchange cuts it. */
  readonly maxConnectionAgeMs: number;
  /** A `reset` that has not replaced every connection by then fails; replacing continues. */
  readonly resetWithinMs: number;
  /** Messages held per symbol until its subscription is confirmed or joins; the oldest go first. */
  readonly maxHeldMessages: number;
}
