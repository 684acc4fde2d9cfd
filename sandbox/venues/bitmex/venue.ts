/** BitMEX: tables of price levels and trades over WebSocket, instruments and books over REST. */

import { FaultInjector } from '../../faults/fault-injector.ts';
import { faultsWithout } from '../../faults/faults.ts';
import type { Market } from '../../market/market.ts';
import type { OpenSession, RestRequest, RestResponse } from '../session.ts';
import type { Venue, VenueBook, VenueDefinition, VenueDeps } from '../venue.ts';
import { BitmexContract } from './contract.ts';
import { BitmexFeed, changeStreams } from './feed.ts';
import { BITMEX_LIMITS } from './limits.ts';
import type { BitmexLimits } from './limits.ts';
import { BitmexRest } from './rest.ts';
import { BitmexSession } from './session.ts';
import type { BitmexSessionDeps } from './session.ts';

const HOUR_MS = 3_600_000;
export const BITMEX: VenueDefinition<'bitmex', BitmexLimits> = {
  name: 'bitmex',
  title: 'BitMEX',
  limits: BITMEX_LIMITS,
  // There are no logins and no auctions, and REST answers without a sequence that could be stale.
  faults: faultsWithout(
    'false-checksums',
    'maintenance',
    'refuse-logins',
    'auction',
    'stale-snapshots',
    'restart-numbering',
    'resend-images',
  ),
  credentials: {},
  open: (deps, limits) => new BitmexVenue(deps, limits),
};

class BitmexVenue implements Venue {
  readonly faults: FaultInjector<string>;
  readonly #contracts: ReadonlyMap<string, BitmexContract>;
  readonly #feed: BitmexFeed;
  readonly #sessionDeps: BitmexSessionDeps;
  readonly #rest: BitmexRest;
  /** When connections were opened in the last hour; monotonic clock. */
  #openedMs: number[] = [];

  constructor(deps: VenueDeps, limits: BitmexLimits) {
    const { clock, markets } = deps;
    const faults = new FaultInjector<string>(clock);
    const all = [...markets.values()].map((market) => new BitmexContract(market));
    // Of two markets with the same symbol here only the first is listed.
    const contracts = new Map(all.reverse().map((contract) => [contract.symbol, contract]));
    this.faults = faults;
    this.#contracts = new Map([...contracts].reverse());
    this.#feed = new BitmexFeed(contracts, faults);
    this.#sessionDeps = {
      feed: this.#feed,
      symbols: new Set(contracts.keys()),
      clock,
      limits,
      isDelisted: (symbol) => faults.isDelisted(symbol),
      rejectsSubscription: (symbol) => faults.rejectsSubscription(symbol),
    };
    this.#rest = new BitmexRest({ contracts, faults, nowUs: () => clock.nowUs(), limits });
  }

  get symbols(): readonly string[] {
    return [...this.#contracts.keys()];
  }

  accept(url: string): OpenSession | null {
    if (new URL(url, 'ws://sandbox').pathname !== '/realtime') return null;
    return (peer, lifeMs) =>
      new BitmexSession(peer, lifeMs, this.#countConnection(), this.#sessionDeps);
  }

  respond(request: RestRequest): RestResponse {
    return this.#rest.respond(request);
  }

  tick(nowUs: number): void {
    this.#feed.tick(nowUs);
  }

  market(symbol: string): Market | undefined {
    return this.#contracts.get(symbol)?.market;
  }

  updateStreams(symbol: string): readonly string[] {
    return changeStreams(symbol);
  }

  forgetReceivers(symbol: string): void {
    this.#feed.forgetReceivers(symbol);
  }

  crossBook(symbol: string): void {
    const contract = this.#contracts.get(symbol);
    if (contract) this.#feed.cross(contract, this.#sessionDeps.clock.nowUs());
  }

  sequence(symbol: string): number | undefined {
    return this.#contracts.get(symbol)?.sequence;
  }

  book(symbol: string): VenueBook | undefined {
    return this.#contracts.get(symbol)?.book();
  }

  bookAtSequence(symbol: string, sequence: number): VenueBook | undefined {
    return this.#contracts.get(symbol)?.bookAt(sequence);
  }

  /** @returns how many more may be opened in this hour. */
  #countConnection(): number {
    const { clock, limits } = this.#sessionDeps;
    const nowMs = clock.monotonicMs();
    this.#openedMs = [...this.#openedMs.filter((openedMs) => openedMs > nowMs - HOUR_MS), nowMs];
    return Math.max(0, limits.connectionsPerHour - this.#openedMs.length);
  }
}
