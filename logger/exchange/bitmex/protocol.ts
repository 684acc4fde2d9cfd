/**
 * BitMEX's WebSocket protocol: tables and their changes. A symbol takes two topics, `orderBookL2` and
 * `trade`. Nothing is numbered: a connection keeps the rows of each book's table (`rows.ts`), and a
 * message that contradicts them shows that one was lost.
 *
 *   → {"op":"subscribe","args":["orderBookL2:XBTUSD","trade:XBTUSD"]}
 *   ← {"success":true,"subscribe":"orderBookL2:XBTUSD","request":{"op":"subscribe","args":[…]}}, one per topic
 *   ← {"status":400,"error":"Unknown or expired symbol.","meta":{},"request":{…}}
 *   ← {"table":"orderBookL2","action":"partial","keys":[…],"types":{…},"filter":{"symbol":"XBTUSD"},"data":[…]}
 *   ← {"table":"orderBookL2","action":"update","data":[{"symbol":"XBTUSD","id":17000002,"side":"Buy","size":300,"price":90000,"timestamp":"…"}]}
 *   ← {"info":"Welcome to the BitMEX Realtime API.",…,"limit":{"remaining":59}}
 *   → ping   ← pong
 *
 * Source: https://www.bitmex.com/app/wsAPI (gathered 2026-11-20).
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
import { JsonNumber, parseExactJson } from '../wire/exact-json.ts';
import { fieldsOf, quoted, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { scanTextFields, textAt } from '../wire/frame-scan.ts';
import { diffMessage, imageMessage, latestTimeUs, rowOf, rowsIn, tradeMessage } from './events.ts';
import { TableRows } from './rows.ts';
import type { TableAction } from './rows.ts';

const BOOK = 'orderBookL2';
const TRADES = 'trade';
const TOPICS = [BOOK, TRADES];
const STREAMS_PER_SYMBOL = TOPICS.length;
const ACTIONS: readonly string[] = [
  'partial',
  'insert',
  'update',
  'delete',
] satisfies TableAction[];
/** Kind of the error that the rows of several symbols in one frame are. */
export const MIXED = 'symbols';

const ROUTING_FIELDS = ['table', 'action'];
const FILTER = Buffer.from('"filter":{');
const DATA = Buffer.from('"data":[{');
const SYMBOL = Buffer.from('"symbol":"');
const QUOTE = 0x22;
const PONG = 'pong';

/** @param onConnectionsLeft what the greeting says: new connections that are left in this hour. */
export function bitmexProtocol(onConnectionsLeft: (count: number) => void): Protocol {
  return {
    streamsPerSymbol: STREAMS_PER_SYMBOL,
    isSequenced: false,
    // The exchange suggests one after 5 s of silence; this is often enough to keep a connection open.
    ping: { text: 'ping', intervalMs: 10_000 },
    connect: (onLoss) => new BitmexSession(onLoss, onConnectionsLeft),
  };
}

class BitmexSession implements SessionProtocol {
  readonly #onLoss: (reason: string) => void;
  readonly #onConnectionsLeft: (count: number) => void;
  /** Of the symbols whose `partial` has come. */
  readonly #tables = new Map<string, TableRows>();
  /** The topics of the request that is out. */
  #asked: readonly string[] = [];

  constructor(onLoss: (reason: string) => void, onConnectionsLeft: (count: number) => void) {
    this.#onLoss = onLoss;
    this.#onConnectionsLeft = onConnectionsLeft;
  }

  subscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    return this.#request('subscribe', symbols);
  }

  unsubscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    return this.#request('unsubscribe', symbols);
  }

  route(frame: Buffer): Route {
    const [table, action] = scanTextFields(frame, ROUTING_FIELDS).map((span) =>
      textAt(frame, span),
    );
    const isBook = table === BOOK;
    if (!isBook && table !== TRADES) return table === undefined ? TO_UNKNOWN : TO_SESSION;
    const lost = isBook ? TO_UNKNOWN : TO_SESSION;
    if (action === undefined || !ACTIONS.includes(action)) return lost;
    const symbol = symbolIn(frame, action);
    if (symbol === undefined || !isSymbol(symbol)) return lost;
    const kind = `${table} ${action}`;
    if (!isBook) return { to: 'symbol', symbol, kind, carries: 'side' };
    return { to: 'symbol', symbol, kind, carries: action === 'partial' ? 'image' : 'update' };
  }

  read(frame: Buffer, route: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const message = fieldsOf(parseExactJson(frame.toString('utf8')), 'The message');
    const [table, action] = [message['table'], message['action']];
    if (`${String(table)} ${String(action)}` !== route.kind) {
      throw wireError('shape', 'The message is not of the table that it was taken for');
    }
    const rows = rowsIn(message['data']);
    this.#assertSymbol(rows, message, route);
    if (table === BOOK) return this.#book(action as TableAction, rows, { route, context });
    // Trades from before the subscription.
    if (action === 'partial') return [];
    if (action !== 'insert') throw wireError('shape', `A trade has action ${String(action)}`);
    return rows.map((row) => tradeMessage(row, context));
  }

  readControl(frame: Buffer): ControlMessage {
    const text = frame.toString('utf8');
    if (text === PONG) return { kind: 'ignored' };
    const message = fieldsOf(parseExactJson(text), 'The message');
    if (message['table'] !== undefined) return unrouted(message);
    if (message['info'] !== undefined) return this.#greeting(message);
    if (message['error'] !== undefined) return this.#rejection(message);
    for (const op of ['subscribe', 'unsubscribe']) {
      const topic = message[op];
      if (typeof topic === 'string') {
        const rejection = message['success'] === true ? null : 'not successful';
        return { kind: 'reply', key: `${op} ${topic}`, rejection };
      }
    }
    return { kind: 'unknown', event: quoted(Object.keys(message).join(', ')) };
  }

  #request(op: 'subscribe' | 'unsubscribe', symbols: readonly string[]): StreamRequest {
    // Until the next `partial` its rows are not known.
    for (const symbol of symbols) this.#tables.delete(symbol);
    const topics = symbols.flatMap((symbol) =>
      TOPICS.map((topic) => ({ symbol, topic: `${topic}:${symbol}` })),
    );
    this.#asked = topics.map(({ topic }) => topic);
    return {
      messages: [JSON.stringify({ op, args: this.#asked })],
      replies: topics.map(({ symbol, topic }) => ({ key: `${op} ${topic}`, symbol })),
    };
  }

  #book(
    action: TableAction,
    rows: readonly Fields[],
    { route, context }: { readonly route: SymbolRoute; readonly context: ReadContext },
  ): readonly FeedMessage[] {
    const { symbol } = route;
    const isPartial = action === 'partial';
    const known = this.#tables.get(symbol);
    if (isPartial && known) {
      this.#tables.delete(symbol);
      throw wireError('partial', 'The exchange sent the whole book again, unasked');
    }
    if (!isPartial && (!known || rows.length === 0)) return [];
    const table = known ?? new TableRows();
    const changes = table.changesOf(action, rows.map(rowOf));
    const message = (isPartial ? imageMessage : diffMessage)(changes, latestTimeUs(rows), context);
    table.take(changes);
    this.#tables.set(symbol, table);
    return [message];
  }

  #assertSymbol(
    rows: readonly Fields[],
    { filter }: Fields,
    { symbol, carries }: SymbolRoute,
  ): void {
    const of = [...rows, ...(filter === undefined ? [] : [fieldsOf(filter, 'filter')])];
    if (of.every((fields) => textOf(fields, 'symbol') === symbol)) return;
    if (carries !== 'side') this.#onLoss('A message holds rows of several symbols');
    throw wireError(MIXED, 'The message holds rows of several symbols');
  }

  #greeting({ limit }: Fields): ControlMessage {
    const remaining = limit === undefined ? null : fieldsOf(limit, 'limit')['remaining'];
    const count = remaining instanceof JsonNumber ? remaining.integer : null;
    if (count !== null && count >= 0) this.#onConnectionsLeft(count);
    return { kind: 'ignored' };
  }

  /** It means the whole request, which it repeats. */
  #rejection(message: Fields): ControlMessage {
    const words = quoted(textOf(message, 'error'));
    const { request } = message;
    const args = request === undefined ? undefined : fieldsOf(request, 'request')['args'];
    const topics: readonly unknown[] = Array.isArray(args)
      ? args
      : args === undefined
        ? []
        : [args];
    const isAboutUs =
      topics.length === 0 || topics.some((topic) => this.#asked.includes(String(topic)));
    if (!isAboutUs) return { kind: 'unknown', event: `error: ${words}` };
    return { kind: 'reply', key: null, rejection: words };
  }
}

/** The symbol that a frame is filtered by, or that its first row names. */
function symbolIn(frame: Buffer, action: string): string | undefined {
  const filter = action === 'partial' ? frame.indexOf(FILTER) : -1;
  const from = filter >= 0 ? filter : frame.indexOf(DATA);
  const at = from < 0 ? -1 : frame.indexOf(SYMBOL, from);
  if (at < 0) return undefined;
  const start = at + SYMBOL.length;
  const end = frame.indexOf(QUOTE, start);
  return end < 0 ? undefined : frame.toString('utf8', start, end);
}

/** A change of nothing names no symbol. */
function unrouted(message: Fields): ControlMessage {
  const table = textOf(message, 'table');
  if (!TOPICS.includes(table)) return { kind: 'unknown', event: quoted(table) };
  const isKnown = ACTIONS.includes(textOf(message, 'action'));
  if (isKnown && rowsIn(message['data']).length === 0) return { kind: 'ignored' };
  throw wireError('shape', `A change of ${table} could not be routed`);
}
