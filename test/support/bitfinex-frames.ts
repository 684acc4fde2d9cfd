/** Bitfinex's messages for tests, and its side of one connection. Numbers stand in the text as they are given. */

import { crc32 } from 'node:zlib';

export const BITFINEX_MS = 1_795_158_000_123;
export const BITFINEX_TIME_US = BITFINEX_MS * 1000;
export const GREETING = '{"event":"info","version":2,"serverId":"test","platform":{"status":1}}';

export type Feed = 'p0' | 'r0';

interface Request {
  readonly event: string;
  readonly channel?: string;
  readonly symbol?: string;
  readonly chanId?: number;
  readonly flags?: number;
}

const requestIn = (text: string): Request => JSON.parse(text) as Request;

/** Hands out channels and counts its messages. */
export class BitfinexConnection {
  readonly greeting: string = GREETING;
  readonly #feed: Feed;
  readonly #channels = new Map<string, number>();
  /** Updates of each symbol so far. */
  readonly #updates = new Map<string, number>();
  #nextChannel = 5150;
  #counter = 0;

  constructor(feed: Feed = 'p0') {
    this.#feed = feed;
  }

  get counter(): number {
    return this.#counter;
  }

  symbolsOf(text: string): readonly string[] {
    const { event, channel, symbol } = requestIn(text);
    return event === 'subscribe' && channel === 'book' && symbol !== undefined ? [symbol] : [];
  }

  grant(text: string): readonly string[] {
    const { event, channel = '', symbol = '', chanId, flags } = requestIn(text);
    if (event === 'conf') return [JSON.stringify({ event, status: 'OK', flags })];
    if (event === 'unsubscribe') {
      return [JSON.stringify({ event: 'unsubscribed', status: 'OK', chanId })];
    }
    const id = this.#nextChannel++;
    this.#channels.set(`${channel} ${symbol}`, id);
    return [
      JSON.stringify({ event: 'subscribed', channel, chanId: id, symbol, pair: symbol.slice(1) }),
    ];
  }

  reject(text: string): readonly string[] {
    const { channel, symbol } = requestIn(text);
    const error = { event: 'error', msg: 'symbol: invalid', code: 10_300, channel, symbol };
    return [JSON.stringify(error)];
  }

  /** A message of a channel. @param content what stands between the channel and the counter. */
  frame(
    channel: string,
    symbol: string,
    content: string,
    ms: number | string = BITFINEX_MS,
  ): string {
    const id = this.#channels.get(`${channel} ${symbol}`);
    return `[${id},${content},${++this.#counter},${ms}]`;
  }

  book(symbol: string, row: string): string {
    return this.frame('book', symbol, row);
  }

  checksum(symbol: string, texts: readonly (string | number)[]): string {
    return this.frame('book', symbol, `"cs",${crc32(texts.join(':')) | 0}`);
  }

  heartbeat(symbol: string, channel = 'book'): string {
    return this.frame(channel, symbol, '"hb"');
  }

  image(symbol: string): string {
    const rows = this.#feed === 'p0' ? '[[100.0,1,1],[200,2,-1]]' : '[[1,100.0,1],[2,200,-1]]';
    return this.book(symbol, rows);
  }

  /** One that was left out before is missing from the connection. */
  update(symbol: string, n: number): string {
    const missing = n - (this.#updates.get(symbol) ?? n - 1) - 1;
    if (missing > 0) this.#counter += missing;
    this.#updates.set(symbol, n);
    const row = this.#feed === 'p0' ? `[${100 + n},${n},${n}]` : `[${1000 + n},${100 + n},${n}]`;
    return this.book(symbol, row);
  }

  trade(symbol: string, n: number): string {
    return this.frame('trades', symbol, `"te",[${1_200_300_400 + n},${BITFINEX_MS},1,150]`);
  }

  /** Messages are lost on their way. */
  lose(messages = 1): void {
    this.#counter += messages;
  }
}

/** The pairs as REST lists them, as far as they are read. */
export function pairsText(...pairs: readonly string[]): string {
  const sizes = [null, null, null, '0.00006', '2000.0', null, null, null, 0.2, 0.1];
  return JSON.stringify([pairs.map((pair) => [pair, sizes]), []]);
}
