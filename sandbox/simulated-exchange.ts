/**
 * The simulated exchange without a transport: markets on an injected clock, the venues on top of
 * them, faults, and the true books. The same seed, start time and options give the same markets. What
 * is `BTCUSDT` at Binance is `BTC-USD` at Coinbase: one market, one engine, two protocols.
 */

import { InvalidArgumentError } from '../logger/errors.ts';
import type { Clock } from '../logger/runtime/clock.ts';
import { applyFault } from './faults/faults.ts';
import type { Fault } from './faults/faults.ts';
import type { Market } from './market/market.ts';
import { mirrorsOf, openMarkets } from './market/markets.ts';
import type { SymbolProfile } from './market/symbols.ts';
import { RunningVenue, unlisted } from './venues/running-venue.ts';
import type { ConnectionLimits, RestRequest, RestResponse } from './venues/session.ts';
import type { VenueBook, VenueDefinition } from './venues/venue.ts';
import { VENUES } from './venues/venues.ts';
import type { VenueLimits } from './venues/venues.ts';

/**
 * Sequences start at this many for each second of the clock, so that an exchange that is started
 * again continues above its earlier ones, as a real one does.
 */
const SEQUENCES_PER_SECOND = 10_000;

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly seed?: number | string | undefined;
  /** Names of default or new symbols, or whole profiles. Default: `DEFAULT_SYMBOLS`. */
  readonly symbols?: readonly (string | SymbolProfile)[] | undefined;
  /** Actions per second in a busy market; quieter ones take their share. */
  readonly pace?: number | undefined;
  /** Limits to use instead of the venues' own. */
  readonly limits?: VenueLimits | undefined;
  /** Names of venues that trade copies of the markets: the fault `skew` moves their prices. */
  readonly mirrors?: readonly string[] | undefined;
}

export interface ExchangeStats {
  readonly connections: number;
  readonly requests: number;
  /** Streams of all connections. */
  readonly streams: readonly string[];
}

export class SimulatedExchange {
  readonly venues: readonly RunningVenue[];
  readonly #clock: Clock;
  readonly #markets: ReadonlyMap<string, Market>;
  #requests = 0;

  /** @throws InvalidArgumentError for bad options. */
  constructor(options: ExchangeOptions) {
    const { clock, symbols, pace } = options;
    const seed = String(options.seed ?? 1);
    const startUs = clock.nowUs();
    const firstSequence = Math.floor(startUs / 1_000_000) * SEQUENCES_PER_SECOND;
    const markets = openMarkets({ seed, startUs, symbols, pace, firstSequence });
    this.#clock = clock;
    this.#markets = markets;
    const limits: Readonly<Record<string, Partial<ConnectionLimits>>> = options.limits ?? {};
    const definitions: readonly VenueDefinition[] = VENUES;
    const mirrors = new Set(options.mirrors);
    this.venues = definitions.map((definition) => {
      const { name } = definition;
      const own = mirrors.has(name) ? mirrorsOf(markets) : markets;
      return new RunningVenue(
        definition,
        { markets: own, clock, seed, firstSequence },
        limits[name],
      );
    });
    for (const name of mirrors) this.venue(name);
  }

  /** @throws InvalidArgumentError */
  venue(name: string): RunningVenue {
    const venue = this.venues.find(({ definition }) => definition.name === name);
    if (venue) return venue;
    const names = this.venues.map(({ definition }) => definition.name).join(', ');
    throw new InvalidArgumentError(
      `exchange: ${JSON.stringify(name.slice(0, 40))} is not one of ${names}`,
    );
  }

  /** To be called every few milliseconds: publishes everything that is due by now. */
  tick(): void {
    this.#advance();
    for (const venue of this.venues) venue.tick(this.#clock.nowUs());
  }

  /** Responds to a REST request to a venue. */
  respond(venue: RunningVenue, request: RestRequest): RestResponse {
    this.#requests++;
    this.#advance();
    return venue.respond(request);
  }

  /**
   * Injects a fault at the venue that it names, else at the first that lists its symbol, else at all
   * venues that support it.
   * @param preferred looked at first for a symbol without an exchange.
   * @throws InvalidArgumentError
   */
  inject(fault: Fault, preferred?: RunningVenue): void {
    const candidates = fault.exchange === undefined ? this.venues : [this.venue(fault.exchange)];
    const symbol = 'symbol' in fault ? fault.symbol : undefined;
    const targets =
      symbol === undefined
        ? candidates.filter(({ definition }) => definition.faults.includes(fault.type))
        : [firstThatLists(symbol, candidates, preferred)];
    if (targets.length === 0) {
      throw new InvalidArgumentError(`type: ${fault.exchange} does not support ${fault.type}`);
    }
    for (const venue of targets) applyFault(venue, fault);
  }

  /** Sequence of the true book now, for `book`'s argument. @throws InvalidArgumentError */
  sequence(security: string): number {
    const { venue, symbol } = this.#find(security, undefined);
    return venue.sequence(symbol);
  }

  /**
   * The true book now.
   * @param security `binance:BTCUSDT`, or a symbol alone for the first venue that lists it.
   * @param preferred looked at first for a symbol alone.
   * @throws InvalidArgumentError
   */
  book(security: string, preferred?: RunningVenue): VenueBook {
    const { venue, symbol } = this.#find(security, preferred);
    return venue.book(symbol);
  }

  /**
   * The true book after the last message at or before `sequence`; undefined if that is no longer
   * kept or not yet sent. @throws InvalidArgumentError
   */
  bookAtSequence(
    security: string,
    sequence: number,
    preferred?: RunningVenue,
  ): VenueBook | undefined {
    const { venue, symbol } = this.#find(security, preferred);
    return venue.bookAtSequence(symbol, sequence);
  }

  stats(): ExchangeStats {
    return {
      connections: this.venues.reduce((count, { connections }) => count + connections.count, 0),
      requests: this.#requests,
      streams: this.venues.flatMap(({ connections }) => connections.streams()),
    };
  }

  #find(
    security: string,
    preferred: RunningVenue | undefined,
  ): { readonly venue: RunningVenue; readonly symbol: string } {
    // The symbol may have a colon of its own.
    const [, name, symbol] = /^([a-z]+):(.+)$/.exec(security) ?? [];
    if (name !== undefined && symbol !== undefined) return { venue: this.venue(name), symbol };
    return { venue: firstThatLists(security, this.venues, preferred), symbol: security };
  }

  #advance(): void {
    const nowUs = this.#clock.nowUs();
    for (const market of this.#markets.values()) market.advanceTo(nowUs);
  }
}

function firstThatLists(
  symbol: string,
  venues: readonly RunningVenue[],
  preferred: RunningVenue | undefined,
): RunningVenue {
  if (preferred && venues.includes(preferred) && preferred.lists(symbol)) return preferred;
  const venue = venues.find((each) => each.lists(symbol));
  if (venue) return venue;
  throw unlisted(
    symbol,
    venues.flatMap(({ symbols }) => symbols),
  );
}
