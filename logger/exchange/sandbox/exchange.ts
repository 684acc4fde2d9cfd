/**
 * The sandbox exchange with accounts behind the `Exchange` port: its orders (L3), numbered, with the image in the
 * stream; for checks the same image comes by REST.
 */

import { fractionDigits } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { Exchange, FeedListener, Instrument, SnapshotRequest } from '../exchange.ts';
import { PublicExchange } from '../public-exchange.ts';
import type { Reason } from '../rest/rest-client.ts';
import { spanRule } from '../span-rule.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { JsonNumber, parseExactJson } from '../wire/exact-json.ts';
import { fieldsOf, parseJson, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { codeOf, smallestOf, trimmedSize } from '../wire/tick-size.ts';
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

class SandboxExchange extends PublicExchange<SandboxLimits> {
  readonly name = 'sandbox';
  readonly level = 'L3';
  readonly proof = 'sequence';
  readonly feed = TABLE;
  readonly rule = spanRule;

  constructor(options: SandboxExchangeOptions) {
    super(options, {
      exchange: 'sandbox',
      feed: TABLE,
      limits: { ...SANDBOX_LIMITS, ...options.limits },
      protocol: () => sandboxProtocol,
      path: '/realtime',
      rejections: { reasonOf, isUnlisted: () => false },
    });
  }

  async snapshot(
    symbol: string,
    signal: AbortSignal,
    { urgency = 'usual' }: SnapshotRequest = {},
  ): Promise<BookSnapshot> {
    const feed = this.openFeed(symbol, SandboxFeed);
    if (urgency !== 'spare') return await this.imageOf(feed, signal);
    // A check must not cost the book its stream.
    const path = `/api/v1/orderBook/L3?symbol=${encodeURIComponent(symbol)}`;
    const { body, receiveTimeUs } = await this.get(path, urgency, signal);
    return this.counted(() => {
      const message = fieldsOf(parseJson(body), 'The answer');
      assertSymbol(message, symbol);
      return imageMessage(message, { scale: feed.scale, receiveTimeUs }).snapshot;
    });
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): SandboxFeed {
    return new SandboxFeed(instrument, { listener, wireErrors: this.wireErrors });
  }

  protected async listings(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Listing>> {
    const found = new Map<string, Listing>();
    for (const symbol of symbols) {
      const path = `/api/v1/instrument?symbol=${encodeURIComponent(symbol)}`;
      const { body } = await this.get(path, urgency);
      found.set(
        symbol,
        this.counted(() => listingOf(symbol, parseExactJson(body))),
      );
    }
    return found;
  }
}

function reasonOf({ error }: Fields): Reason {
  const { message } = Object(error) as Fields;
  return { code: null, reason: typeof message === 'string' ? message : null };
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
    base: codeOf(fields['underlying']),
    quote: codeOf(fields['quoteCurrency']),
    minSize: smallestOf(fields['minSize']),
    minNotional: smallestOf(fields['minNotional']),
  };
}

function decimalOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (value instanceof JsonNumber) return value.decimal;
  throw wireError('instrument', `${name} is not a number`);
}
