/** Bybit's REST API, spot market data: one request in, status, headers and body out. */

import type { FaultInjector } from '../../faults/fault-injector.ts';
import { truncated } from '../../faults/frames.ts';
import { intervalOf } from '../../market/intervals.ts';
import type { Interval } from '../../market/intervals.ts';
import type { Market } from '../../market/market.ts';
import { PerAddress } from '../per-address.ts';
import type { RestRequest, RestResponse } from '../session.ts';
import type { BookTopic } from './book-topic.ts';
import type { BybitFeed } from './feed.ts';
import type { BybitLimits } from './limits.ts';
import {
  answerText,
  bookResult,
  errorText,
  instrumentOf,
  klineOf,
  milliseconds,
  tickerOf,
} from './wire.ts';
import type { BookMessage } from './wire.ts';

export interface BybitRestDeps {
  readonly markets: ReadonlyMap<string, Market>;
  readonly feed: BybitFeed;
  readonly faults: FaultInjector<BookMessage>;
  readonly nowUs: () => number;
  readonly limits: BybitLimits;
}

/** Requests of an address in the running five seconds. */
interface Spent {
  windowStartMs: number;
  requests: number;
  bannedUntilMs: number;
}

const WINDOW_MS = 5000;
const FULL_DEPTH = 10_000;
const DEFAULT_DEPTH = 1;
const MAX_DEPTH = 1000;
const PARAMETER_ERROR = 10_001;
const SLOW_DOWN = 10_006;
const DEFAULT_KLINES = 200;
const MAX_KLINES = 1000;
const INTERVALS: Readonly<Record<string, Interval>> = {
  1: '1m',
  5: '5m',
  15: '15m',
  60: '1h',
  240: '4h',
  D: '1d',
};

interface Content {
  readonly body: string;
  readonly delayMs?: number;
}

export class BybitRest {
  readonly #deps: BybitRestDeps;
  readonly #spent: PerAddress<Spent>;

  constructor(deps: BybitRestDeps) {
    this.#deps = deps;
    this.#spent = new PerAddress(() => ({ windowStartMs: 0, requests: 0, bannedUntilMs: 0 }));
  }

  respond({ url, address }: RestRequest): RestResponse {
    const { faults, nowUs } = this.#deps;
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    if (!this.#spend(address)) {
      return { status: 403, headers, body: 'access too frequent', delayMs: 0 };
    }
    const rejection = faults.rejectedRequests.take();
    // "Slow down" comes with status 200, and a code.
    if (rejection?.status === 429) {
      const body = errorText(SLOW_DOWN, 'Too many visits. Exceeded the API Rate Limit.', nowUs());
      return { status: 200, headers, body, delayMs: 0 };
    }
    if (rejection) {
      const { status, retryAfterSeconds } = rejection;
      const more = { ...headers, 'retry-after': String(retryAfterSeconds) };
      return { status, headers: more, body: '<html><body>Forbidden</body></html>', delayMs: 0 };
    }
    const { pathname, searchParams } = new URL(url, 'http://sandbox');
    const { body, delayMs = 0 } = this.#route(pathname, searchParams) ?? { body: '' };
    return { status: body === '' ? 404 : 200, headers, body, delayMs };
  }

  #route(path: string, query: URLSearchParams): Content | null {
    const now = this.#deps.nowUs();
    if (path === '/v5/market/time') return { body: answerText({ timeNano: `${now}000` }, now) };
    if (query.get('category') !== 'spot') {
      return { body: errorText(PARAMETER_ERROR, 'Illegal category', now) };
    }
    const symbol = query.get('symbol');
    switch (path) {
      case '/v5/market/instruments-info':
        return this.#list(symbol, ({ profile, engine }) => instrumentOf(profile, engine.grid));
      case '/v5/market/kline':
        return this.#klines(symbol, query);
      case '/v5/market/tickers':
        return this.#list(symbol, (market) => tickerOf(market.profile.symbol, market.top()));
      case '/v5/market/full_orderbook':
        return this.#book('orderbook.full', symbol, FULL_DEPTH);
      case '/v5/market/orderbook':
        return this.#book(
          'orderbook.1000',
          symbol,
          Math.min(MAX_DEPTH, Math.max(1, Number(query.get('limit') ?? DEFAULT_DEPTH))),
        );
      default:
        return null;
    }
  }

  #list(symbol: string | null, rowOf: (market: Market) => unknown): Content {
    const { markets, faults, nowUs } = this.#deps;
    const listed = [...markets.values()].filter(
      ({ profile }) =>
        (symbol === null || profile.symbol === symbol) && !faults.isDelisted(profile.symbol),
    );
    return { body: answerText({ category: 'spot', list: listed.map(rowOf) }, nowUs()) };
  }

  /** The last ones of a range, newest first. */
  #klines(symbol: string | null, query: URLSearchParams): Content {
    const { markets, faults, nowUs } = this.#deps;
    const market = symbol === null ? undefined : markets.get(symbol);
    const interval = intervalOf(INTERVALS, query.get('interval') ?? '');
    if (symbol === null || !market || faults.isDelisted(symbol)) {
      return { body: errorText(PARAMETER_ERROR, 'Not supported symbols', nowUs()) };
    }
    if (interval === undefined) {
      return { body: errorText(PARAMETER_ERROR, 'Invalid period!', nowUs()) };
    }
    const limit = Math.min(MAX_KLINES, Number(query.get('limit') ?? DEFAULT_KLINES));
    const us = (name: string, otherwise: number): number =>
      query.has(name) ? Number(query.get(name)) * 1000 : otherwise;
    const range = { fromUs: us('start', 0), toUs: us('end', nowUs()) + 1 };
    const list = market.candles(interval, range).slice(-limit).reverse().map(klineOf);
    return { body: answerText({ category: 'spot', symbol, list }, nowUs()) };
  }

  #book(kind: string, symbol: string | null, depth: number): Content {
    const { markets, feed, faults, nowUs } = this.#deps;
    const market = symbol === null ? undefined : markets.get(symbol);
    const topic = symbol === null ? undefined : feed.topic(kind, symbol);
    if (symbol === null || !market || !topic || faults.isDelisted(symbol)) {
      return { body: errorText(PARAMETER_ERROR, 'Not supported symbols', nowUs()) };
    }
    const { content, delayMs } = faults.snapshot();
    const book = bookOf(topic, market, content === 'stale' ? topic.oldestU : topic.u);
    const cut = content === 'empty' ? 0 : depth * 2;
    const sides = { bids: book.bids.slice(0, cut), asks: book.asks.slice(0, cut) };
    const body = answerText(bookResult(symbol, { ...book, ...sides }), nowUs());
    return { body: content === 'truncated' ? truncated(body) : body, delayMs };
  }

  /** @returns false for an address that is banned. */
  #spend(address: string): boolean {
    const { limits, nowUs } = this.#deps;
    const spent = this.#spent.get(address);
    const nowMs = milliseconds(nowUs());
    if (nowMs < spent.bannedUntilMs) return false;
    if (nowMs - spent.windowStartMs >= WINDOW_MS) {
      spent.windowStartMs = nowMs;
      spent.requests = 0;
    }
    spent.requests++;
    if (spent.requests <= limits.requestsPerFiveSeconds) return true;
    spent.bannedUntilMs = nowMs + limits.banMs;
    return false;
  }
}

/** The book at a message of a topic, as far as the market's history reaches. */
export function bookOf(
  topic: BookTopic,
  market: Market,
  u: number,
): Pick<BookMessage, 'u' | 'seq' | 'timeUs' | 'bids' | 'asks'> {
  const seq = topic.seqAt(u) ?? topic.seq;
  const { timeUs, bids, asks } = market.history.bookAt(seq) ?? market.book();
  const cut = topic.window === null ? undefined : topic.window * 2;
  return { u, seq, timeUs, bids: bids.slice(0, cut), asks: asks.slice(0, cut) };
}
