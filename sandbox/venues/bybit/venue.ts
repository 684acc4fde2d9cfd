/** Bybit spot: deltas of the full book or of a window, and trades per symbol; snapshots over REST. */

import { FaultInjector } from '../../faults/fault-injector.ts';
import { faultsWithout } from '../../faults/faults.ts';
import type { Market } from '../../market/market.ts';
import { decimalRows } from '../../market/units.ts';
import type { OpenSession, RestRequest, RestResponse } from '../session.ts';
import type { Venue, VenueBook, VenueDefinition, VenueDeps } from '../venue.ts';
import { BybitFeed } from './feed.ts';
import { BYBIT_LIMITS } from './limits.ts';
import type { BybitLimits } from './limits.ts';
import { BybitRest, bookOf } from './rest.ts';
import { BybitSession } from './session.ts';
import type { BybitSessionDeps } from './session.ts';
import type { BookMessage } from './wire.ts';

export const BYBIT: VenueDefinition<'bybit', BybitLimits> = {
  name: 'bybit',
  title: 'Bybit',
  limits: BYBIT_LIMITS,
  // Nobody logs in, no message announces a shutdown, and no book is crossed before an auction.
  faults: faultsWithout(
    'false-checksums',
    'maintenance',
    'refuse-logins',
    'server-shutdown',
    'auction',
    'drop-rows',
    'cross-book',
  ),
  credentials: {},
  open: (deps, limits) => new BybitVenue(deps, limits),
};

class BybitVenue implements Venue {
  readonly faults: FaultInjector<BookMessage>;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #feed: BybitFeed;
  readonly #rest: BybitRest;
  readonly #sessionDeps: BybitSessionDeps;
  #sessions = 0;

  constructor({ markets, clock, firstSequence }: VenueDeps, limits: BybitLimits) {
    const faults = new FaultInjector<BookMessage>(clock);
    this.faults = faults;
    this.#markets = markets;
    this.#feed = new BybitFeed(markets, faults, firstSequence);
    const nowUs = (): number => clock.nowUs();
    this.#rest = new BybitRest({ markets, feed: this.#feed, faults, nowUs, limits });
    this.#sessionDeps = {
      feed: this.#feed,
      clock,
      limits,
      isDelisted: (symbol) => faults.isDelisted(symbol),
      rejectsSubscription: (symbol) => faults.rejectsSubscription(symbol),
    };
  }

  get symbols(): readonly string[] {
    return [...this.#markets.keys()];
  }

  accept(url: string): OpenSession | null {
    if (new URL(url, 'ws://sandbox').pathname !== '/v5/public/spot') return null;
    return (peer, lifeMs) =>
      new BybitSession(peer, lifeMs, `c-${++this.#sessions}`, this.#sessionDeps);
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
    return this.#feed.bookStreams(symbol);
  }

  forgetReceivers(symbol: string): void {
    this.#feed.forgetReceivers(symbol);
  }

  restartNumbering(symbol: string): void {
    this.#feed.restart(symbol);
  }

  resendImages(symbol: string): void {
    this.#feed.resendImages(symbol);
  }

  sequence(symbol: string): number | undefined {
    return this.#feed.primary(symbol)?.u;
  }

  book(symbol: string): VenueBook | undefined {
    const sequence = this.sequence(symbol);
    return sequence === undefined ? undefined : this.bookAtSequence(symbol, sequence);
  }

  /** Of the topic that was subscribed last: each numbers for itself. */
  bookAtSequence(symbol: string, sequence: number): VenueBook | undefined {
    const market = this.market(symbol);
    const topic = this.#feed.primary(symbol);
    if (!market || topic?.seqAt(sequence) === undefined) return undefined;
    const { timeUs, bids, asks } = bookOf(topic, market, sequence);
    return { sequence, timeUs, bids: decimalRows(bids), asks: decimalRows(asks) };
  }
}
