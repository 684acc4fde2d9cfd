/**
 * An exchange's REST API within its request budget. Statuses become errors here: 429 and 418 block the
 * budget for as long as `Retry-After` says (streams continue), 5xx and a missing response can be retried,
 * and a rejection carries the exchange's own reason.
 *
 * Sources: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits and
 * https://docs.cdp.coinbase.com/exchange/docs/rate-limits (gathered 2026-11-20).
 */

import { ExchangeRejectedError, FeedClosedError, RateLimitedError } from '../../errors.ts';
import type { LoggerError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RequestBudget, Urgency } from './request-budget.ts';
import type { HttpResponse, Transport } from '../../runtime/transport.ts';
import { fieldsOf, parseJson, quoted } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';

/** Where the exchange does not say how long: for a "slow down", and the shortest ban. */
const DEFAULT_SLOW_DOWN_MS = 5000;
const DEFAULT_BAN_MS = 120_000;
/** Bans grow to three days; a longer one is a garbled header. */
const MAX_BLOCK_MS = 4 * 86_400_000;

export interface RestOptions {
  readonly restUrl: string;
  readonly transport: Transport;
  readonly budget: RequestBudget;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Further headers for a path with its query: a signature. */
  readonly headersOf?: (path: string) => Readonly<Record<string, string>>;
  /** The header in which the exchange reports the used weight. */
  readonly usedWeightHeader?: string;
  /** Reads the body of a rejection. */
  readonly reasonOf: (rejection: Fields) => Reason;
}

export interface Reason {
  readonly code: number | null;
  /** In the exchange's own words. */
  readonly reason: string | null;
}

export interface RestRequest {
  readonly path: string;
  readonly weight: number;
  readonly signal: AbortSignal;
  readonly urgency: Urgency;
  readonly maxWaitMs: number;
  /** For responses that take longer than others. */
  readonly timeoutMs?: number;
}

export interface RestResponse {
  /** The text of a 200, unchecked. */
  readonly body: string;
  readonly receiveTimeUs: number;
}

export class RestClient {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /**
   * @throws RateLimitedError, FeedClosedError, LimitExceededError (queue full),
   *   ExchangeRejectedError with `context` `{ status, code, reason }`.
   */
  async get(request: RestRequest): Promise<RestResponse> {
    const { transport, budget, clock, restUrl, timeoutMs, maxBytes, headersOf } = this.#options;
    await budget.acquire(request);
    let response: HttpResponse;
    let receiveTimeUs: number;
    try {
      response = await transport.get(`${restUrl}${request.path}`, {
        headers: { accept: 'application/json', ...headersOf?.(request.path) },
        timeoutMs: request.timeoutMs ?? timeoutMs,
        maxBytes,
        signal: request.signal,
      });
      receiveTimeUs = clock.nowUs();
      this.#report(response);
    } finally {
      budget.release();
    }
    if (response.status === 200) return { body: response.body, receiveTimeUs };
    throw this.#errorOf(response);
  }

  #report(response: HttpResponse): void {
    const { usedWeightHeader } = this.#options;
    const used = usedWeightHeader ? wholeNumber(response.headers[usedWeightHeader]) : null;
    if (used !== null) this.#options.budget.report(used);
    if (response.status === 429 || response.status === 418) {
      this.#options.budget.block(blockMs(response), response.status === 418);
    }
  }

  #errorOf(response: HttpResponse): LoggerError {
    const { status } = response;
    const { code, reason } = this.#reasonIn(response.body);
    const message = `The exchange answered ${status}${reason === null ? '' : `: ${reason}`}`;
    if (status === 429 || status === 418) return new RateLimitedError(message, blockMs(response));
    if (status >= 500)
      return new FeedClosedError(message, { retryable: true, context: { status } });
    return new ExchangeRejectedError(message, {
      retryable: true,
      context: { status, code, reason },
    });
  }

  /** A firewall answers with a page of HTML instead. */
  #reasonIn(body: string): Reason {
    try {
      const { code, reason } = this.#options.reasonOf(fieldsOf(parseJson(body), 'The rejection'));
      return { code, reason: reason === null ? null : quoted(reason) };
    } catch {
      // The status is enough: the text of such a page is of no use.
      return { code: null, reason: null };
    }
  }
}

/** How long the exchange wants no requests. `Retry-After` is in seconds. */
function blockMs(response: HttpResponse): number {
  const seconds = wholeNumber(response.headers['retry-after']);
  const defaultMs = response.status === 418 ? DEFAULT_BAN_MS : DEFAULT_SLOW_DOWN_MS;
  return seconds === null ? defaultMs : Math.min(seconds * 1000, MAX_BLOCK_MS);
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}
