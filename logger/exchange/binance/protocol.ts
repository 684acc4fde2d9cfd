/**
 * Binance's WebSocket protocol: subscriptions, replies, and which symbol a frame belongs to. A
 * combined stream wraps each event: `{"stream":"btcusdt@depth@100ms","data":{…}}`; the stream's name
 * comes first, so routing reads no further. Event types that are unknown are no error: the exchange
 * adds them at will.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams (gathered
 * 2026-11-20).
 */

import { upperCaseAscii } from '../../market/security.ts';
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
import { fieldsOf, parseFields, quoted, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { TextMap, scanTextFields, textAt } from '../wire/frame-scan.ts';
import { DEPTH_EVENT, TRADE_EVENT, readDepth, readTrade } from './events.ts';
import { scanDepth, scanTrade } from './scan.ts';

/** The depth stream and the trade stream. */
export const STREAMS_PER_SYMBOL = 2;

/** @param feed the name of the depth stream: `depth` or `depth@100ms`. */
export function binanceProtocol(feed: string): Protocol {
  return {
    streamsPerSymbol: STREAMS_PER_SYMBOL,
    isSequenced: true,
    connect: () => new BinanceSession(feed),
  };
}

const STREAM = ['stream'];
const EVENT = ['e', 's'];

class BinanceSession implements SessionProtocol {
  readonly #feed: string;
  /** By the name of the stream. */
  readonly #routes = new TextMap<SymbolRoute>();

  constructor(feed: string) {
    this.#feed = feed;
  }

  subscribe(requestId: number, symbols: readonly string[]): StreamRequest {
    for (const symbol of symbols) {
      const [depth, trade] = this.#streamsOf(symbol);
      this.#routes.set(depth, depthRoute(symbol));
      this.#routes.set(trade, tradeRoute(symbol));
    }
    return this.#request('SUBSCRIBE', requestId, symbols);
  }

  unsubscribe(requestId: number, symbols: readonly string[]): StreamRequest {
    return this.#request('UNSUBSCRIBE', requestId, symbols);
  }

  route(frame: Buffer): Route {
    const [stream] = scanTextFields(frame, STREAM);
    if (stream) return this.#routes.get(frame, stream) ?? routeOf(textAt(frame, stream) ?? '');
    // An event without the wrapping.
    const [event, symbol] = scanTextFields(frame, EVENT).map((span) => textAt(frame, span));
    if (symbol !== undefined && event === DEPTH_EVENT) return depthRoute(symbol);
    if (symbol !== undefined && event === TRADE_EVENT) return tradeRoute(symbol);
    return event === undefined ? TO_UNKNOWN : TO_SESSION;
  }

  read(frame: Buffer, route: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const { symbol, kind } = route;
    return [
      kind === 'depth'
        ? (scanDepth(frame, symbol, context) ?? readDepth(frame, symbol, context))
        : (scanTrade(frame, symbol, context) ?? readTrade(frame, symbol, context)),
    ];
  }

  readControl(frame: Buffer): ControlMessage {
    const message = parseFields(frame, 'The message');
    const { stream } = message;
    if (stream !== undefined) {
      if (typeof stream !== 'string') throw wireError('shape', 'stream is not a text');
      return controlEvent(fieldsOf(message['data'], 'data'), stream);
    }
    if (message['e'] !== undefined) return controlEvent(message, '');
    if (['result', 'error', 'code'].some((name) => message[name] !== undefined)) {
      return replyOf(message);
    }
    return { kind: 'unknown', event: 'a message without stream, event or result' };
  }

  #streamsOf(symbol: string): readonly [string, string] {
    const lower = symbol.toLowerCase();
    return [`${lower}@${this.#feed}`, `${lower}@trade`];
  }

  #request(method: string, id: number, symbols: readonly string[]): StreamRequest {
    const params = symbols.flatMap((symbol) => this.#streamsOf(symbol));
    return {
      messages: [JSON.stringify({ method, params, id })],
      replies: [{ key: String(id), symbol: null }],
    };
  }
}

/** A stream that is not subscribed here: a symbol's that was given up, or a depth stream of another pace. */
function routeOf(stream: string): Route {
  const at = stream.indexOf('@');
  const symbol = upperCaseAscii(stream.slice(0, at));
  const name = stream.slice(at + 1);
  if (at > 0 && (name === 'depth' || name.startsWith('depth@'))) return depthRoute(symbol);
  if (at > 0 && name === 'trade') return tradeRoute(symbol);
  return TO_SESSION;
}

function depthRoute(symbol: string): SymbolRoute {
  return { to: 'symbol', symbol, kind: 'depth', carries: 'update' };
}

function tradeRoute(symbol: string): SymbolRoute {
  return { to: 'symbol', symbol, kind: 'trade', carries: 'side' };
}

function controlEvent(data: Fields, stream: string): ControlMessage {
  const event = data['e'];
  if (event === 'serverShutdown') return { kind: 'shutdown' };
  if (event === DEPTH_EVENT || event === TRADE_EVENT) {
    throw wireError(
      'stream',
      `An event of ${quoted(textOf(data, 's'))} on a stream of another kind`,
    );
  }
  return { kind: 'unknown', event: quoted(typeof event === 'string' ? event : stream) };
}

function replyOf(message: Fields): ReplyMessage {
  const id = message['id'];
  const key = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : null;
  // A confirmation must name its request.
  if (message['result'] === null) return { kind: 'reply', key: key ?? '', rejection: null };
  const error = message['error'] === undefined ? message : fieldsOf(message['error'], 'error');
  if (error['code'] === undefined) throw wireError('shape', 'The result is neither null nor error');
  const reason = typeof error['msg'] === 'string' ? quoted(error['msg']) : 'no reason given';
  const code = typeof error['code'] === 'number' ? ` (code ${error['code']})` : '';
  return { kind: 'reply', key, rejection: `${reason}${code}` };
}
