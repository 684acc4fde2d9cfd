/** Bitfinex's REST API, pairs, best prices and books: one request in, status, headers and body out. */

import type { FaultInjector } from '../../faults/fault-injector.ts';
import { truncated } from '../../faults/frames.ts';
import { intervalOf } from '../../market/intervals.ts';
import type { Interval } from '../../market/intervals.ts';
import type { Market } from '../../market/market.ts';
import { PerAddress } from '../per-address.ts';
import type { RestRequest, RestResponse } from '../session.ts';
import type { BitfinexFeed, CountedMessage } from './feed.ts';
import type { BitfinexLimits } from './limits.ts';
import { candleText, imageText, number } from './wire.ts';
import type { Precision } from './wire.ts';

export interface BitfinexRestDeps {
  readonly markets: ReadonlyMap<string, Market>;
  readonly feed: BitfinexFeed;
  readonly faults: FaultInjector<CountedMessage>;
  readonly nowUs: () => number;
  readonly limits: BitfinexLimits;
  readonly isInMaintenance: () => boolean;
}

/** Requests of an address in the running minute. */
interface Spent {
  windowStartUs: number;
  requests: number;
}

type Content = Omit<RestResponse, 'headers'>;

const MINUTE_US = 60_000_000;
const DEFAULT_CANDLES = 100;
const MAX_CANDLES = 10_000;
const INTERVALS: Readonly<Record<string, Interval>> = {
  '1m': '1m',
  '5m': '5m',
  '15m': '15m',
  '1h': '1h',
  '1D': '1d',
};

export class BitfinexRest {
  readonly #deps: BitfinexRestDeps;
  readonly #spent: PerAddress<Spent>;

  constructor(deps: BitfinexRestDeps) {
    this.#deps = deps;
    this.#spent = new PerAddress(() => ({ windowStartUs: deps.nowUs(), requests: 0 }));
  }

  respond({ url, address }: RestRequest): RestResponse {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const rejection = this.#deps.faults.rejectedRequests.take();
    if (!this.#spend(address)) return { headers, ...error(429, 11_010, 'ratelimit: error') };
    if (rejection) {
      const { status, retryAfterSeconds } = rejection;
      const more = { ...headers, 'retry-after': String(retryAfterSeconds) };
      return { headers: more, ...error(status, 20_000, 'rejected') };
    }
    if (this.#deps.isInMaintenance()) return { headers, ...error(503, 20_060, 'maintenance') };
    return { headers, ...this.#route(url) };
  }

  #route(url: string): Content {
    const { pathname, searchParams } = new URL(url, 'http://sandbox');
    const [, version, what, symbol = '', precision] = decodeURIComponent(pathname).split('/');
    if (version !== 'v2') return error(404, 10_020, 'unknown');
    switch (what) {
      case 'conf':
        return ok(`[[${this.#listed().map(pairText).join(',')}],[]]`);
      case 'tickers': {
        const wanted = (searchParams.get('symbols') ?? '').split(',');
        const rows = this.#listed().filter((one) => wanted.includes(one));
        return ok(`[${rows.map((one) => this.#ticker(one)).join(',')}]`);
      }
      case 'candles':
        return this.#candles(symbol, searchParams);
      case 'book':
        return this.#book(symbol, precision, Number(searchParams.get('len') ?? 25));
      default:
        return error(404, 10_020, 'unknown');
    }
  }

  #listed(): readonly string[] {
    const { markets, faults } = this.#deps;
    return [...markets.keys()].filter((symbol) => !faults.isDelisted(symbol));
  }

  #ticker(symbol: string): string {
    const top = this.#deps.markets.get(symbol)?.top();
    const price = (units = 0): string => (units === 0 ? 'null' : number(units));
    const bid = `${price(top?.bidPrice)},${number(top?.bidSize ?? 0)}`;
    return `["${symbol}",${bid},${price(top?.askPrice)},${number(top?.askSize ?? 0)},0,0,0,0,0,0]`;
  }

  /** Only of intervals with trades, newest first unless `sort` is 1. */
  #candles(key: string, query: URLSearchParams): Content {
    const [, name = '', symbol = ''] = /^trade:(\w+):(.+)$/.exec(key) ?? [];
    const interval = intervalOf(INTERVALS, name);
    if (interval === undefined) return error(500, 10_020, 'time_frame: invalid');
    const limit = Number(query.get('limit') ?? DEFAULT_CANDLES);
    if (!(limit > 0 && limit <= MAX_CANDLES)) return error(500, 10_020, 'limit: invalid');
    const market = this.#listed().includes(symbol) ? this.#deps.markets.get(symbol) : undefined;
    const us = (part: string, otherwise: number): number =>
      query.has(part) ? Number(query.get(part)) * 1000 : otherwise;
    const range = { fromUs: us('start', 0), toUs: us('end', this.#deps.nowUs()) + 1 };
    const traded = (market?.candles(interval, range) ?? []).filter(({ trades }) => trades > 0);
    const rows = query.get('sort') === '1' ? traded : traded.reverse();
    return ok(`[${rows.slice(0, limit).map(candleText).join(',')}]`);
  }

  #book(symbol: string, precision: string | undefined, length: number): Content {
    if (!this.#listed().includes(symbol)) return ok('[]');
    if (precision !== 'P0' && precision !== 'R0') return error(500, 10_020, 'prec: invalid');
    if (![1, 25, 100, 250].includes(length)) return error(500, 10_020, 'len: invalid');
    if (length === 1) return ok(this.#rows(symbol, precision, 1));
    const { content, delayMs } = this.#deps.faults.snapshot();
    const body = content === 'empty' ? '[]' : this.#rows(symbol, precision, length);
    return { ...ok(content === 'truncated' ? truncated(body) : body), delayMs };
  }

  #rows(symbol: string, precision: Precision, length: number): string {
    const rows = this.#deps.feed.shown(symbol, precision)?.rowsNow ?? [];
    const side = (name: 'buy' | 'sell') => rows.filter((row) => row.side === name).slice(0, length);
    return imageText(precision, [...side('buy'), ...side('sell')]);
  }

  /** @returns false for an address that has asked for too much. */
  #spend(address: string): boolean {
    const { limits, nowUs } = this.#deps;
    const spent = this.#spent.get(address);
    const now = nowUs();
    if (now - spent.windowStartUs >= MINUTE_US) {
      spent.windowStartUs = now;
      spent.requests = 0;
    }
    return ++spent.requests <= limits.requestsPerMinute;
  }
}

function pairText(symbol: string): string {
  const sizes = '[null,null,null,"0.00004","2000.0",null,null,null,0.2,0.1]';
  return `["${symbol.slice(1)}",${sizes}]`;
}

function ok(body: string): Content {
  return { status: 200, body, delayMs: 0 };
}

function error(status: number, code: number, words: string): Content {
  return { status, body: `["error",${code},"${words}"]`, delayMs: 0 };
}
