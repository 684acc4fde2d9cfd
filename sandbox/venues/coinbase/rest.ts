/** Coinbase's REST answers: products and books. One request in, status, headers and body out. */

import { formatTimeUs } from '../../../logger/market/time.ts';
import { refusalOf } from './key.ts';
import { decimal } from './product.ts';
import type { CoinbaseProduct } from './product.ts';
import type { CoinbaseLimits } from './session.ts';
import type { FaultInjector } from '../../faults/fault-injector.ts';
import type { RestResponse, ServerRequest } from '../../server/protocol.ts';

interface Content {
  readonly status: number;
  readonly value: unknown;
  /** The text where it is not simply the value's. */
  readonly text?: string;
  readonly delayMs?: number;
}

interface Allowance {
  tokens: number;
  atUs: number;
}

/** Addresses whose budget is kept; the oldest are forgotten. A sandbox has few clients. */
const MAX_ADDRESSES = 1000;
const NOT_FOUND: Content = { status: 404, value: { message: 'NotFound' } };

export class CoinbaseRest {
  readonly #products: ReadonlyMap<string, CoinbaseProduct>;
  readonly #faults: FaultInjector<string>;
  readonly #nowUs: () => number;
  readonly #limits: CoinbaseLimits;
  readonly #allowances = new Map<string, Allowance>();

  constructor(
    products: ReadonlyMap<string, CoinbaseProduct>,
    parts: {
      readonly faults: FaultInjector<string>;
      readonly nowUs: () => number;
      readonly limits: CoinbaseLimits;
    },
  ) {
    this.#products = products;
    this.#faults = parts.faults;
    this.#nowUs = parts.nowUs;
    this.#limits = parts.limits;
  }

  answer(request: ServerRequest): RestResponse {
    const refusal = this.#faults.refusal();
    const isRefused = refusal ?? (this.#spend(request.address) ? null : TOO_MANY);
    const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
    if (isRefused) {
      headers['retry-after'] = String(isRefused.retryAfterSeconds);
      const body = JSON.stringify({ message: 'Public rate limit exceeded' });
      return { status: isRefused.status, headers, body, delayMs: 0 };
    }
    const { status, value, text, delayMs = 0 } = this.#route(request);
    return { status, headers, body: text ?? JSON.stringify(value), delayMs };
  }

  #route(request: ServerRequest): Content {
    const said = this.#signature(request);
    if (said !== null) return { status: 401, value: { message: said } };
    const { pathname, searchParams } = new URL(request.url, 'http://sandbox');
    if (pathname === '/time') {
      const iso = formatTimeUs(this.#nowUs());
      return { status: 200, value: { iso, epoch: this.#nowUs() / 1_000_000 } };
    }
    const [, products, id, book, rest] = pathname.split('/');
    if (products !== 'products' || rest !== undefined) return NOT_FOUND;
    if (id === undefined) return { status: 200, value: [...this.#products.values()].map(infoOf) };
    const product = this.#products.get(decodeURIComponent(id));
    if (!product || (book !== undefined && book !== 'book')) return NOT_FOUND;
    if (book === undefined) return { status: 200, value: infoOf(product) };
    return this.#book(product, searchParams.get('level') ?? '1');
  }

  /** Signing is optional here; a signature that is there has to be right. */
  #signature({ url, headers }: ServerRequest): string | null {
    if (headers['cb-access-key'] === undefined) return null;
    const signed = {
      key: headers['cb-access-key'],
      passphrase: headers['cb-access-passphrase'],
      timestamp: headers['cb-access-timestamp'],
      signature: headers['cb-access-sign'],
    };
    return refusalOf(signed, url, this.#nowUs());
  }

  #book(product: CoinbaseProduct, level: string): Content {
    const head = { auction_mode: false, auction: null, time: formatTimeUs(this.#nowUs()) };
    if (level === '1' || level === '2') {
      const { engine } = product.market;
      const rows = (side: 'buy' | 'sell'): unknown[] => {
        const levels = new Map<number, { size: number; orders: number }>();
        for (const { price, remaining } of engine.orders(side)) {
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
    const cut = content === 'truncated' ? text.slice(0, Math.ceil(text.length / 2)) : text;
    return { status: 200, value, text: cut, delayMs };
  }

  #spend(address: string): boolean {
    const { requestsPerSecond, requestsBurst } = this.#limits;
    const nowUs = this.#nowUs();
    const last = this.#allowances.get(address) ?? { tokens: requestsBurst, atUs: nowUs };
    const flowed = ((nowUs - last.atUs) / 1_000_000) * requestsPerSecond;
    const tokens = Math.min(requestsBurst, last.tokens + flowed);
    const isAllowed = tokens >= 1;
    this.#allowances.delete(address);
    this.#allowances.set(address, { tokens: isAllowed ? tokens - 1 : tokens, atUs: nowUs });
    if (this.#allowances.size > MAX_ADDRESSES) {
      for (const oldest of this.#allowances.keys()) {
        this.#allowances.delete(oldest);
        break;
      }
    }
    return isAllowed;
  }
}

const TOO_MANY = { status: 429, retryAfterSeconds: 1 } as const;

function infoOf(product: CoinbaseProduct): unknown {
  const { engine, profile } = product.market;
  const [base, quote] = product.id.split('-');
  return {
    id: product.id,
    base_currency: base,
    quote_currency: quote,
    quote_increment: decimal(engine.grid.tickSize),
    base_increment: decimal(engine.grid.lotSize),
    display_name: `${profile.baseAsset}/${quote}`,
    status: 'online',
    trading_disabled: false,
    cancel_only: false,
    post_only: false,
    limit_only: false,
    auction_mode: false,
  };
}
