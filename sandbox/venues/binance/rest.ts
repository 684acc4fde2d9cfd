/** Binance's REST API: one request in, status, headers and body out. */

import {
  ERRORS,
  decimalText,
  errorText,
  instrumentInfo,
  RATE_LIMITS,
  restTrade,
  snapshotText,
  timeNumber,
} from './wire.ts';
import type { TimeUnit } from './wire.ts';
import type { Market, MarketDiff } from '../../market/market.ts';
import type { FaultInjector } from '../../faults/fault-injector.ts';
import { truncated } from '../../faults/frames.ts';
import { PerAddress } from '../per-address.ts';
import type { RestRequest, RestResponse } from '../session.ts';
import { klineInterval, klines } from './klines.ts';
import { RequestWeight } from './request-weight.ts';

function unitOf({ headers }: RestRequest): TimeUnit {
  const unit = headers['x-mbx-time-unit'];
  return typeof unit === 'string' && /^microsecond$/i.test(unit) ? 'us' : 'ms';
}

interface Content {
  readonly status: number;
  readonly body: string;
  readonly delayMs?: number;
}

const DEFAULT_DEPTH = 100;
const MAX_DEPTH = 5000;
const DEFAULT_TRADES = 500;
const MAX_TRADES = 1000;
const DEFAULT_KLINES = 500;
const MAX_KLINES = 1000;

export interface BinanceRestDeps {
  /** By symbol. */
  readonly markets: ReadonlyMap<string, Market>;
  readonly faults: FaultInjector<MarketDiff>;
  readonly nowUs: () => number;
  readonly weightPerMinute: number;
}

export class BinanceRest {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #faults: FaultInjector<MarketDiff>;
  readonly #nowUs: () => number;
  readonly #budgets: PerAddress<RequestWeight>;

  constructor({ markets, faults, nowUs, weightPerMinute }: BinanceRestDeps) {
    this.#markets = markets;
    this.#faults = faults;
    this.#nowUs = nowUs;
    this.#budgets = new PerAddress(() => new RequestWeight(weightPerMinute));
  }

  respond(request: RestRequest): RestResponse {
    const { pathname, searchParams } = new URL(request.url, 'http://sandbox');
    const nowMs = Math.floor(this.#nowUs() / 1000);
    const spent = this.#budgets.get(request.address).spend(weightOf(pathname, searchParams), nowMs);
    const headers: Record<string, string> = {
      'content-type': 'application/json;charset=UTF-8',
      'x-mbx-used-weight': String(spent.used),
      'x-mbx-used-weight-1m': String(spent.used),
    };
    const rejection = spent.status === 200 ? this.#faults.rejectedRequests.take() : spent;
    if (rejection) {
      const { status, retryAfterSeconds } = rejection;
      if (status === 429 || status === 418) headers['retry-after'] = String(retryAfterSeconds);
      const body = rejectionText(status, request.address, nowMs, retryAfterSeconds);
      return { status, headers, body, delayMs: 0 };
    }
    return { delayMs: 0, headers, ...this.#route(pathname, searchParams, unitOf(request)) };
  }

  #route(path: string, query: URLSearchParams, unit: TimeUnit): Content {
    switch (path) {
      case '/api/v3/ping':
        return { status: 200, body: '{}' };
      case '/api/v3/time':
        return {
          status: 200,
          body: JSON.stringify({ serverTime: timeNumber(this.#nowUs(), unit) }),
        };
      case '/api/v3/depth':
        return this.#withSymbol(query, (market) => this.#depth(market, query));
      case '/api/v3/trades':
        return this.#withSymbol(query, (market) => this.#trades(market, query, unit));
      case '/api/v3/klines':
        return this.#withSymbol(query, (market) => this.#klines(market, query, unit));
      case '/api/v3/ticker/bookTicker':
        return query.has('symbol')
          ? this.#withSymbol(query, (market) => this.#json(bestPrices(market)))
          : this.#json(this.#listed().map(bestPrices));
      case '/api/v3/exchangeInfo':
        return this.#exchangeInfo(query, unit);
      default:
        return { status: 404, body: '' };
    }
  }

  #json(value: unknown): Content {
    return { status: 200, body: JSON.stringify(value) };
  }

  #depth(market: Market, query: URLSearchParams): Content {
    const limit = limitOf(query, DEFAULT_DEPTH, MAX_DEPTH);
    if (limit === null) return illegalLimit();
    const { content, delayMs } = this.#faults.snapshot();
    if (content === 'empty') {
      return { status: 200, body: snapshotText({ sequence: -1, bids: [], asks: [] }), delayMs };
    }
    const book = content === 'stale' ? market.history.oldest() : undefined;
    const { sequence, bids, asks } = book ?? market.book(limit);
    const cut = limit * 2;
    const body = snapshotText({ sequence, bids: bids.slice(0, cut), asks: asks.slice(0, cut) });
    const text = content === 'truncated' ? truncated(body) : body;
    return { status: 200, body: text, delayMs };
  }

  #trades(market: Market, query: URLSearchParams, unit: TimeUnit): Content {
    const limit = limitOf(query, DEFAULT_TRADES, MAX_TRADES);
    if (limit === null) return illegalLimit();
    const rows = market.recentTrades(limit).map((trade) => restTrade(trade, unit));
    return { status: 200, body: JSON.stringify(rows) };
  }

  #klines(market: Market, query: URLSearchParams, unit: TimeUnit): Content {
    const limit = limitOf(query, DEFAULT_KLINES, MAX_KLINES);
    if (limit === null) return illegalLimit();
    const interval = klineInterval(query.get('interval'));
    if (interval === undefined) {
      return { status: 400, body: errorText(ERRORS.invalidInterval, 'Invalid interval.') };
    }
    return this.#json(klines(market, interval, query, { limit, unit, nowUs: this.#nowUs() }));
  }

  #exchangeInfo(query: URLSearchParams, unit: TimeUnit): Content {
    const requested = requestedSymbols(query);
    if (requested === null)
      return illegal('symbols', `^\\["${LEGAL_SYMBOL}"(,"${LEGAL_SYMBOL}")*\\]$`);
    const markets: Market[] = [];
    for (const symbol of requested ?? this.#listed().map(({ profile }) => profile.symbol)) {
      if (!SYMBOL.test(symbol)) return illegal('symbol', SYMBOL.source);
      const market = this.#market(symbol);
      if (!market) return invalidSymbol();
      markets.push(market);
    }
    const body = {
      timezone: 'UTC',
      serverTime: timeNumber(this.#nowUs(), unit),
      rateLimits: RATE_LIMITS,
      exchangeFilters: [],
      symbols: markets.map((market) => instrumentInfo(market.profile, market.engine.grid)),
    };
    return { status: 200, body: JSON.stringify(body) };
  }

  #market(symbol: string): Market | undefined {
    return this.#faults.isDelisted(symbol) ? undefined : this.#markets.get(symbol);
  }

  #listed(): Market[] {
    return [...this.#markets.keys()].flatMap((symbol) => this.#market(symbol) ?? []);
  }

  #withSymbol(query: URLSearchParams, serve: (market: Market) => Content): Content {
    const symbol = query.get('symbol');
    if (symbol === null || symbol === '') {
      const msg = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.";
      return { status: 400, body: errorText(ERRORS.mandatoryMissing, msg) };
    }
    if (!SYMBOL.test(symbol)) return illegal('symbol', SYMBOL.source);
    const market = this.#market(symbol);
    return market ? serve(market) : invalidSymbol();
  }
}

/** ASCII, or what an asset is called in another script. */
const LEGAL_SYMBOL = '[A-Z0-9-_.\\u0080-\\u{10ffff}]{1,20}';
const SYMBOL = new RegExp(`^${LEGAL_SYMBOL}$`, 'u');
const LIMIT = /^[0-9]{1,20}$/;

/** The requested symbols; undefined: all; null: malformed. */
function requestedSymbols(query: URLSearchParams): readonly string[] | undefined | null {
  const one = query.get('symbol');
  if (one !== null) return [one];
  const several = query.get('symbols');
  if (several === null) return undefined;
  const list = /^\[("[^"]{1,20}"(?:,"[^"]{1,20}")*)\]$/.exec(several)?.[1];
  return list === undefined ? null : list.split(',').map((quoted) => quoted.slice(1, -1));
}

function limitOf(query: URLSearchParams, byDefault: number, max: number): number | null {
  const text = query.get('limit');
  if (text === null) return byDefault;
  if (!LIMIT.test(text) || Number(text) === 0) return null;
  return Math.min(max, Number(text));
}

export function weightOf(path: string, query: URLSearchParams): number {
  switch (path) {
    case '/api/v3/depth': {
      const limit = limitOf(query, DEFAULT_DEPTH, MAX_DEPTH) ?? 1;
      return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250;
    }
    case '/api/v3/exchangeInfo':
      return 20;
    case '/api/v3/ticker/bookTicker':
      return query.has('symbol') ? 2 : 4;
    case '/api/v3/trades':
      return 25;
    case '/api/v3/klines':
      return 2;
    default:
      return 1;
  }
}

function bestPrices(market: Market): unknown {
  const { bids, asks } = market.book(1);
  const [bidPrice = 0, bidSize = 0] = bids;
  const [askPrice = 0, askSize = 0] = asks;
  return {
    symbol: market.profile.symbol,
    bidPrice: decimalText(bidPrice),
    bidQty: decimalText(bidSize),
    askPrice: decimalText(askPrice),
    askQty: decimalText(askSize),
  };
}

function invalidSymbol(): Content {
  return { status: 400, body: errorText(ERRORS.invalidSymbol, 'Invalid symbol.') };
}

function illegalLimit(): Content {
  return illegal('limit', LIMIT.source);
}

function illegal(parameter: string, range: string): Content {
  const msg = `Illegal characters found in parameter '${parameter}'; legal range is '${range}'.`;
  return { status: 400, body: errorText(ERRORS.illegalCharacters, msg) };
}

function rejectionText(status: number, address: string, nowMs: number, seconds: number): string {
  if (status === 429) {
    const msg = `Too much request weight used; current limit is 6000 request weight per 1 MINUTE. (IP ${address})`;
    return errorText(ERRORS.tooManyRequests, msg);
  }
  if (status === 418) {
    const msg = `Way too much request weight used; IP banned until ${nowMs + seconds * 1000}.`;
    return errorText(ERRORS.tooManyRequests, msg);
  }
  return '<html><body>Request could not be processed</body></html>';
}
