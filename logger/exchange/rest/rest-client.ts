/**
 * An exchange's REST API within its request budget. Responses become errors here: a "slow down" and a ban
 * block the budget for as long as the exchange says (streams continue), 5xx and a missing response can be
 * retried, and a rejection carries the exchange's own reason.
 *
 * Sources: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits and
 * https://docs.cdp.coinbase.com/exchange/docs/rate-limits (gathered 2026-11-20).
 */

import {
  ExchangeRejectedError,
  FeedClosedError,
  RateLimitedError,
  UnknownSecurityError,
} from '../../errors.ts';
import type { LoggerError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { BudgetRequest, RequestBudget } from './request-budget.ts';
import type { HttpResponse, Transport } from '../../runtime/transport.ts';
import { fieldsOf, parseJson, quoted } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { BAN_STATUS, SLOW_DOWN_STATUS, blockMs, wholeNumber } from '../retry-after.ts';

export interface RestOptions {
  readonly restUrl: string;
  readonly transport: Transport;
  readonly budget: RequestBudget;
  readonly clock: Clock;
  readonly log?: Log;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Further headers for a path with its query: a signature. */
  readonly headersOf?: (path: string) => Readonly<Record<string, string>>;
  /** The header in which the exchange reports the used weight. */
  readonly usedWeightHeader?: string;
  /** Statuses of a ban, which ends waiting for it. Default: 418. */
  readonly banStatuses?: readonly number[];
  /** How long a ban lasts where the exchange does not say. */
  readonly banMs?: number;
  /** Codes in the body that ask to slow down, whatever the status. */
  readonly slowDownCodes?: readonly number[];
  /** Reads the body of a rejection. */
  readonly reasonOf: (rejection: Fields) => Reason;
  /** Where the exchange rejects with status 200: whether a body does. */
  readonly isRejection?: (body: Fields) => boolean;
  /** Whether the exchange says that it does not list the symbol. Only asked about its own words. */
  readonly isUnlisted: (rejection: Rejection) => boolean;
}

export interface Reason {
  readonly code: number | null;
  /** In the exchange's own words. */
  readonly reason: string | null;
  /** When a ban ends, ms since 1970, where the words say so. */
  readonly bannedUntilMs?: number | null;
}

export interface Rejection extends Reason {
  readonly status: number;
}

export interface RestRequest extends BudgetRequest {
  /** Asked when its turn has come. */
  readonly path: string | (() => string);
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
   * @throws RateLimitedError, FeedClosedError, LimitExceededError (queue full), UnknownSecurityError,
   *   ExchangeRejectedError with `context` `{ status, code, reason }`.
   */
  async get(request: RestRequest): Promise<RestResponse> {
    const { transport, budget, clock, restUrl, timeoutMs, maxBytes, headersOf } = this.#options;
    await budget.acquire(request);
    const sentMs = clock.monotonicMs();
    const target = typeof request.path === 'string' ? request.path : request.path();
    let response: HttpResponse;
    let rejection: Rejection | null;
    let receiveTimeUs: number;
    try {
      response = await transport.get(`${restUrl}${target}`, {
        headers: { accept: 'application/json', ...headersOf?.(target) },
        timeoutMs: request.timeoutMs ?? timeoutMs,
        maxBytes,
        signal: request.signal,
      });
      receiveTimeUs = clock.nowUs();
      rejection = this.#rejectionIn(response);
      this.#report(response, rejection);
      // Without the query: an adapter may sign there.
      const [path] = target.split('?', 1);
      this.#options.log?.debug('Request answered', {
        path,
        status: response.status,
        ms: Math.round(clock.monotonicMs() - sentMs),
        weightUsed: budget.weightUsed,
      });
    } finally {
      budget.release();
    }
    if (rejection === null) return { body: response.body, receiveTimeUs };
    throw this.#errorOf(response, rejection);
  }

  /** null: the response is what was asked for. */
  #rejectionIn({ status, body }: HttpResponse): Rejection | null {
    const { isRejection, reasonOf } = this.#options;
    const nothing = { status, code: null, reason: null };
    if (status === 200 && !isRejection) return null;
    let fields: Fields;
    try {
      fields = rejectionOf(parseJson(body), status);
    } catch {
      // A page of HTML, as a firewall sends: its text is of no use.
      return status === 200 ? null : nothing;
    }
    if (status === 200 && isRejection?.(fields) !== true) return null;
    const { reason, ...rest } = reasonOf(fields);
    return { ...rest, status, reason: reason === null ? null : quoted(reason) };
  }

  #report(response: HttpResponse, rejection: Rejection | null): void {
    const { usedWeightHeader, budget } = this.#options;
    const used = usedWeightHeader ? wholeNumber(response.headers[usedWeightHeader]) : null;
    if (used !== null) budget.report(used);
    const forMs = rejection && this.#blockMs(response, rejection);
    if (forMs !== null) budget.block(forMs, this.#isBan(response));
  }

  #isBan({ status }: HttpResponse): boolean {
    return (this.#options.banStatuses ?? [BAN_STATUS]).includes(status);
  }

  /** How long the exchange wants no requests; null: it does not say that. */
  #blockMs(response: HttpResponse, { bannedUntilMs, code }: Rejection): number | null {
    const isBan = this.#isBan(response);
    const untilMs = bannedUntilMs ?? null;
    const isSlowDown =
      response.status === SLOW_DOWN_STATUS ||
      (code !== null && this.#options.slowDownCodes?.includes(code) === true);
    if (!isBan && !isSlowDown && untilMs === null) return null;
    const nowMs = this.#options.clock.nowUs() / 1000;
    return blockMs(response.headers['retry-after'], {
      isBan,
      banMs: this.#options.banMs,
      untilMs: untilMs === null ? null : untilMs - nowMs,
    });
  }

  #errorOf(response: HttpResponse, rejection: Rejection): LoggerError {
    const { status, code, reason } = rejection;
    const message = `The exchange answered ${status}${reason === null ? '' : `: ${reason}`}`;
    const forMs = this.#blockMs(response, rejection);
    if (forMs !== null) return new RateLimitedError(message, forMs);
    if (status >= 500)
      return new FeedClosedError(message, { retryable: true, context: { status } });
    const context = { status, code, reason };
    if (reason !== null && this.#options.isUnlisted(rejection)) {
      return new UnknownSecurityError(`${reason}${code === null ? '' : ` (code ${code})`}`, {
        context,
      });
    }
    return new ExchangeRejectedError(message, { retryable: true, context });
  }
}

/** A list rejects nothing with status 200; with another, its places are the fields. */
function rejectionOf(body: unknown, status: number): Fields {
  if (Array.isArray(body) && status !== 200) return Object.fromEntries(body.entries());
  return fieldsOf(body, 'The rejection');
}
