/** Coinbase's REST API, products and books: one request in, status, headers and body out. */

import { formatTimeUs } from '../../../logger/market/time.ts';
import { candlesOf } from './candles.ts';
import type { FaultInjector } from '../../faults/fault-injector.ts';
import { truncated } from '../../faults/frames.ts';
import { decimal } from '../../market/units.ts';
import { PerAddress } from '../per-address.ts';
import type { RestRequest, RestResponse } from '../session.ts';
import { signatureError } from './key.ts';
import type { CoinbaseLimits } from './limits.ts';
import type { CoinbaseProduct } from './product.ts';

interface Content {
  readonly status: number;
  readonly value: unknown;
  /** The body if it is not the value as JSON. */
  readonly text?: string;
  readonly delayMs?: number;
}

/** A token bucket. */
interface Allowance {
  tokens: number;
  updatedUs: number;
}

export interface CoinbaseRestDeps {
  /** By id. */
  readonly products: ReadonlyMap<string, CoinbaseProduct>;
  readonly faults: FaultInjector<string>;
  readonly nowUs: () => number;
  readonly limits: CoinbaseLimits;
}

const NOT_FOUND: Content = { status: 404, value: { message: 'NotFound' } };
const TOO_MANY = { status: 429, retryAfterSeconds: 1 } as const;

export class CoinbaseRest {
  readonly #products: ReadonlyMap<string, CoinbaseProduct>;
  readonly #faults: FaultInjector<string>;
  readonly #nowUs: () => number;
  readonly #limits: CoinbaseLimits;
  readonly #allowances: PerAddress<Allowance>;

  constructor({ products, faults, nowUs, limits }: CoinbaseRestDeps) {
    this.#products = products;
    this.#faults = faults;
    this.#nowUs = nowUs;
    this.#limits = limits;
    this.#allowances = new PerAddress(() => ({
      tokens: limits.requestsBurst,
      updatedUs: nowUs(),
    }));
  }

  respond(request: RestRequest): RestResponse {
    const injected = this.#faults.rejectedRequests.take();
    const rejection = injected ?? (this.#spend(request.address) ? null : TOO_MANY);
    const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
    if (rejection) {
      headers['retry-after'] = String(rejection.retryAfterSeconds);
      const body = JSON.stringify({ message: 'Public rate limit exceeded' });
      return { status: rejection.status, headers, body, delayMs: 0 };
    }
    const { status, value, text, delayMs = 0 } = this.#route(request);
    return { status, headers, body: text ?? JSON.stringify(value), delayMs };
  }

  #route(request: RestRequest): Content {
    const message = this.#signatureError(request);
    if (message !== null) return { status: 401, value: { message } };
    const { pathname, searchParams } = new URL(request.url, 'http://sandbox');
    if (pathname === '/time') {
      const iso = formatTimeUs(this.#nowUs());
      return { status: 200, value: { iso, epoch: this.#nowUs() / 1_000_000 } };
    }
    const [, products, id, book, rest] = pathname.split('/');
    if (products !== 'products' || rest !== undefined) return NOT_FOUND;
    const isListed = (one: CoinbaseProduct): boolean => !this.#faults.isDelisted(one.id);
    if (id === undefined) {
      return { status: 200, value: [...this.#products.values()].filter(isListed).map(infoOf) };
    }
    const product = this.#products.get(decodeURIComponent(id));
    if (!product || !isListed(product)) return NOT_FOUND;
    if (book === undefined) return { status: 200, value: infoOf(product) };
    if (book === 'candles') return candlesOf(product.market, searchParams, this.#nowUs());
    if (book !== 'book') return NOT_FOUND;
    return this.#book(product, searchParams.get('level') ?? '1');
  }

  /** Signing is optional here, but a given signature has to be valid. */
  #signatureError({ url, headers }: RestRequest): string | null {
    if (headers['cb-access-key'] === undefined) return null;
    const given = {
      key: headers['cb-access-key'],
      passphrase: headers['cb-access-passphrase'],
      timestamp: headers['cb-access-timestamp'],
      signature: headers['cb-access-sign'],
    };
    return signatureError(given, url, this.#nowUs());
  }

  #book(product: CoinbaseProduct, level: string): Content {
    const { isAuction } = product;
    const auction = isAuction ? { auction_state: 'collection', can_open: 'yes' } : null;
    const head = { auction_mode: isAuction, auction, time: formatTimeUs(this.#nowUs()) };
    if (level === '1' || level === '2') {
      // In an auction the best prices that it may come to.
      const book = isAuction && level === '1' ? product.market.engine : product;
      const rows = (side: 'buy' | 'sell'): unknown[] => {
        const levels = new Map<number, { size: number; orders: number }>();
        for (const { price, remaining } of book.orders(side)) {
          const at = levels.get(price) ?? { size: 0, orders: 0 };
          levels.set(price, { size: at.size + remaining, orders: at.orders + 1 });
          if (level === '1' && levels.size > 1) break;
        }
        const all = [...levels].map(([price, { size, orders }]) => [
          decimal(price),
          decimal(size),
          orders,
        ]);
        return level === '1' ? all.slice(0, 1) : all;
      };
      const sides = { bids: rows('buy'), asks: rows('sell') };
      return { status: 200, value: { ...sides, sequence: product.sequence, ...head } };
    }
    if (level !== '3') return { status: 400, value: { message: 'Invalid level' } };
    const { content, delayMs } = this.#faults.snapshot();
    const book = (content === 'stale' ? product.oldestBook() : undefined) ?? product.book();
    const empty = content === 'empty' ? { bids: [], asks: [] } : {};
    const value = { ...book, ...empty, ...head };
    const text = JSON.stringify(value);
    return { status: 200, value, text: content === 'truncated' ? truncated(text) : text, delayMs };
  }

  /** @returns false if the address has no request left. */
  #spend(address: string): boolean {
    const { requestsPerSecond, requestsBurst } = this.#limits;
    const allowance = this.#allowances.get(address);
    const nowUs = this.#nowUs();
    const earned = ((nowUs - allowance.updatedUs) / 1_000_000) * requestsPerSecond;
    allowance.tokens = Math.min(requestsBurst, allowance.tokens + earned);
    allowance.updatedUs = nowUs;
    if (allowance.tokens < 1) return false;
    allowance.tokens--;
    return true;
  }
}

function infoOf(product: CoinbaseProduct): unknown {
  const { engine, profile } = product.market;
  const [base, quote] = product.id.split('-');
  return {
    id: product.id,
    base_currency: base,
    quote_currency: quote,
    quote_increment: decimal(engine.grid.tickSize),
    base_increment: decimal(engine.grid.lotSize),
    min_market_funds: '1',
    display_name: `${profile.baseAsset}/${quote}`,
    status: 'online',
    trading_disabled: false,
    cancel_only: false,
    post_only: false,
    limit_only: false,
    auction_mode: product.isAuction,
  };
}
