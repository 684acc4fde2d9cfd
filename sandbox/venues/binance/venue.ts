/** Binance spot: diffs, trades and best prices per symbol over WebSocket, snapshots over REST. */

import { FaultInjector } from '../../faults/fault-injector.ts';
import { faultsWithout } from '../../faults/faults.ts';
import type { TrueBook } from '../../market/history.ts';
import type { Market, MarketDiff } from '../../market/market.ts';
import { decimalRows } from '../../market/units.ts';
import type { OpenSession, RestRequest, RestResponse } from '../session.ts';
import type { Venue, VenueBook, VenueDefinition, VenueDeps } from '../venue.ts';
import { BinanceFeed, diffStreams } from './feed.ts';
import { BINANCE_LIMITS } from './limits.ts';
import type { BinanceLimits } from './limits.ts';
import { BinanceRest } from './rest.ts';
import { acceptBinance } from './session.ts';
import type { BinanceSessionDeps } from './session.ts';

export const BINANCE: VenueDefinition<'binance', BinanceLimits> = {
  name: 'binance',
  title: 'Binance',
  limits: BINANCE_LIMITS,
  // The market data is public: nobody logs in.
  faults: faultsWithout(
    'false-checksums',
    'maintenance',
    'refuse-logins',
    'auction',
    'drop-rows',
    'cross-book',
    'restart-numbering',
    'resend-images',
  ),
  credentials: {},
  open: (deps, limits) => new BinanceVenue(deps, limits),
};

class BinanceVenue implements Venue {
  readonly faults: FaultInjector<MarketDiff>;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #sessionDeps: BinanceSessionDeps;
  readonly #rest: BinanceRest;
  readonly #feed: BinanceFeed;

  constructor({ markets, clock }: VenueDeps, limits: BinanceLimits) {
    const faults = new FaultInjector<MarketDiff>(clock);
    this.faults = faults;
    this.#markets = markets;
    this.#feed = new BinanceFeed(markets.values(), faults);
    const rejectsSubscription = (symbol: string): boolean => faults.rejectsSubscription(symbol);
    this.#sessionDeps = { source: this.#feed, clock, limits, rejectsSubscription };
    const { weightPerMinute } = limits;
    this.#rest = new BinanceRest({ markets, faults, nowUs: () => clock.nowUs(), weightPerMinute });
  }

  get symbols(): readonly string[] {
    return [...this.#markets.keys()];
  }

  accept(url: string): OpenSession | null {
    return acceptBinance(url, this.#sessionDeps);
  }

  respond(request: RestRequest): RestResponse {
    return this.#rest.respond(request);
  }

  tick(): void {
    // Everything is sent as the markets publish it.
  }

  market(symbol: string): Market | undefined {
    return this.#markets.get(symbol);
  }

  updateStreams(symbol: string): readonly string[] {
    return diffStreams(symbol);
  }

  forgetReceivers(symbol: string): void {
    for (const stream of diffStreams(symbol)) this.#feed.forgetReceivers(stream);
  }

  sequence(symbol: string): number | undefined {
    return this.market(symbol)?.engine.sequence;
  }

  book(symbol: string): VenueBook | undefined {
    const market = this.market(symbol);
    return market && toRows(market.book());
  }

  bookAtSequence(symbol: string, sequence: number): VenueBook | undefined {
    const book = this.market(symbol)?.history.bookAt(sequence);
    return book && toRows(book);
  }
}

function toRows({ sequence, timeUs, bids, asks }: TrueBook): VenueBook {
  return { sequence, timeUs, bids: decimalRows(bids), asks: decimalRows(asks) };
}
