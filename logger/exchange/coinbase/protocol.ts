/**
 * Coinbase's WebSocket protocol: subscriptions, replies, and which product a message belongs to. The
 * two feeds differ in their channels and in the types of messages that these bring; a type that a
 * feed does not know is no error, since the exchange adds types at will and asks that they be ignored.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/docs/websocket-channels (gathered 2026-11-20).
 */

import { TO_SESSION, TO_UNKNOWN } from '../feed/protocol.ts';
import type {
  ControlMessage,
  FeedMessage,
  Protocol,
  ReadContext,
  ReplyMessage,
  Route,
  SessionProtocol,
  StreamRequest,
  SymbolRoute,
} from '../feed/protocol.ts';
import { isSymbol } from '../../market/security.ts';
import { parseFields, quoted, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { scanTextFields, textAt } from '../wire/frame-scan.ts';
import {
  auctionMessage,
  diffMessage,
  heartbeatMessage,
  lastTradeMessage,
  orderMessage,
  tradeMessage,
} from './events.ts';
import { scanDiff, scanOrder, scanRoute, scanTrade } from './scan.ts';
import { imageMessage } from './snapshot.ts';
import { productOf } from './values.ts';

export interface CoinbaseChannels {
  readonly channels: readonly string[];
  readonly isSequenced: boolean;
  /** By the messages' `type`. */
  readonly types: ReadonlyMap<string, MessageType>;
}

interface MessageType {
  readonly carries: SymbolRoute['carries'];
  readonly read: (message: Fields, context: ReadContext) => FeedMessage;
  /** The same from the frame's bytes, if it is printed as usual. */
  readonly scan?: (
    frame: Buffer,
    route: SymbolRoute,
    context: ReadContext,
  ) => FeedMessage | undefined;
}

export interface CoinbaseProtocolDeps {
  /** Fields that sign a subscription, made when it is sent; none without credentials. */
  readonly signed: () => Readonly<Record<string, string>>;
  /** Takes secrets out of the exchange's words. */
  readonly redact: (text: string) => string;
}

const ORDER_UPDATE: MessageType = { carries: 'update', read: orderMessage, scan: scanOrder };
const HEARTBEAT: MessageType = { carries: 'side', read: heartbeatMessage };
const AUCTION: MessageType = { carries: 'side', read: auctionMessage };

/** Single orders, each message numbered. Wants a login. */
export const FULL_CHANNELS: CoinbaseChannels = {
  channels: ['full', 'heartbeat', 'auctionfeed'],
  isSequenced: true,
  types: new Map<string, MessageType>([
    ['received', ORDER_UPDATE],
    ['open', ORDER_UPDATE],
    ['match', ORDER_UPDATE],
    ['change', ORDER_UPDATE],
    ['done', ORDER_UPDATE],
    ['activate', { carries: 'side', read: orderMessage }],
    ['heartbeat', HEARTBEAT],
    ['auction', AUCTION],
  ]),
};

/** Sizes by price and trades, public. Nothing of the book is numbered. */
export const LEVEL2_CHANNELS: CoinbaseChannels = {
  channels: ['level2_batch', 'matches', 'heartbeat', 'auctionfeed'],
  isSequenced: false,
  types: new Map<string, MessageType>([
    ['snapshot', { carries: 'image', read: imageMessage }],
    ['l2update', { carries: 'update', read: diffMessage, scan: scanDiff }],
    ['match', { carries: 'side', read: tradeMessage, scan: scanTrade }],
    ['last_match', { carries: 'side', read: lastTradeMessage }],
    ['heartbeat', HEARTBEAT],
    ['auction', AUCTION],
  ]),
};

/** Any key: Coinbase's replies name no request. */
const REPLY = 'reply';

export function coinbaseProtocol(channels: CoinbaseChannels, deps: CoinbaseProtocolDeps): Protocol {
  const { isSequenced } = channels;
  return { streamsPerSymbol: 1, isSequenced, connect: () => new CoinbaseSession(channels, deps) };
}

const ROUTING_FIELDS = ['type', 'product_id'];

/** Of a frame in any shape. */
function findRoute(frame: Buffer): {
  readonly type: string | undefined;
  readonly product: string | undefined;
} {
  const [type, product] = scanTextFields(frame, ROUTING_FIELDS).map((span) => textAt(frame, span));
  return { type, product };
}

class CoinbaseSession implements SessionProtocol {
  readonly #channels: CoinbaseChannels;
  readonly #deps: CoinbaseProtocolDeps;
  /** Those that were subscribed here. */
  readonly #products = new Set<string>();

  constructor(channels: CoinbaseChannels, deps: CoinbaseProtocolDeps) {
    this.#channels = channels;
    this.#deps = deps;
  }

  subscribe(_requestId: number, products: readonly string[]): StreamRequest {
    for (const product of products) this.#products.add(product);
    return this.#request('subscribe', products, this.#deps.signed());
  }

  unsubscribe(_requestId: number, products: readonly string[]): StreamRequest {
    return this.#request('unsubscribe', products, {});
  }

  route(frame: Buffer): Route {
    const { type, product } = scanRoute(frame) ?? findRoute(frame);
    if (type === undefined) return TO_UNKNOWN;
    const carries = this.#channels.types.get(type)?.carries;
    if (carries === undefined) return TO_SESSION;
    if (product !== undefined && (this.#products.has(product) || isSymbol(product))) {
      return { to: 'symbol', symbol: product, kind: type, carries };
    }
    return carries === 'side' ? TO_SESSION : TO_UNKNOWN;
  }

  read(frame: Buffer, route: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const type = this.#channels.types.get(route.kind);
    const scanned = type?.scan?.(frame, route, context);
    if (scanned) return [scanned];
    const message = parseFields(frame, 'The message');
    const isAsRouted = message['type'] === route.kind && message['product_id'] === route.symbol;
    if (!type || !isAsRouted) {
      throw wireError(
        'product',
        'The message is not of the product and type that it was taken for',
      );
    }
    return [type.read(message, context)];
  }

  readControl(frame: Buffer): ControlMessage {
    const message = parseFields(frame, 'The message');
    const type = textOf(message, 'type');
    if (type === 'subscriptions') return confirmation(message);
    if (type === 'error') return errorReply(message, this.#deps.redact);
    if (!this.#channels.types.has(type)) return { kind: 'unknown', event: quoted(type) };
    throw wireError('product', `A message of ${productOf(message)} could not be routed`);
  }

  #request(
    type: string,
    products: readonly string[],
    signed: Readonly<Record<string, string>>,
  ): StreamRequest {
    const { channels } = this.#channels;
    return {
      messages: [JSON.stringify({ type, product_ids: products, channels, ...signed })],
      replies: [{ key: REPLY, symbol: null }],
    };
  }
}

/**
 * `{"type":"subscriptions","channels":[{"name":"full","product_ids":["BTC-USD"]}]}`: all that is
 * subscribed. A channel may be confirmed under another name than it was asked for.
 */
function confirmation({ channels }: Fields): ReplyMessage {
  const products = (Array.isArray(channels) ? (channels as readonly unknown[]) : []).flatMap(
    (channel) => {
      const listed = Object(channel) as Fields;
      const ids = listed['product_ids'];
      return Array.isArray(ids) ? (ids as readonly unknown[]) : [];
    },
  );
  const confirmed = new Set(products.filter((product) => typeof product === 'string'));
  const named = confirmed.size > 0 ? { confirmed } : {};
  return { kind: 'reply', key: null, rejection: null, ...named };
}

/** `{"type":"error","message":"Failed to subscribe","reason":"…"}`; `reason` says why. */
function errorReply(message: Fields, redact: (text: string) => string): ReplyMessage {
  const words = [message['message'], message['reason']].filter(
    (text) => typeof text === 'string' && text !== '',
  );
  const rejection = words.length === 0 ? 'no reason given' : quoted(redact(words.join(': ')));
  return { kind: 'reply', key: null, rejection, isLogin: LOGIN.test(rejection) };
}

/** The words of rejections that mean us and not the products. */
const LOGIN =
  /authenticat|signature|unauthori[sz]ed|api key|passphrase|timestamp|permission|log ?in/i;
