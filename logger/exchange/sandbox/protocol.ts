/**
 * The protocol of the sandbox exchange with accounts, which is built as BitMEX's: tables and their changes. The
 * table `orderBookL3` has the orders as they rest, and each change is numbered.
 *
 *   → {"op":"subscribe","args":["orderBookL3:XBTUSD"]}
 *   ← {"success":true,"subscribe":"orderBookL3:XBTUSD"}
 *   ← {"table":"orderBookL3","action":"partial",…,"filter":{"symbol":"XBTUSD"},"sequence":7,"whole":true,"timestamp":"…","data":[…]}
 *   ← {"table":"orderBookL3","action":"insert","sequence":8,"data":[{"symbol":"XBTUSD","id":"order:…","side":"Buy","size":200,"price":3.14,"priceText":"3.14","timestamp":"…"}]}
 *   ← the same with `match` (the row is the maker's) and `delete`
 *   ← {"table":"orderBookL3","action":"heartbeat","filter":{"symbol":"XBTUSD"},"sequence":8,"trade_id":1,"timestamp":"…"}
 *   ← {"status":400,"error":"Unknown or expired symbol.","request":"subscribe"}
 *
 * Source: docs/exchange.md.
 */

import { isSymbol } from '../../market/security.ts';
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
import { fieldsOf, parseFields, quoted, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { scanTextFields, textAt } from '../wire/frame-scan.ts';
import { heartbeatMessage, imageMessage, updateMessage } from './events.ts';

export const TABLE = 'orderBookL3';
const CARRIES = {
  partial: 'image',
  insert: 'update',
  match: 'update',
  delete: 'update',
  heartbeat: 'side',
} as const;

const ROUTING_FIELDS = ['table', 'action'];
const FILTER = Buffer.from('"filter":{');
const DATA = Buffer.from('"data":[{');
const SYMBOL = Buffer.from('"symbol":"');
const QUOTE = 0x22;

export const sandboxProtocol: Protocol = {
  streamsPerSymbol: 1,
  isSequenced: true,
  connect: () => new SandboxSession(),
};

class SandboxSession implements SessionProtocol {
  subscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    return requestOf('subscribe', symbols);
  }

  unsubscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    return requestOf('unsubscribe', symbols);
  }

  route(frame: Buffer): Route {
    const [table, action] = scanTextFields(frame, ROUTING_FIELDS).map((span) =>
      textAt(frame, span),
    );
    if (table !== TABLE) return table === undefined ? TO_UNKNOWN : TO_SESSION;
    if (!isAction(action)) return TO_UNKNOWN;
    const symbol = symbolIn(frame, action);
    if (symbol === undefined || !isSymbol(symbol)) return TO_UNKNOWN;
    return { to: 'symbol', symbol, kind: action, carries: CARRIES[action] };
  }

  read(frame: Buffer, route: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const message = parseFields(frame, 'The message');
    if (message['table'] !== TABLE || message['action'] !== route.kind) {
      throw wireError('shape', 'The message is not of the table that it was taken for');
    }
    assertSymbol(message, route.symbol);
    if (route.kind === 'partial') return [imageMessage(message, context)];
    if (route.kind === 'heartbeat') return [heartbeatMessage(message, context.receiveTimeUs)];
    return [updateMessage(route.kind, message, context)];
  }

  readControl(frame: Buffer): ControlMessage {
    const message = parseFields(frame, 'The message');
    if (message['error'] !== undefined) {
      return { kind: 'reply', key: null, rejection: quoted(textOf(message, 'error')) };
    }
    for (const op of ['subscribe', 'unsubscribe']) {
      const topic = message[op];
      if (typeof topic === 'string' && message['success'] === true) {
        return { kind: 'reply', key: `${op} ${topic}`, rejection: null };
      }
    }
    if (message['table'] === TABLE) throw wireError('shape', `A change could not be routed`);
    return { kind: 'unknown', event: quoted(Object.keys(message).join(', ')) };
  }
}

/** @throws WireFormatError of kind `symbols`. */
export function assertSymbol(message: Fields, symbol: string): void {
  const { filter, data = [] } = message;
  const rows = Array.isArray(data) ? (data as readonly unknown[]) : [];
  const named = [...(filter === undefined ? [] : [filter]), ...rows];
  for (const one of named) {
    if (textOf(fieldsOf(one, 'A row'), 'symbol') !== symbol) {
      throw wireError('symbols', `The message is not of ${symbol} alone`);
    }
  }
}

function requestOf(op: 'subscribe' | 'unsubscribe', symbols: readonly string[]): StreamRequest {
  const topics = symbols.map((symbol) => ({ symbol, topic: `${TABLE}:${symbol}` }));
  return {
    messages: [JSON.stringify({ op, args: topics.map(({ topic }) => topic) })],
    replies: topics.map(({ symbol, topic }) => ({ key: `${op} ${topic}`, symbol })),
  };
}

function isAction(action: string | undefined): action is keyof typeof CARRIES {
  return action !== undefined && Object.hasOwn(CARRIES, action);
}

/** The symbol that a frame is filtered by, or that its first row names. */
function symbolIn(frame: Buffer, action: keyof typeof CARRIES): string | undefined {
  const from = frame.indexOf(CARRIES[action] === 'update' ? DATA : FILTER);
  const at = from < 0 ? -1 : frame.indexOf(SYMBOL, from);
  if (at < 0) return undefined;
  const start = at + SYMBOL.length;
  const end = frame.indexOf(QUOTE, start);
  return end < 0 ? undefined : frame.toString('utf8', start, end);
}
