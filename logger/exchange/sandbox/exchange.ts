/**
 * The sandbox exchange with accounts behind the `Exchange` port: its orders (L3), numbered, with the image in the
 * stream; for checks the same image comes by REST.
 */

import { FeedClosedError } from '../../errors.ts';
import { fractionDigits } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { Exchange, FeedListener, Instrument, SnapshotRequest } from '../exchange.ts';
import type { FeedConnection } from '../feed/feed-connection.ts';
import { InstrumentBatch } from '../rest/instrument-batch.ts';
import { RequestBudget } from '../rest/request-budget.ts';
import type { Urgency } from '../rest/request-budget.ts';
import { RestClient } from '../rest/rest-client.ts';
import { spanRule } from '../span-rule.ts';
import {
  connectionWithRoom,
  MAX_PATIENT_WAIT_MS,
  MAX_URGENT_WAIT_MS,
  StreamingExchange,
  withoutTrailingSlash,
} from '../streaming-exchange.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { TokenBucket } from '../token-bucket.ts';
import { JsonNumber, parseExactJson } from '../wire/exact-json.ts';
import { fieldsOf, parseJson, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { trimmedSize } from '../wire/tick-size.ts';
import { WireErrors } from '../wire/wire-errors.ts';
import { imageMessage } from './events.ts';
import { SandboxFeed } from './feed.ts';
import { SANDBOX_LIMITS } from './limits.ts';
import type { SandboxLimits } from './limits.ts';
import { assertSymbol, sandboxProtocol, TABLE } from './protocol.ts';

export interface SandboxExchangeOptions extends ExchangeOptions {
  /** Other limits: for tests. */
  readonly limits?: Partial<SandboxLimits>;
}

export function createSandbox(options: SandboxExchangeOptions): Exchange {
  return new SandboxExchange(options);
}

class SandboxExchange extends StreamingExchange {
  readonly name = 'sandbox';
  readonly level = 'L3';
  readonly proof = 'sequence';
  readonly feed = TABLE;
  readonly rule = spanRule;
  readonly #limits: SandboxLimits;
  readonly #rest: RestClient;
  readonly #instrumentBatch: InstrumentBatch;

  constructor(options: SandboxExchangeOptions) {
    const { clock, log } = options;
    const limits = { ...SANDBOX_LIMITS, ...options.limits };
    const budget = new RequestBudget(clock, limits.requests);
    super(
      {
        ...options,
        exchange: 'sandbox',
        feed: TABLE,
        protocol: sandboxProtocol,
        url: `${withoutTrailingSlash(options.wsUrl)}/realtime`,
        limits,
        wireErrors: new WireErrors('sandbox', log),
        connecting: new TokenBucket(clock, limits.connecting),
      },
      { budget, poll: limits },
    );
    this.#limits = limits;
    this.#rest = new RestClient({
      restUrl: withoutTrailingSlash(options.restUrl),
      transport: options.transport,
      budget,
      clock,
      log,
      timeoutMs: limits.requestTimeoutMs,
      maxBytes: limits.maxResponseBytes,
      reasonOf: ({ error }) => {
        const { message } = Object(error) as Fields;
        return { code: null, reason: typeof message === 'string' ? message : null };
      },
      isUnlisted: () => false,
    });
    this.#instrumentBatch = new InstrumentBatch(limits.requests.maxQueued, (symbols) =>
      this.#listings(symbols, 'urgent'),
    );
  }

  instrument(symbol: string, signal: AbortSignal): Promise<Instrument> {
    return this.#instrumentBatch.ask(symbol, signal);
  }

  async snapshot(
    symbol: string,
    signal: AbortSignal,
    { urgency = 'usual' }: SnapshotRequest = {},
  ): Promise<BookSnapshot> {
    const feed = this.feeds.get(symbol);
    if (!(feed instanceof SandboxFeed)) {
      throw new FeedClosedError(`${this.name}:${symbol} is not open`);
    }
    if (urgency !== 'spare') {
      return await this.streamedSnapshot(feed, signal, this.#limits.snapshotWithinMs);
    }
    // A check must not cost the book its stream.
    const path = `/api/v1/orderBook/L3?symbol=${encodeURIComponent(symbol)}`;
    const { body, receiveTimeUs } = await this.#get(path, urgency, signal);
    return this.counted(() => {
      const message = fieldsOf(parseJson(body), 'The answer');
      assertSymbol(message, symbol);
      return imageMessage(message, { scale: feed.scale, receiveTimeUs }).snapshot;
    });
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): SandboxFeed {
    return new SandboxFeed(instrument, { listener, wireErrors: this.wireErrors });
  }

  protected connectionFor(connections: readonly FeedConnection[]): FeedConnection | undefined {
    return connectionWithRoom(connections, 1, this.#limits.maxStreamsPerConnection);
  }

  protected lookUp(symbols: readonly string[]): Promise<ReadonlyMap<string, Listing>> {
    return this.#listings(symbols, 'usual');
  }

  async #listings(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Listing>> {
    const found = new Map<string, Listing>();
    for (const symbol of symbols) {
      const path = `/api/v1/instrument?symbol=${encodeURIComponent(symbol)}`;
      const { body } = await this.#get(path, urgency);
      found.set(
        symbol,
        this.counted(() => listingOf(symbol, parseExactJson(body))),
      );
    }
    return found;
  }

  #get(path: string, urgency: Urgency, signal?: AbortSignal) {
    return this.#rest.get({
      path,
      weight: 1,
      signal: AbortSignal.any([this.closing.signal, ...(signal ? [signal] : [])]),
      urgency,
      maxWaitMs: urgency === 'usual' ? MAX_PATIENT_WAIT_MS : MAX_URGENT_WAIT_MS,
    });
  }
}

/** @throws WireFormatError */
function listingOf(symbol: string, answer: unknown): Listing {
  if (!Array.isArray(answer)) throw wireError('shape', 'The instruments are not a list');
  const [first] = answer as readonly unknown[];
  if (first === undefined) return { unlisted: `The sandbox exchange does not list ${symbol}` };
  const fields = fieldsOf(first, 'An instrument');
  if (textOf(fields, 'symbol') !== symbol) {
    throw wireError('symbols', `The exchange answered for another symbol than ${symbol}`);
  }
  const [tickSize, lotSize] = [decimalOf(fields, 'tickSize'), decimalOf(fields, 'lotSize')];
  return {
    symbol,
    scale: { priceExponent: fractionDigits(tickSize), sizeExponent: fractionDigits(lotSize) },
    tickSize: trimmedSize(tickSize),
    lotSize: trimmedSize(lotSize),
  };
}

function decimalOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (value instanceof JsonNumber) return value.decimal;
  throw wireError('instrument', `${name} is not a number`);
}
