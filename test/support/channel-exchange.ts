/**
 * An exchange of the tests that does what Bitfinex, Bybit and BitMEX do and Binance and Coinbase do
 * not, on the real connection logic:
 *
 *   → {"op":"conf"}                                      ← {"event":"conf"}, once a connection
 *   → {"op":"subscribe","channel":"book","symbol":"AAA"} ← {"event":"subscribed", …, "chan":7}
 *   → {"op":"ping"}                                      ← {"event":"pong"}
 *   ← [7,[[id,price,size],…],seq,ms]   the whole book; sizes of asks are negative
 *   ← [7,[id,price,size],seq,ms]       a new level
 *   ← [7,[id,size],seq,ms]             a level changes: no price; a size of 0 deletes it
 *   ← [8,"t",["uuid",price,size],seq,ms]  a trade; the size of a sale is negative
 *
 * Channel ids and level ids live as long as a connection, `seq` counts all frames of a connection, a
 * symbol takes two channels with a reply each, prices and sizes are JSON numbers, trade ids are text.
 */

import type { Proof } from '../../logger/market/coverage.ts';
import { NO_HORIZON } from '../../logger/market/events.ts';
import type { Trade } from '../../logger/market/events.ts';
import { connectionRule } from '../../logger/exchange/connection-rule.ts';
import type { ExchangeDeps } from '../../logger/exchange/definition.ts';
import type { FeedListener, Instrument } from '../../logger/exchange/exchange.ts';
import { ImageFeed } from '../../logger/exchange/feed/image-feed.ts';
import { TO_SESSION, TO_UNKNOWN } from '../../logger/exchange/feed/protocol.ts';
import type {
  ControlMessage,
  FeedMessage,
  Protocol,
  ReadContext,
  Route,
  SessionProtocol,
  StreamRequest,
  SymbolRoute,
} from '../../logger/exchange/feed/protocol.ts';
import { JsonNumber, parseExactJson } from '../../logger/exchange/wire/exact-json.ts';
import { fieldsOf, textOf, wireError } from '../../logger/exchange/wire/fields.ts';
import { scalePair, scaleSides } from '../../logger/exchange/wire/scaled-levels.ts';
import { TestExchange } from './test-exchange.ts';

export const PING = { text: '{"op":"ping"}', intervalMs: 20_000 };

const CHANNELS = ['book', 'trades'] as const;
const CHANNEL = /^\[(\d+),(\[\[|\[\]|\[|"t")/;
/** The sequence stands last but one; it is found without parsing what stands before. */
const SEQUENCE = /,(\d+),\d+\]$/;

type Side = 'bids' | 'asks';

interface Level {
  readonly side: Side;
  readonly price: JsonNumber;
}

export const channelProtocol: Protocol = {
  streamsPerSymbol: 2,
  isSequenced: false,
  ping: PING,
  connect: (onLoss) => new ChannelSession(onLoss),
};

class ChannelSession implements SessionProtocol {
  readonly #onLoss: (reason: string) => void;
  readonly #channels = new Map<string, { readonly symbol: string; readonly name: string }>();
  /** By symbol and id: an update names no price. */
  readonly #levels = new Map<string, Level>();
  #isConfigured = false;
  #sequence = 0;

  constructor(onLoss: (reason: string) => void) {
    this.#onLoss = onLoss;
  }

  subscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    const request = this.#request('subscribe', symbols);
    if (this.#isConfigured) return request;
    this.#isConfigured = true;
    return {
      messages: ['{"op":"conf"}', ...request.messages],
      replies: [{ key: 'conf', symbol: null }, ...request.replies],
    };
  }

  unsubscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    return this.#request('unsubscribe', symbols);
  }

  route(frame: Buffer): Route {
    const text = frame.toString('latin1');
    if (text.startsWith('{')) return TO_SESSION;
    const [, id = '', start = ''] = CHANNEL.exec(text) ?? [];
    const channel = this.#channels.get(id);
    if (!channel) return TO_UNKNOWN;
    this.#count(Number(SEQUENCE.exec(text)?.[1] ?? this.#sequence + 1));
    const { symbol, name } = channel;
    if (name === 'trades') return { to: 'symbol', symbol, kind: 'trade', carries: 'side' };
    const isImage = start !== '[';
    const kind = isImage ? 'image' : 'update';
    return { to: 'symbol', symbol, kind, carries: kind };
  }

  read(frame: Buffer, { symbol, kind }: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const row = listIn(parseExactJson(frame.toString('utf8')));
    const exchangeTimeUs = (numberIn(row.at(-1)).integer ?? 0) * 1000;
    const times = { exchangeTimeUs, receiveTimeUs: context.receiveTimeUs };
    if (kind === 'trade') return [trade(listIn(row[2]), context, times)];
    if (kind === 'image') {
      const sides = this.#sidesOf(symbol, listIn(row[1]).map(listIn));
      const scaled = scaleSides(sides.bids, sides.asks, context.scale);
      const head = { level: 'L2', sequence: 0, horizon: NO_HORIZON } as const;
      return [{ kind: 'image', snapshot: { ...head, ...times, ...scaled } }];
    }
    const sides = this.#sidesOf(symbol, [listIn(row[1])]);
    const { scale, bids, asks } = scaleSides(sides.bids, sides.asks, context.scale);
    const head = { type: 'diff', firstSequence: 0, lastSequence: 0 } as const;
    return [{ kind: 'update', scale, hasTime: true, event: { ...head, ...times, bids, asks } }];
  }

  readControl(frame: Buffer): ControlMessage {
    const message = fieldsOf(parseExactJson(frame.toString('utf8')), 'The message');
    const event = textOf(message, 'event');
    if (event === 'conf') return { kind: 'reply', key: 'conf', rejection: null };
    if (event === 'pong') return { kind: 'ignored' };
    if (!['subscribed', 'unsubscribed', 'error'].includes(event)) return { kind: 'unknown', event };
    const [name, symbol] = [textOf(message, 'channel'), textOf(message, 'symbol')];
    const key = `${name} ${symbol}`;
    if (event === 'error') return { kind: 'reply', key, rejection: textOf(message, 'text') };
    const { chan } = message;
    if (event === 'subscribed') this.#channels.set(numberIn(chan).text, { symbol, name });
    return { kind: 'reply', key, rejection: null };
  }

  #request(op: string, symbols: readonly string[]): StreamRequest {
    const all = symbols.flatMap((symbol) => CHANNELS.map((channel) => ({ channel, symbol })));
    return {
      messages: all.map((one) => JSON.stringify({ op, ...one })),
      replies: all.map(({ channel, symbol }) => ({ key: `${channel} ${symbol}`, symbol })),
    };
  }

  #count(sequence: number): void {
    const last = this.#sequence;
    this.#sequence = sequence;
    if (sequence !== last + 1) this.#onLoss(`frame ${sequence} came after ${last}`);
  }

  /** Puts the prices to levels that are named by their id, and remembers new ones. */
  #sidesOf(
    symbol: string,
    rows: readonly (readonly unknown[])[],
  ): Readonly<Record<Side, unknown[]>> {
    const sides: Record<Side, unknown[]> = { bids: [], asks: [] };
    for (const row of rows) {
      const key = `${symbol} ${numberIn(row[0]).text}`;
      const size = numberIn(row.at(-1));
      const side: Side = size.isNegative ? 'asks' : 'bids';
      if (row.length === 3) this.#levels.set(key, { side, price: numberIn(row[1]) });
      const level = this.#levels.get(key);
      if (!level) throw wireError('level', 'A level that no image or update has named');
      sides[level.side].push([level.price, size.magnitude]);
    }
    return sides;
  }
}

function trade(
  [id, price, size]: readonly unknown[],
  { scale }: ReadContext,
  times: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number },
): FeedMessage {
  const amount = numberIn(size);
  const pair = scalePair(numberIn(price).decimal, amount.magnitude.decimal, scale);
  const event: Trade = {
    type: 'trade',
    tradeId: String(id),
    sequence: null,
    ...times,
    eventTimeUs: times.exchangeTimeUs,
    price: pair.price,
    size: pair.size,
    side: amount.isNegative ? 'sell' : 'buy',
  };
  return { kind: 'side-event', scale: pair.scale, hasTime: true, event };
}

function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wireError('shape', 'Not a list');
  return value as readonly unknown[];
}

function numberIn(value: unknown): JsonNumber {
  if (!(value instanceof JsonNumber)) throw wireError('shape', 'Not a number');
  return value;
}

export class ChannelExchange extends TestExchange {
  readonly name = 'channels';
  readonly proof: Proof = 'connection';
  readonly rule = connectionRule;

  constructor(deps: ExchangeDeps, staleAfterMs: number) {
    super('channels', channelProtocol, deps, staleAfterMs);
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): ImageFeed {
    return new ImageFeed(instrument, { listener, wireErrors: this.wireErrors });
  }
}

/** The exchange's side of one connection. */
export class ChannelVenue {
  readonly #channels = new Map<string, number>();
  #nextChannel = 5150;
  #sequence = 0;

  symbolsOf(text: string): readonly string[] {
    const { op, channel, symbol } = JSON.parse(text);
    return op === 'subscribe' && channel === 'book' ? [symbol] : [];
  }

  grant(text: string): readonly string[] {
    const { op, channel, symbol } = JSON.parse(text);
    if (op === 'ping') return ['{"event":"pong"}'];
    if (op === 'conf') return ['{"event":"conf"}'];
    if (op === 'unsubscribe') return [JSON.stringify({ event: 'unsubscribed', channel, symbol })];
    const chan = this.#nextChannel++;
    this.#channels.set(`${channel} ${symbol}`, chan);
    return [JSON.stringify({ event: 'subscribed', channel, symbol, chan })];
  }

  reject(text: string): readonly string[] {
    const { channel, symbol } = JSON.parse(text);
    return [JSON.stringify({ event: 'error', channel, symbol, text: 'unknown symbol' })];
  }

  /** @param content as JSON text, so that numbers stand as they are written here. */
  frame(channel: string, symbol: string, content: string): string {
    const id = this.#channels.get(`${channel} ${symbol}`);
    return `[${id},${content},${++this.#sequence},1790000000100]`;
  }

  image(symbol: string): string {
    return this.frame('book', symbol, '[[1,100.00,1],[2,200,-1.0]]');
  }

  update(symbol: string, n: number): string {
    return this.frame('book', symbol, `[${100 + n},${100 + n}.0,${n}e0]`);
  }

  trade(symbol: string, n: number): string {
    return this.frame('trades', symbol, `"t",["trade-${n}",150,1]`);
  }

  /** A frame is lost on its way. */
  lose(): void {
    this.#sequence++;
  }
}
