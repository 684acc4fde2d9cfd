/**
 * Bitfinex's WebSocket protocol, version 2: channels that are named by a number, and a counter over all of
 * their messages. A symbol takes two channels, `book` and `trades`.
 *
 *   ← {"event":"info","version":2,"serverId":"…","platform":{"status":1}}
 *   → {"event":"conf","flags":229376}
 *   ← {"event":"conf","status":"OK","flags":229376}
 *   → {"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"250"}
 *   ← {"event":"subscribed","channel":"book","chanId":5150,"symbol":"tBTCUSD",…}
 *   ← [5150,[[90000,3,1.25],[90001,2,-0.75]],1,1790000000100]   the whole window
 *   ← [5150,[90001,0,-1],2,1790000000140]                       a row
 *   ← [5150,"cs",1756193398,3,1790000000141]                    a checksum
 *   ← [77,"te",[1200300400,1790000000165,-0.25,90000],4,1790000000171], and "tu" with the same later
 *   ← [77,"hb",5,1790000015171]                                 15 s without anything else
 *   ← {"event":"info","code":20051,"msg":"Stopping. Please try to reconnect"}
 *   ← {"event":"error","msg":"symbol: invalid","code":10300,"channel":"book","symbol":"tNOSUCH",…}
 *   → {"event":"unsubscribe","chanId":5150}   ← {"event":"unsubscribed","status":"OK","chanId":5150}
 *
 * The rules, in our own words:
 *
 *   1. Nothing is asked for before the greeting, or while its platform status is 0 (maintenance).
 *   2. The flags (times 32768, counter 65536, checksums 131072) are set before the first subscription.
 *   3. The counter of every message of a channel, heartbeats included, is the last one plus 1, from 1 on. If
 *      not, messages of any channel may be missing. Objects (`event`) are not counted.
 *   4. A checksum is of the book as of all messages of its channel before it.
 *   5. Channels are confirmed in any order (recording of 2021-04-17). That of the trades begins with the last
 *      30, newest first.
 *   6. Info 20051: reconnect. 20060: nothing is served until 20061; then all channels are subscribed again.
 *
 * A channel's heartbeats may come before its confirmation (recording of 2021-04-17).
 *
 * Source: https://docs.bitfinex.com/docs/ws-general and ws-public (gathered 2026-11-20), the exchange's own
 * clients, recordings of 2021.
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
import { JsonNumber, parseExactJson } from '../wire/exact-json.ts';
import { fieldsOf, quoted, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { WINDOW } from './books.ts';
import type { BookKind } from './books.ts';
import { BookChannel } from './channel.ts';
import type { Place } from './channel.ts';
import { timeUsOf, tradeMessage } from './events.ts';

const STREAMS_PER_SYMBOL = 2;
/** Times, the counter, checksums. */
export const FLAGS = 32_768 + 65_536 + 131_072;

const MAINTENANCE = 'The exchange is in maintenance';
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
/** The channel, and how its content begins. */
const HEAD = /^\[(\d{1,16}),(\[\[|\[\]|\[|"[a-z]{2}")/;
const HEAD_BYTES = 32;
/** Counter and time stand last. They are found without parsing what stands before. */
const TAIL = /,(\d{1,15}),\d{1,16}\]$/;
const TAIL_BYTES = 40;

interface TradesChannel {
  readonly symbol: string;
  readonly trade: Route;
  readonly recent: Route;
  readonly other: Route;
  /** The image of the book came before the confirmation, with this time: trades since are delivered once. */
  readonly sinceUs: number | null;
}

type Channel = BookChannel | TradesChannel;

export function bitfinexProtocol(kind: BookKind): Protocol {
  return {
    streamsPerSymbol: STREAMS_PER_SYMBOL,
    // Two connections number differently: a new one takes over with its image.
    isSequenced: false,
    awaitsGreeting: true,
    connect: (onLoss) => new BitfinexSession(kind, onLoss),
  };
}

class BitfinexSession implements SessionProtocol {
  readonly #kind: BookKind;
  readonly #onLoss: (reason: string) => void;
  /** By the exchange's number. */
  readonly #channels = new Map<string, Channel>();
  #isConfigured = false;
  /** Time of the image that the book channel of a symbol has brought. */
  readonly #imageTimesUs = new Map<string, number>();
  /** The counter of the last message. */
  #counter = 0;

  constructor(kind: BookKind, onLoss: (reason: string) => void) {
    this.#kind = kind;
    this.#onLoss = onLoss;
  }

  subscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    const book = { channel: 'book', prec: this.#kind.precision, freq: 'F0', len: String(WINDOW) };
    // No trade is to be missing from the book's image on.
    const channels = symbols.flatMap((symbol) => [
      { symbol, channel: 'trades' },
      { symbol, ...book },
    ]);
    const messages = channels.map((one) => JSON.stringify({ event: 'subscribe', ...one }));
    const replies = channels.map(({ channel, symbol }) => ({
      key: `${channel} ${symbol}`,
      symbol,
    }));
    if (this.#isConfigured) return { messages, replies };
    this.#isConfigured = true;
    return {
      messages: [JSON.stringify({ event: 'conf', flags: FLAGS }), ...messages],
      replies: [{ key: 'conf', symbol: null }, ...replies],
    };
  }

  unsubscribe(_requestId: number, symbols: readonly string[]): StreamRequest {
    const ids = [...this.#channels].filter(([, { symbol }]) => symbols.includes(symbol));
    return {
      messages: ids.map(([id]) => `{"event":"unsubscribe","chanId":${id}}`),
      replies: ids.map(([id, { symbol }]) => ({ key: `unsubscribed ${id}`, symbol })),
    };
  }

  route(frame: Buffer): Route {
    if (frame[0] === OPEN_OBJECT) return TO_SESSION;
    if (frame[0] !== OPEN_LIST) return TO_UNKNOWN;
    const sequence = this.#count(frame);
    const [, id = '', start = ''] = HEAD.exec(frame.toString('latin1', 0, HEAD_BYTES)) ?? [];
    const channel = this.#channels.get(id);
    if (!channel) return TO_UNKNOWN;
    if (!(channel instanceof BookChannel)) {
      if (start === '"te"') return channel.trade;
      return start === '[[' ? channel.recent : channel.other;
    }
    if (start === '"hb"') return channel.heartbeat;
    if (start === '"cs"') return channel.checksum;
    channel.count(sequence);
    return start === '[[' || start === '[]' ? channel.image : channel.update;
  }

  read(frame: Buffer, { kind }: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const message = parseExactJson(frame.toString('utf8'));
    if (!Array.isArray(message)) throw wireError('shape', 'The message is not a list');
    const [id, first, second]: readonly unknown[] = message;
    const channel = this.#channels.get(id instanceof JsonNumber ? id.text : '');
    if (!channel) throw wireError('shape', 'The message is of no channel');
    const place = this.#placeOf(message);
    if (!(channel instanceof BookChannel)) {
      const { exchangeTimeUs } = place;
      if (kind === 'trade') return [tradeMessage(second, exchangeTimeUs, context)];
      if (kind === 'recent') return tradesSince(channel.sinceUs, first, exchangeTimeUs, context);
      // The same trade later, a heartbeat, no trades.
      if (first === 'tu' || first === 'hb' || Array.isArray(first)) return [];
      throw wireError('shape', 'Not a message of the trades channel');
    }
    switch (kind) {
      case 'heartbeat':
        return channel.readHeartbeat(place, context);
      case 'checksum':
        return channel.readChecksum(second, place, context);
      case 'image': {
        const messages = channel.readImage(first, place, context);
        this.#imageTimesUs.set(channel.symbol, place.exchangeTimeUs);
        return messages;
      }
      default:
        return channel.readUpdate(first, place, context);
    }
  }

  readControl(frame: Buffer): ControlMessage {
    const message = parseExactJson(frame.toString('utf8'));
    if (Array.isArray(message)) return unconfirmed(message);
    const fields = fieldsOf(message, 'The message');
    const event = textOf(fields, 'event');
    switch (event) {
      case 'info': {
        const message = infoOf(fields);
        // No channel goes on over a maintenance.
        if (message.kind === 'paused' || message.kind === 'ready') this.#imageTimesUs.clear();
        return message;
      }
      case 'conf':
        return this.#confReply(fields);
      case 'subscribed':
        return this.#subscribed(fields);
      case 'unsubscribed': {
        const id = numberOf(fields, 'chanId').text;
        const channel = this.#channels.get(id);
        if (channel instanceof BookChannel) this.#imageTimesUs.delete(channel.symbol);
        this.#channels.delete(id);
        return { kind: 'reply', key: `unsubscribed ${id}`, rejection: null };
      }
      case 'error':
        return rejectionOf(fields);
      case 'pong':
        return { kind: 'ignored' };
      default:
        return { kind: 'unknown', event: quoted(event) };
    }
  }

  /** The counter of a message. One that can't be read is taken for the next: the message after it tells. */
  #count(frame: Buffer): number {
    const from = Math.max(0, frame.length - TAIL_BYTES);
    const text = TAIL.exec(frame.toString('latin1', from))?.[1];
    const next = this.#counter + 1;
    const sequence = text === undefined ? next : Number(text);
    this.#counter = sequence;
    if (sequence !== next) {
      for (const channel of this.#channels.values()) {
        if (channel instanceof BookChannel) channel.lose(sequence);
      }
      this.#onLoss(`Message ${sequence} of the connection came after ${next - 1}`);
    }
    return sequence;
  }

  /** @throws WireFormatError where the counter is not the one that was counted. */
  #placeOf(message: readonly unknown[]): Place {
    const sequence = message.at(-2);
    if (!(sequence instanceof JsonNumber) || sequence.integer !== this.#counter)
      throw wireError('counter', 'A message has no counter');
    return { sequence: this.#counter, exchangeTimeUs: timeUsOf(message.at(-1)) };
  }

  #confReply(fields: Fields): ControlMessage {
    const isSet = fields['status'] === 'OK' && numberOf(fields, 'flags').integer === FLAGS;
    if (!isSet) this.#isConfigured = false;
    return { kind: 'reply', key: 'conf', rejection: isSet ? null : 'The flags were not set' };
  }

  #subscribed(fields: Fields): ControlMessage {
    const [name, symbol] = [textOf(fields, 'channel'), textOf(fields, 'symbol')];
    const id = numberOf(fields, 'chanId').text;
    if (name !== 'book' && name !== 'trades') return { kind: 'unknown', event: quoted(name) };
    const sinceUs = this.#imageTimesUs.get(symbol) ?? null;
    if (name === 'book') this.#imageTimesUs.delete(symbol);
    this.#channels.set(
      id,
      name === 'book' ? new BookChannel(symbol, this.#kind) : tradesChannel(symbol, sinceUs),
    );
    return { kind: 'reply', key: `${name} ${symbol}`, rejection: null };
  }
}

function tradesChannel(symbol: string, sinceUs: number | null): TradesChannel {
  const of = (kind: string): Route => ({ to: 'symbol', symbol, kind, carries: 'side' });
  // One that shows a loss is not passed over.
  const recent: Route = { to: 'symbol', symbol, kind: 'recent', carries: 'update' };
  return { symbol, trade: of('trade'), recent, other: of('other'), sinceUs };
}

/**
 * Those of the last trades that the channel came too late for.
 * @param sinceUs time of the image; null: it had not come.
 * @throws WireFormatError where they do not reach back to the image.
 */
function tradesSince(
  sinceUs: number | null,
  trades: unknown,
  eventTimeUs: number,
  context: ReadContext,
): readonly FeedMessage[] {
  if (sinceUs === null || !Array.isArray(trades)) return [];
  const messages = trades.map((trade) => tradeMessage(trade, eventTimeUs, context)).reverse();
  const since = messages.filter(({ event }) => event.exchangeTimeUs >= sinceUs);
  if (since.length === messages.length) {
    throw wireError('trades', 'More trades came between the image and their channel than it lists');
  }
  return since;
}

/** A message of a channel that is not confirmed yet, or is given up. */
function unconfirmed([, content]: readonly unknown[]): ControlMessage {
  if (content === 'hb') return { kind: 'ignored' };
  throw wireError('channel', 'The message is of no channel');
}

function infoOf(fields: Fields): ControlMessage {
  const { code, platform } = fields;
  if (code instanceof JsonNumber) {
    switch (code.integer) {
      case 20_051:
        return { kind: 'shutdown' };
      case 20_060:
        return { kind: 'paused', reason: MAINTENANCE };
      case 20_061:
        return { kind: 'ready' };
      default:
        return { kind: 'unknown', event: `info ${code.text}` };
    }
  }
  const status = numberOf(fieldsOf(platform, 'platform'), 'status').integer;
  return status === 1 ? { kind: 'ready' } : { kind: 'paused', reason: MAINTENANCE };
}

function rejectionOf(fields: Fields): ControlMessage {
  const { msg, code, channel, symbol, chanId } = fields;
  const words = quoted(typeof msg === 'string' ? msg : 'no reason given');
  const rejection = code instanceof JsonNumber ? `${words} (code ${code.text})` : words;
  if (chanId instanceof JsonNumber) return { kind: 'reply', key: `unsubscribed ${chanId.text}`, rejection }; // prettier-ignore
  const isNamed = typeof channel === 'string' && typeof symbol === 'string';
  return { kind: 'reply', key: isNamed ? `${channel} ${symbol}` : null, rejection };
}

function numberOf(fields: Fields, name: string): JsonNumber {
  const value = fields[name];
  if (value instanceof JsonNumber) return value;
  throw wireError('shape', `${name} is not a number`);
}
