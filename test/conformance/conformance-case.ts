/** What an exchange has to provide to be held to the conformance suite. */

import type { ExchangeDeps } from '../../logger/exchange/definition.ts';
import type { Exchange } from '../../logger/exchange/exchange.ts';
import type { Scale } from '../../logger/market/decimal.ts';
import type { BookSnapshot, MarketEvent } from '../../logger/market/events.ts';
import type { InstrumentFacts } from '../../logger/market/instrument.ts';
import type { HttpResponse } from '../../logger/runtime/transport.ts';

/**
 * One feed of one exchange. The suite plays with a market of its own: the book starts with a bid of
 * 1 at 100 and an ask of 1 at 200; the n-th update adds a bid of n at 100 + n; the n-th trade is of
 * 1 at 150.
 */
export interface ConformanceCase {
  readonly name: string;
  readonly scale: Scale;
  /** Two that stream, and one that the exchange rejects. */
  readonly symbols: Readonly<Record<'first' | 'second' | 'unknown', string>>;
  create(deps: ExchangeDeps, staleAfterMs: number): Exchange;
  /** The exchange's side of a new connection. */
  connection(): VenueConnection;
  /** The REST response with the whole book after the n-th update; null where books come in the stream. */
  readonly book: ((symbol: string, n: number) => unknown) | null;
  /** The REST response about a symbol that the exchange does not list; null where there is no REST. */
  readonly unlisted: Pick<HttpResponse, 'status' | 'body'> | null;
  /** The REST response that lists the first, and what it says of the product; null where there is no REST. */
  readonly listed: { readonly body: string; readonly facts: InstrumentFacts } | null;
  /** The application's own ping, where the exchange wants one. */
  readonly ping: { readonly text: string; readonly intervalMs: number } | null;
  /** Frames of the first symbol and exactly what becomes of them. */
  readonly examples: readonly Example[];
  /** Frames that can't be used, and the kind that they are counted as. */
  readonly damaged: readonly DamagedFrame[];
  /** Frames that the exchange really sent. */
  readonly recording: (() => Recording) | null;
}

export interface VenueConnection {
  /** What the exchange sends first, where it does. */
  readonly greeting?: string;
  /** The symbols whose streams a message of ours asks for; none for any other message. */
  symbolsOf(request: string): readonly string[];
  /** The frames that answer a message of ours: granted, or rejected. */
  grant(request: string): readonly string[];
  reject(request: string): readonly string[];
  /**
   * The book after the n-th update, under its sequence; null where books don't come in the stream. Without
   * sequences `n` may be ignored.
   */
  image(symbol: string, n: number): string | null;
  update(symbol: string, n: number): string;
  trade(symbol: string, n: number): string;
}

export interface Example {
  readonly what: string;
  readonly frame: (venue: VenueConnection) => string;
  /** Without receive times; sequences that are our own count are left out, too. */
  readonly events: readonly unknown[];
}

export interface DamagedFrame {
  readonly what: string;
  readonly frame: (venue: VenueConnection) => string;
  readonly kind: string;
  /** It may have been a book update and no sequence shows it, so it is reported as lost. */
  readonly isLoss: boolean;
}

export interface Recording {
  readonly symbol: string;
  readonly scale: Scale;
  readonly frames: readonly string[];
  /** The book that the frames continue; null where it is among them. */
  readonly snapshot: BookSnapshot | null;
  readonly count: (type: MarketEvent['type']) => number;
}
