/**
 * Binance's REST: one answer per call, within the request budget. Its statuses become errors
 * here: 429 and 418 silence the budget for as long as `Retry-After` says (streams go on), 5xx and
 * a missing answer can be tried again, a refusal carries the exchange's own reason.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits (gathered
 * 2026-11-20).
 */

import { ExchangeRefusedError, FeedClosedError, RateLimitedError } from '../../errors.ts';
import type { LoggerError } from '../../errors.ts';
import type { Clock } from '../../service/clock.ts';
import type { RequestBudget } from '../request-budget.ts';
import type { HttpAnswer, Transport } from '../transport.ts';
import { fieldsOf, parseJson, shown } from './wire.ts';

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
}

export interface RestRequest {
  readonly path: string;
  readonly weight: number;
  readonly signal: AbortSignal;
  readonly isUrgent: boolean;
  readonly waitMaxMs: number;
}

export interface RestAnswer {
  /** The text of a 200, unchecked. */
  readonly body: string;
  readonly receiveTimeUs: number;
}

export class BinanceRest {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /**
   * @throws RateLimitedError, FeedClosedError, LimitExceededError (queue full),
   *   ExchangeRefusedError with `context` `{ status, code, reason }`.
   */
  async get(request: RestRequest): Promise<RestAnswer> {
    const { transport, budget, clock, restUrl, timeoutMs, maxBytes } = this.#options;
    await budget.acquire(request);
    let answer: HttpAnswer;
    let receiveTimeUs: number;
    try {
      answer = await transport.get(`${restUrl}${request.path}`, {
        headers: { accept: 'application/json' },
        timeoutMs,
        maxBytes,
        signal: request.signal,
      });
      receiveTimeUs = clock.nowUs();
      this.#learn(answer);
    } finally {
      budget.release();
    }
    if (answer.status === 200) return { body: answer.body, receiveTimeUs };
    throw errorOf(answer);
  }

  #learn(answer: HttpAnswer): void {
    const used = wholeNumber(answer.headers['x-mbx-used-weight-1m']);
    if (used !== null) this.#options.budget.report(used);
    if (answer.status === 429 || answer.status === 418) {
      this.#options.budget.block(silenceMs(answer), answer.status === 418);
    }
  }
}

/** How long the exchange wants silence. `Retry-After` is in seconds. */
function silenceMs(answer: HttpAnswer): number {
  const seconds = wholeNumber(answer.headers['retry-after']);
  const defaultMs = answer.status === 418 ? DEFAULT_BAN_MS : DEFAULT_SLOW_DOWN_MS;
  return seconds === null ? defaultMs : Math.min(seconds * 1000, SILENCE_MAX_MS);
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}

function errorOf(answer: HttpAnswer): LoggerError {
  const { status } = answer;
  const { code, reason } = reasonOf(answer.body);
  const said = `The exchange answered ${status}${reason === null ? '' : `: ${reason}`}`;
  if (status === 429 || status === 418) return new RateLimitedError(said, silenceMs(answer));
  if (status >= 500) return new FeedClosedError(said, { retryable: true, context: { status } });
  return new ExchangeRefusedError(said, { retryable: true, context: { status, code, reason } });
}

/** `{"code":-1121,"msg":"Invalid symbol."}`; a firewall answers with a page of HTML instead. */
function reasonOf(body: string): { readonly code: number | null; readonly reason: string | null } {
  try {
    const fields = fieldsOf(parseJson(body), 'The refusal');
    const { code, msg } = fields;
    return {
      code: typeof code === 'number' ? code : null,
      reason: typeof msg === 'string' ? shown(msg) : null,
    };
  } catch {
    // Whatever it is, the status has been said; the page's text helps nobody.
    return { code: null, reason: null };
  }
}
