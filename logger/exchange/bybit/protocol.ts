/**
 * Bybit's public spot streams, v5, at `/v5/public/spot`.
 *
 * | channel                            | role                                     | continuity                                   |
 * | ---------------------------------- | ---------------------------------------- | -------------------------------------------- |
 * | `orderbook.full.<symbol>`          | deltas of the whole book, every 200 ms   | `u` steps by one; the image comes by REST     |
 * | `orderbook.{1000,200,50}.<symbol>` | snapshot, then deltas of a window        | `u` steps by one; any later snapshot replaces |
 * | `publicTrade.<symbol>`             | trades                                   | none: ids only identify                       |
 *
 * Control, on the same socket:
 *   → {"op":"subscribe","args":["orderbook.full.BTCUSDT","publicTrade.BTCUSDT"],"req_id":"1"}
 *   ← {"success":true,"ret_msg":"subscribe","conn_id":"…","req_id":"1","op":"subscribe"}
 *   ← {"success":false,"ret_msg":"Invalid symbol :[orderbook.50.NOSUCH]","conn_id":"…","req_id":"1","op":"subscribe"}
 *   → {"op":"ping"}   ← {"success":true,"ret_msg":"pong","conn_id":"…","op":"ping"}
 *
 * A wrong topic rejects its whole request (seen by others; not documented). Nothing announces a shutdown.
 *
 * Source: https://bybit-exchange.github.io/docs/v5/ws/connect (gathered 2026-11-20); recording of
 * 2026-08-09.
 */

import { TO_SESSION, TO_UNKNOWN } from '../feed/protocol.ts';
import type {
  ControlMessage,
  FeedMessage,
  Protocol,
  ReadContext,
  Route,
  SessionProtocol,
  StreamRequest,
  SymbolRoute,
} from '../feed/protocol.ts';
import { parseFields, quoted, wireError } from '../wire/fields.ts';
import { TextMap, scanTextFields, textAt } from '../wire/frame-scan.ts';
import { readDelta, readImage, readTrades } from './events.ts';
import { PING } from './limits.ts';
import { scanDelta } from './scan.ts';
import { isWindowed } from './topics.ts';

const STREAMS_PER_SYMBOL = 2;
const TOPIC_AND_TYPE = ['topic', 'type'];
const TRADES = 'publicTrade';

/** @param feed the name of the book topic: `orderbook.full`. */
export function bybitProtocol(feed: string): Protocol {
  return {
    streamsPerSymbol: STREAMS_PER_SYMBOL,
    isSequenced: true,
    ping: PING,
    connect: () => new BybitSession(feed),
  };
}

class BybitSession implements SessionProtocol {
  readonly #feed: string;
  readonly #isWindowed: boolean;
  /** By topic. */
  readonly #routes = new TextMap<TopicRoutes>();

  constructor(feed: string) {
    this.#feed = feed;
    this.#isWindowed = isWindowed(feed);
  }

  subscribe(requestId: number, symbols: readonly string[]): StreamRequest {
    for (const symbol of symbols) {
      const [book, trades] = this.#topicsOf(symbol);
      this.#routes.set(book, bookRoutes(symbol, this.#isWindowed));
      this.#routes.set(trades, tradeRoutes(symbol));
    }
    return this.#request('subscribe', requestId, symbols);
  }

  unsubscribe(requestId: number, symbols: readonly string[]): StreamRequest {
    return this.#request('unsubscribe', requestId, symbols);
  }

  route(frame: Buffer): Route {
    const [topic, type] = scanTextFields(frame, TOPIC_AND_TYPE);
    // Without a topic: a reply, or so damaged that it may be anything.
    if (!topic) return scanTextFields(frame, OP)[0] ? TO_SESSION : TO_UNKNOWN;
    const routes = this.#routes.get(frame, topic);
    if (!routes) return TO_SESSION;
    return textAt(frame, type) === 'snapshot' ? routes.snapshot : routes.delta;
  }

  read(frame: Buffer, route: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const { symbol, kind } = route;
    if (kind === 'trades') {
      return readTrades(frame, { topic: `${TRADES}.${symbol}`, symbol }, context);
    }
    const about = { topic: `${this.#feed}.${symbol}`, symbol };
    return [
      kind === 'image'
        ? readImage(frame, about, context)
        : (scanDelta(frame, about, context) ?? readDelta(frame, about, context)),
    ];
  }

  readControl(frame: Buffer): ControlMessage {
    const { topic, op, success, ret_msg: reason, req_id: id } = parseFields(frame, 'The message');
    if (typeof topic === 'string') return { kind: 'unknown', event: quoted(topic) };
    if (op === 'ping' || op === 'pong') return { kind: 'ignored' };
    if (op !== 'subscribe' && op !== 'unsubscribe') {
      return { kind: 'unknown', event: quoted(typeof op === 'string' ? op : 'no topic and no op') };
    }
    if (typeof success !== 'boolean') throw wireError('shape', 'success is not true or false');
    const why = typeof reason === 'string' && reason !== '' ? quoted(reason) : 'no reason given';
    // A reply without the id means the request that is out: there is never another.
    const key = typeof id === 'string' && id !== '' ? id : null;
    return { kind: 'reply', key, rejection: success ? null : why };
  }

  #topicsOf(symbol: string): readonly [book: string, trades: string] {
    return [`${this.#feed}.${symbol}`, `${TRADES}.${symbol}`];
  }

  #request(op: string, requestId: number, symbols: readonly string[]): StreamRequest {
    const args = symbols.flatMap((symbol) => this.#topicsOf(symbol));
    const key = String(requestId);
    return {
      messages: [JSON.stringify({ op, args, req_id: key })],
      replies: [{ key, symbol: null }],
    };
  }
}

const OP = ['op'];

/** What a topic's frames carry, by their type. */
interface TopicRoutes {
  readonly snapshot: SymbolRoute;
  readonly delta: SymbolRoute;
}

function bookRoutes(symbol: string, hasImages: boolean): TopicRoutes {
  const delta: SymbolRoute = { to: 'symbol', symbol, kind: 'delta', carries: 'update' };
  const image: SymbolRoute = { to: 'symbol', symbol, kind: 'image', carries: 'image' };
  return { snapshot: hasImages ? image : delta, delta };
}

function tradeRoutes(symbol: string): TopicRoutes {
  const route: SymbolRoute = { to: 'symbol', symbol, kind: 'trades', carries: 'side' };
  return { snapshot: route, delta: route };
}
