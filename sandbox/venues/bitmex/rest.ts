/** BitMEX's REST API, instruments and books: one request in, status, headers and body out. */

import type { FaultInjector } from '../../faults/fault-injector.ts';
import { truncated } from '../../faults/frames.ts';
import { PerAddress } from '../per-address.ts';
import type { RestRequest, RestResponse } from '../session.ts';
import { bucketsOf } from './buckets.ts';
import type { BitmexContract, TableRow } from './contract.ts';
import type { BitmexLimits } from './limits.ts';
import { instrumentText, rowText } from './wire.ts';

/** A token bucket. */
interface Allowance {
  tokens: number;
  updatedUs: number;
}

export interface BitmexRestDeps {
  readonly contracts: ReadonlyMap<string, BitmexContract>;
  readonly faults: FaultInjector<string>;
  readonly nowUs: () => number;
  readonly limits: BitmexLimits;
}

const NOT_FOUND = { status: 404, body: errorText('Not Found', 'HTTPError'), delayMs: 0 };

export class BitmexRest {
  readonly #deps: BitmexRestDeps;
  readonly #allowances: PerAddress<Allowance>;

  constructor(deps: BitmexRestDeps) {
    this.#deps = deps;
    this.#allowances = new PerAddress(() => ({
      tokens: deps.limits.requestsPerMinute,
      updatedUs: deps.nowUs(),
    }));
  }

  respond(request: RestRequest): RestResponse {
    const { faults, limits } = this.#deps;
    const injected = faults.rejectedRequests.take();
    const left = this.#spend(request.address);
    const headers: Record<string, string> = {
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-limit': String(limits.requestsPerMinute),
      'x-ratelimit-remaining': String(Math.max(0, left)),
    };
    const rejection = injected ?? (left < 0 ? { status: 429, retryAfterSeconds: 2 } : null);
    if (rejection) {
      const { status, retryAfterSeconds } = rejection;
      headers['retry-after'] = String(retryAfterSeconds);
      const body = errorText(
        `Rate limit exceeded, retry in ${retryAfterSeconds} seconds.`,
        'RateLimitError',
      );
      return { status, headers, body, delayMs: 0 };
    }
    return { headers, ...this.#route(request.url) };
  }

  #route(url: string): Omit<RestResponse, 'headers'> {
    const { contracts, faults } = this.#deps;
    const { pathname, searchParams } = new URL(url, 'http://sandbox');
    const symbol = searchParams.get('symbol') ?? '';
    const contract = contracts.get(symbol);
    switch (pathname) {
      case '/api/v1/instrument':
        return ok(
          contract
            ? [instrumentText(contract, faults.isDelisted(symbol) ? 'Settled' : 'Open')]
            : [],
        );
      case '/api/v1/instrument/active':
        return ok(
          [...contracts.values()]
            .filter((one) => !faults.isDelisted(one.symbol))
            .map((one) => instrumentText(one, 'Open')),
        );
      case '/api/v1/trade/bucketed':
        return contract && !faults.isDelisted(symbol)
          ? this.#buckets(contract, searchParams)
          : ok([]);
      case '/api/v1/orderBook/L2':
        return contract && !faults.isDelisted(symbol)
          ? this.#book(contract, Number(searchParams.get('depth') ?? 25))
          : ok([]);
      default:
        return NOT_FOUND;
    }
  }

  #buckets(contract: BitmexContract, query: URLSearchParams): Omit<RestResponse, 'headers'> {
    const rows = bucketsOf(contract, query, this.#deps.nowUs());
    const body = errorText('Invalid binSize or count', 'ValidationError');
    return rows === null ? { status: 400, body, delayMs: 0 } : ok(rows);
  }

  #book(contract: BitmexContract, depth: number): Omit<RestResponse, 'headers'> {
    const table = contract.table();
    if (depth > 0) {
      const asks = table.filter(({ side }) => side === 'sell').slice(-depth);
      const bids = table.filter(({ side }) => side === 'buy').slice(0, depth);
      return rowsOf(contract, [...asks, ...bids]);
    }
    const { content, delayMs } = this.#deps.faults.snapshot();
    const answer = rowsOf(contract, content === 'empty' ? [] : table);
    return {
      ...answer,
      delayMs,
      body: content === 'truncated' ? truncated(answer.body) : answer.body,
    };
  }

  /** @returns what the address has left; below 0: nothing for this request. */
  #spend(address: string): number {
    const { limits, nowUs } = this.#deps;
    const allowance = this.#allowances.get(address);
    const now = nowUs();
    const earned = ((now - allowance.updatedUs) / 60_000_000) * limits.requestsPerMinute;
    allowance.tokens = Math.min(limits.requestsPerMinute, allowance.tokens + earned);
    allowance.updatedUs = now;
    if (allowance.tokens < 1) return -1;
    allowance.tokens--;
    return Math.floor(allowance.tokens);
  }
}

function rowsOf({ symbol }: BitmexContract, rows: readonly TableRow[]) {
  return ok(rows.map((row) => rowText(symbol, row, true)));
}

function ok(rows: readonly string[]): Omit<RestResponse, 'headers'> {
  return { status: 200, body: `[${rows.join(',')}]`, delayMs: 0 };
}

function errorText(message: string, name: string): string {
  return JSON.stringify({ error: { message, name } });
}
