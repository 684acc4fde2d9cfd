/**
 * The contract between the sandbox and a venue: an exchange protocol spoken on top of the simulated
 * markets. A venue opens no socket and reads no clock but the one it is given, so that it runs the
 * same behind a server and inside a simulation.
 */

import type { Clock } from '../../logger/runtime/clock.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { FaultType } from '../faults/faults.ts';
import type { Market } from '../market/market.ts';
import type { ConnectionLimits, OpenSession, RestRequest, RestResponse } from './session.ts';

/** Describes a venue. Each venue's folder exports one; `venues.ts` lists them. */
export interface VenueDefinition<
  Name extends string = string,
  Limits extends ConnectionLimits = ConnectionLimits,
> {
  /** The exchange's name in securities, faults, options and (in capitals) settings. */
  readonly name: Name;
  /** The name as people write it. */
  readonly title: string;
  readonly limits: Limits;
  /** Faults that make sense for this protocol. */
  readonly faults: readonly FaultType[];
  /** Settings that a logger needs beside the two addresses, such as an API key. */
  readonly credentials: Readonly<Record<string, string>>;
  open(deps: VenueDeps, limits: Limits): Venue;
}

export interface VenueDeps {
  /** By the sandbox's own symbol, `BTCUSDT`. */
  readonly markets: ReadonlyMap<string, Market>;
  readonly clock: Clock;
  /** Seeds the random choices of the venue itself, such as order ids. */
  readonly seed: string;
  /** Sequence numbers of a venue that counts its own messages start above this. */
  readonly firstSequence: number;
}

/** A venue on running markets. */
export interface Venue {
  /** As this venue spells them. */
  readonly symbols: readonly string[];
  readonly faults: FaultInjector<unknown>;
  /** @returns the function that opens a session at a path and query; null if nothing is served there. */
  accept(url: string): OpenSession | null;
  respond(request: RestRequest): RestResponse;
  /** Sends what is due by time alone: batches, heartbeats. */
  tick(nowUs: number): void;
  market(symbol: string): Market | undefined;
  /** Names of the symbol's book-update streams, on which update faults act. */
  updateStreams(symbol: string): readonly string[];
  /** Ends the delivery of the symbol's book updates to whoever receives them now. */
  forgetReceivers(symbol: string): void;
  /** Collects orders that cross the book, for a while; absent where the exchange has no auctions. */
  holdAuction?(symbol: string, durationMs: number): void;
  /** Serves nobody for a while; absent where no message announces it. */
  maintain?(durationMs: number): void;
  /** Sends a book update that crosses the book and is false; absent where no update could. */
  crossBook?(symbol: string): void;
  /** Numbers the symbol's updates from 1 again; absent where the exchange never does. */
  restartNumbering?(symbol: string): void;
  /** Sends the symbol's image once more; absent where images do not come in the stream. */
  resendImages?(symbol: string): void;
  /** Sequence of the true book now; undefined for an unknown symbol. */
  sequence(symbol: string): number | undefined;
  /** The true book now; undefined for an unknown symbol. */
  book(symbol: string): VenueBook | undefined;
  /** The true book after the last message at or before `sequence`; undefined if too old or unknown. */
  bookAtSequence(symbol: string, sequence: number): VenueBook | undefined;
}

/** A level (with its number of orders where the exchange counts them) or a single order (with its id), as decimal text without trailing zeros. */
export type BookRow = readonly [price: string, size: string, orderIdOrCount?: string | number];

/** A book in full depth, best price first; orders of one price in queue order. */
export interface VenueBook {
  readonly sequence: number;
  readonly timeUs?: number;
  readonly bids: readonly BookRow[];
  readonly asks: readonly BookRow[];
}
