/**
 * Coinbase Exchange: every order message, level batches and trades per product over WebSocket,
 * products and books over REST.
 */

import { FaultInjector } from '../../faults/fault-injector.ts';
import { faultsWithout } from '../../faults/faults.ts';
import type { Market } from '../../market/market.ts';
import { seededRandom } from '../../prng.ts';
import type { OpenSession, RestRequest, RestResponse } from '../session.ts';
import type { Venue, VenueBook, VenueDefinition, VenueDeps } from '../venue.ts';
import { CoinbaseFeed, productStreams } from './feed.ts';
import { SANDBOX_KEY } from './key.ts';
import { COINBASE_LIMITS } from './limits.ts';
import type { CoinbaseLimits } from './limits.ts';
import { CoinbaseProduct } from './product.ts';
import { CoinbaseRest } from './rest.ts';
import { CoinbaseSession } from './session.ts';
import type { CoinbaseSessionDeps } from './session.ts';

export const COINBASE: VenueDefinition<'coinbase', CoinbaseLimits> = {
  name: 'coinbase',
  title: 'Coinbase',
  limits: COINBASE_LIMITS,
  faults: faultsWithout(
    'false-checksums',
    'maintenance',
    'drop-rows',
    'cross-book',
    'restart-numbering',
    'resend-images',
  ),
  credentials: {
    COINBASE_API_KEY: SANDBOX_KEY.key,
    COINBASE_API_SECRET: SANDBOX_KEY.secret,
    COINBASE_API_PASSPHRASE: SANDBOX_KEY.passphrase,
  },
  open: (deps, limits) => new CoinbaseVenue(deps, limits),
};

class CoinbaseVenue implements Venue {
  readonly faults: FaultInjector<string>;
  readonly #products: ReadonlyMap<string, CoinbaseProduct>;
  readonly #feed: CoinbaseFeed;
  readonly #sessionDeps: CoinbaseSessionDeps;
  readonly #rest: CoinbaseRest;
  readonly #nowUs: () => number;

  constructor(deps: VenueDeps, limits: CoinbaseLimits) {
    const { clock } = deps;
    const faults = new FaultInjector<string>(clock);
    const products = openProducts(deps);
    this.faults = faults;
    this.#products = products;
    this.#feed = new CoinbaseFeed(products, faults);
    this.#sessionDeps = {
      feed: this.#feed,
      products: new Set(products.keys()),
      clock,
      limits,
      isDelisted: (product) => faults.isDelisted(product),
      rejectsSubscription: (product) => faults.rejectsSubscription(product),
      rejectsLogin: () => faults.rejectedLogins.take() !== null,
    };
    this.#nowUs = () => clock.nowUs();
    this.#rest = new CoinbaseRest({ products, faults, nowUs: this.#nowUs, limits });
  }

  get symbols(): readonly string[] {
    return [...this.#products.keys()];
  }

  accept(url: string): OpenSession | null {
    if (new URL(url, 'ws://sandbox').pathname !== '/') return null;
    return (peer, lifeMs) => new CoinbaseSession(peer, lifeMs, this.#sessionDeps);
  }

  respond(request: RestRequest): RestResponse {
    return this.#rest.respond(request);
  }

  tick(nowUs: number): void {
    this.#feed.tick(nowUs);
  }

  market(symbol: string): Market | undefined {
    return this.#products.get(symbol)?.market;
  }

  updateStreams(symbol: string): readonly string[] {
    return productStreams(symbol);
  }

  forgetReceivers(symbol: string): void {
    this.#feed.forgetReceivers(symbol);
  }

  holdAuction(symbol: string, durationMs: number): void {
    const product = this.#products.get(symbol);
    if (product) this.#feed.holdAuction(product, this.#nowUs() + durationMs * 1000);
  }

  sequence(symbol: string): number | undefined {
    return this.#products.get(symbol)?.sequence;
  }

  book(symbol: string): VenueBook | undefined {
    return this.#products.get(symbol)?.book();
  }

  bookAtSequence(symbol: string, sequence: number): VenueBook | undefined {
    return this.#products.get(symbol)?.bookAt(sequence);
  }
}

/** By product id; of two markets with the same id only the first is listed. */
function openProducts({ markets, seed, firstSequence }: VenueDeps): Map<string, CoinbaseProduct> {
  const products = new Map<string, CoinbaseProduct>();
  for (const market of markets.values()) {
    const random = seededRandom(`${seed}/${market.profile.symbol}/ids`);
    const product = new CoinbaseProduct(market, { random, sequence: firstSequence });
    if (!products.has(product.id)) products.set(product.id, product);
  }
  return products;
}
