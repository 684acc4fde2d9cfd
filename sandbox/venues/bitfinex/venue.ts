/** Bitfinex: books of 250 rows a side with checksums, and trades, over channels that each connection counts. */

import { FaultInjector } from '../../faults/fault-injector.ts';
import { faultsWithout } from '../../faults/faults.ts';
import type { Market } from '../../market/market.ts';
import type { OpenSession, RestRequest, RestResponse } from '../session.ts';
import type { Venue, VenueBook, VenueDefinition, VenueDeps } from '../venue.ts';
import { BOOK_FAULTS, BitfinexFeed } from './feed.ts';
import type { CountedMessage } from './feed.ts';
import { BITFINEX_LIMITS } from './limits.ts';
import type { BitfinexLimits } from './limits.ts';
import { BitfinexRest } from './rest.ts';
import { SentBook } from './sent-book.ts';
import { BitfinexSession } from './session.ts';
import type { BitfinexSessionDeps } from './session.ts';
import { symbolOf } from './wire.ts';

export const BITFINEX: VenueDefinition<'bitfinex', BitfinexLimits> = {
  name: 'bitfinex',
  title: 'Bitfinex',
  limits: BITFINEX_LIMITS,
  // Nobody logs in, images come once a channel, and no book is crossed before an auction.
  faults: faultsWithout(
    'refuse-logins',
    'auction',
    'cross-book',
    'restart-numbering',
    'resend-images',
    'stale-snapshots',
  ),
  credentials: {},
  open: (deps, limits) => new BitfinexVenue(deps, limits),
};

class BitfinexVenue implements Venue {
  readonly faults: FaultInjector<CountedMessage>;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #feed: BitfinexFeed;
  readonly #rest: BitfinexRest;
  readonly #sessions = new Set<BitfinexSession>();
  readonly #sessionDeps: BitfinexSessionDeps;
  #maintenanceUntilUs: number | null = null;

  constructor({ markets, clock }: VenueDeps, limits: BitfinexLimits) {
    const faults = new FaultInjector<CountedMessage>(clock);
    const pairs = new Map(
      [...markets.values()].map((market) => [symbolOf(market.profile), market]),
    );
    this.faults = faults;
    this.#markets = pairs;
    this.#feed = new BitfinexFeed(pairs, faults, limits.heartbeatMs);
    const isInMaintenance = (): boolean => this.#maintenanceUntilUs !== null;
    this.#sessionDeps = {
      feed: this.#feed,
      symbols: new Set(pairs.keys()),
      clock,
      limits,
      isInMaintenance,
      isDelisted: (symbol) => faults.isDelisted(symbol),
      rejectsSubscription: (symbol) => faults.rejectsSubscription(symbol),
    };
    const nowUs = (): number => clock.nowUs();
    this.#rest = new BitfinexRest({ markets: pairs, feed: this.#feed, faults, nowUs, limits, isInMaintenance }); // prettier-ignore
  }

  get symbols(): readonly string[] {
    return [...this.#markets.keys()];
  }

  accept(url: string): OpenSession | null {
    if (new URL(url, 'ws://sandbox').pathname !== '/ws/2') return null;
    return (peer, lifeMs) => {
      const session = new BitfinexSession(peer, lifeMs, this.#sessionDeps);
      this.#sessions.add(session);
      return session;
    };
  }

  respond(request: RestRequest): RestResponse {
    return this.#rest.respond(request);
  }

  tick(nowUs: number): void {
    const untilUs = this.#maintenanceUntilUs;
    if (untilUs !== null && nowUs < untilUs) return;
    this.#maintenanceUntilUs = null;
    if (untilUs !== null) {
      for (const session of this.#open()) {
        session.inform(20_061, 'Maintenance ended. You can resume normal activity');
      }
    }
    this.#feed.tick(nowUs);
  }

  market(symbol: string): Market | undefined {
    return this.#markets.get(symbol);
  }

  updateStreams(symbol: string): readonly string[] {
    return [symbol, ...BOOK_FAULTS.map((what) => `${symbol}/${what}`)];
  }

  forgetReceivers(symbol: string): void {
    this.#feed.forgetReceivers(symbol);
  }

  maintain(durationMs: number): void {
    this.#maintenanceUntilUs = this.#sessionDeps.clock.nowUs() + durationMs * 1000;
    for (const session of this.#open()) {
      session.release();
      session.inform(20_060, 'Entering in Maintenance mode. Please pause any activity');
    }
  }

  /** The counter of the connection on which the symbol was subscribed last. */
  sequence(symbol: string): number | undefined {
    if (!this.#markets.has(symbol)) return undefined;
    return this.#feed.primary(symbol)?.receiver.counter ?? 0;
  }

  book(symbol: string): VenueBook | undefined {
    const sequence = this.sequence(symbol);
    const shown = this.#feed.shown(symbol, 'P0');
    if (sequence === undefined || !shown) return undefined;
    // Where nobody has subscribed, it has no sequence yet.
    const unsent = new SentBook('P0', shown.rowsNow, sequence, this.#sessionDeps.clock.nowUs());
    return this.bookAtSequence(symbol, sequence) ?? unsent.at(sequence);
  }

  bookAtSequence(symbol: string, sequence: number): VenueBook | undefined {
    return this.#feed.primary(symbol)?.book?.at(sequence);
  }

  #open(): readonly BitfinexSession[] {
    for (const session of this.#sessions) {
      if (!session.isOpen && !session.isFrozen) this.#sessions.delete(session);
    }
    return [...this.#sessions].filter(({ isOpen }) => isOpen);
  }
}
