/**
 * An exchange's REST: one answer per call, within the request budget. Statuses become errors here:
 * 429 and 418 silence the budget for as long as `Retry-After` says (streams go on), 5xx and a missing
 * answer can be tried again, a refusal carries the exchange's own reason.
 *
 * Sources: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits and
 * https://docs.cdp.coinbase.com/exchange/docs/rate-limits (gathered 2026-11-20).
 */

import { ExchangeRefusedError, FeedClosedError, RateLimitedError } from '../../errors.ts';
import type { LoggerError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { RequestBudget, Urgency } from './request-budget.ts';
import type { HttpResponse, Transport } from '../../runtime/transport.ts';
import { fieldsOf, parseJson, quoted } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';

/** Where the exchange does not say how long: a "slow down", and the shortest ban. */
const DEFAULT_SLOW_DOWN_MS = 5000;
const DEFAULT_BAN_MS = 120_000;
/** Bans grow to three days; a longer one is a garbled header. */
const SILENCE_MAX_MS = 4 * 86_400_000;

export interface RestOptions {
  readonly restUrl: string;
  readonly transport: Transport;
  readonly budget: RequestBudget;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Headers beyond the usual, for a path with its query: a signature. */
  readonly headersOf?: (path: string) => Readonly<Record<string, string>>;
  /** The header in which the exchange says how much of the budget is used. */
  readonly usedWeightHeader?: string;
  /** What the exchange says in the body of a refusal. */
  readonly reasonOf: (refusal: Fields) => Reason;
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
  readonly waitMaxMs: number;
  /** For answers that take longer than others. */
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
   *   ExchangeRefusedError with `context` `{ status, code, reason }`.
   */
  async get(request: RestRequest): Promise<RestResponse> {
    const { transport, budget, clock, restUrl, timeoutMs, maxBytes, headersOf } = this.#options;
    await budget.acquire(request);
    let answer: HttpResponse;
    let receiveTimeUs: number;
    try {
      answer = await transport.get(`${restUrl}${request.path}`, {
        headers: { accept: 'application/json', ...headersOf?.(request.path) },
        timeoutMs: request.timeoutMs ?? timeoutMs,
        maxBytes,
        signal: request.signal,
      });
      receiveTimeUs = clock.nowUs();
      this.#learn(answer);
    } finally {
      budget.release();
    }
    if (answer.status === 200) return { body: answer.body, receiveTimeUs };
    throw this.#errorOf(answer);
  }

  #learn(answer: HttpResponse): void {
    const { usedWeightHeader } = this.#options;
    const used = usedWeightHeader ? wholeNumber(answer.headers[usedWeightHeader]) : null;
    if (used !== null) this.#options.budget.report(used);
    if (answer.status === 429 || answer.status === 418) {
      this.#options.budget.block(silenceMs(answer), answer.status === 418);
    }
  }

  #errorOf(answer: HttpResponse): LoggerError {
    const { status } = answer;
    const { code, reason } = this.#reasonIn(answer.body);
    const said = `The exchange answered ${status}${reason === null ? '' : `: ${reason}`}`;
    if (status === 429 || status === 418) return new RateLimitedError(said, silenceMs(answer));
    if (status >= 500) return new FeedClosedError(said, { retryable: true, context: { status } });
    return new ExchangeRefusedError(said, { retryable: true, context: { status, code, reason } });
  }

  /** A firewall answers with a page of HTML instead. */
  #reasonIn(body: string): Reason {
    try {
      const { code, reason } = this.#options.reasonOf(fieldsOf(parseJson(body), 'The refusal'));
      return { code, reason: reason === null ? null : quoted(reason) };
    } catch {
      // Whatever it is, the status has been said; the page's text helps nobody.
      return { code: null, reason: null };
    }
  }
}

/** How long the exchange wants silence. `Retry-After` is in seconds. */
function silenceMs(answer: HttpResponse): number {
  const seconds = wholeNumber(answer.headers['retry-after']);
  const defaultMs = answer.status === 418 ? DEFAULT_BAN_MS : DEFAULT_SLOW_DOWN_MS;
  return seconds === null ? defaultMs : Math.min(seconds * 1000, SILENCE_MAX_MS);
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}
