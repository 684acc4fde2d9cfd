/**
 * An exchange of the tests whose updates are numbered and whose image comes in the stream, as with
 * Bybit, on the real connection logic:
 *
 *   → {"op":"subscribe","id":1,"args":["AAA"]}   ← {"op":"subscribe","id":1,"success":true}
 *   ← {"topic":"AAA","type":"image","u":1000,"ms":…,"b":[["100","1"]],"a":[…]}
 *   ← {"topic":"AAA","type":"update","u":1001,…}
 *   ← {"topic":"AAA","type":"trade","id":"…","ms":…,"p":"150","q":"1","side":"buy"}
 */

import type { Proof } from '../../logger/market/coverage.ts';
import { NO_HORIZON } from '../../logger/market/events.ts';
import type { ExchangeDeps } from '../../logger/exchange/definition.ts';
import type { FeedListener, Instrument } from '../../logger/exchange/exchange.ts';
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
import { SequencedFeed } from '../../logger/exchange/feed/sequenced-feed.ts';
import { spanRule } from '../../logger/exchange/span-rule.ts';
import { integerOf, listOf, parseFields, textOf } from '../../logger/exchange/wire/fields.ts';
import { scalePair, scaleSides } from '../../logger/exchange/wire/scaled-levels.ts';
import { TestExchange } from './test-exchange.ts';

const CARRIES = { image: 'image', update: 'update', trade: 'side' } as const;

const numberedProtocol: Protocol = {
  streamsPerSymbol: 1,
  isSequenced: true,
  connect: () => new NumberedSession(),
};

class NumberedSession implements SessionProtocol {
  subscribe(requestId: number, symbols: readonly string[]): StreamRequest {
    return request('subscribe', requestId, symbols);
  }

  unsubscribe(requestId: number, symbols: readonly string[]): StreamRequest {
    return request('unsubscribe', requestId, symbols);
  }

  route(frame: Buffer): Route {
    const text = frame.toString('latin1');
    if (text.startsWith('{"op"')) return TO_SESSION;
    const [, symbol, kind] = /^\{"topic":"(\w+)","type":"(\w+)"/.exec(text) ?? [];
    if (symbol === undefined || !(kind === 'image' || kind === 'update' || kind === 'trade')) {
      return TO_UNKNOWN;
    }
    return { to: 'symbol', symbol, kind, carries: CARRIES[kind] };
  }

  read(frame: Buffer, { kind }: SymbolRoute, context: ReadContext): readonly FeedMessage[] {
    const fields = parseFields(frame, 'The message');
    const exchangeTimeUs = integerOf(fields, 'ms') * 1000;
    const times = { exchangeTimeUs, receiveTimeUs: context.receiveTimeUs };
    if (kind === 'trade') {
      const pair = scalePair(textOf(fields, 'p'), textOf(fields, 'q'), context.scale);
      const { price, size } = pair;
      const side = textOf(fields, 'side') === 'buy' ? 'buy' : 'sell';
      const head = { type: 'trade', tradeId: textOf(fields, 'id'), sequence: null } as const;
      const event = { ...head, ...times, eventTimeUs: exchangeTimeUs, price, size, side } as const;
      return [{ kind: 'side-event', scale: pair.scale, hasTime: true, event }];
    }
    const sequence = integerOf(fields, 'u');
    const sides = scaleSides(listOf(fields, 'b'), listOf(fields, 'a'), context.scale);
    if (kind === 'image') {
      const snapshot = { level: 'L2', sequence, horizon: NO_HORIZON, ...times, ...sides } as const;
      return [{ kind: 'image', snapshot }];
    }
    const { scale, bids, asks } = sides;
    const head = { type: 'diff', firstSequence: sequence, lastSequence: sequence } as const;
    return [{ kind: 'update', scale, hasTime: true, event: { ...head, ...times, bids, asks } }];
  }

  readControl(frame: Buffer): ControlMessage {
    const { id, success } = parseFields(frame, 'The message');
    const rejection = success === true ? null : 'unknown symbol';
    return { kind: 'reply', key: String(id), rejection };
  }
}

function request(op: string, id: number, args: readonly string[]): StreamRequest {
  return {
    messages: [JSON.stringify({ op, id, args })],
    replies: [{ key: String(id), symbol: null }],
  };
}

export class NumberedExchange extends TestExchange {
  readonly name = 'numbered';
  readonly proof: Proof = 'sequence';
  readonly rule = spanRule;

  constructor(deps: ExchangeDeps, staleAfterMs: number) {
    super('numbered', numberedProtocol, deps, staleAfterMs);
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): SequencedFeed {
    return new SequencedFeed(instrument, { listener, wireErrors: this.wireErrors });
  }
}

/** The exchange's side of a connection. The n-th update has the number 1000 + n. */
export class NumberedVenue {
  symbolsOf(text: string): readonly string[] {
    const { op, args } = JSON.parse(text) as { readonly op: string; readonly args: string[] };
    return op === 'subscribe' ? args : [];
  }

  grant(text: string): readonly string[] {
    const { op, id } = JSON.parse(text) as { readonly op: string; readonly id: number };
    return [JSON.stringify({ op, id, success: true })];
  }

  reject(text: string): readonly string[] {
    const { op, id } = JSON.parse(text) as { readonly op: string; readonly id: number };
    return [JSON.stringify({ op, id, success: false })];
  }

  image(symbol: string, n: number): string {
    const bids = Array.from({ length: n }, (_, i) => [`${100 + n - i}`, `${n - i}`]);
    return this.book(symbol, 'image', 1000 + n, [...bids, ['100', '1']], [['200', '1']]);
  }

  update(symbol: string, n: number): string {
    return this.book(symbol, 'update', 1000 + n, [[`${100 + n}`, `${n}`]], []);
  }

  trade(symbol: string, n: number): string {
    const more = { ms: 1_790_000_000_100, p: '150', q: '1', side: 'buy' };
    return JSON.stringify({ topic: symbol, type: 'trade', id: `trade-${n}`, ...more });
  }

  /** @param u the number of the update, or of the last one in the image. */
  book(symbol: string, type: string, u: number, b: unknown, a: unknown): string {
    return JSON.stringify({ topic: symbol, type, u, ms: 1_790_000_000_100, b, a });
  }
}
