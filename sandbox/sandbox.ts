/**
 * The sandbox exchange, put together: markets that live on a clock, and two protocols in front of
 * them, each on a port of its own. What is `BTCUSDT` to Binance's is `BTC-USD` to Coinbase's: the same
 * orders in the same engine, told by price or one by one.
 */

import { InvalidArgumentError } from '../logger/errors.ts';
import { formatScaled } from '../logger/market/decimal.ts';
import { BinanceFeed, diffStreams } from './venues/binance/feed.ts';
import { BinanceRest } from './venues/binance/rest.ts';
import { BINANCE_LIMITS, acceptBinance } from './venues/binance/session.ts';
import type { BinanceLimits } from './venues/binance/session.ts';
import { systemClock } from './clock.ts';
import { CoinbaseFeed, productStreams } from './venues/coinbase/feed.ts';
import { CoinbaseProduct } from './venues/coinbase/product.ts';
import { CoinbaseRest } from './venues/coinbase/rest.ts';
import { COINBASE_LIMITS, CoinbaseSession } from './venues/coinbase/session.ts';
import type { CoinbaseLimits } from './venues/coinbase/session.ts';
import type { SandboxClock, SandboxTimer } from './clock.ts';
import { controlPort } from './server/control-port.ts';
import { ExchangeServer } from './server/exchange-server.ts';
import type { ControlPort } from './server/exchange-server.ts';
import type { TrueBook } from './market/history.ts';
import { Market } from './market/market.ts';
import type { MarketDiff } from './market/market.ts';
import { UNIT_EXPONENT } from './market/matching-engine.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import type { Switch } from './faults/fault-injector.ts';
import type { TrueOrders } from './market/order-history.ts';
import { seededRandom } from './prng.ts';
import { DEFAULT_SYMBOLS, profileOf, toUnits } from './market/symbols.ts';
import type { SymbolProfile } from './market/symbols.ts';

/** How often the markets live through what is due: a diff is at most that late. */
const TICK_MS = 10;
const DEFAULT_EVENTS_PER_SECOND = 200;
export const MAX_EVENTS_PER_SECOND = 100_000;
/**
 * Update ids start at this many for each second of the wall clock, so that a sandbox started again
 * goes on above where it was, as an exchange does.
 */
const SEQUENCES_PER_SECOND = 10_000;

export interface SandboxOptions {
  /** The same seed, clock and options give the same market. */
  readonly seed?: number | string;
  /** Names of default or new symbols, or whole profiles. Default: `DEFAULT_SYMBOLS`. */
  readonly symbols?: readonly (string | SymbolProfile)[];
  readonly host?: string;
  /** 0, the default: any free port. */
  readonly port?: number;
  /** A port of its own for REST. Default: REST and WebSocket share `port`. */
  readonly restPort?: number;
  /** Coinbase's port, for both. 0, the default: any free port. */
  readonly coinbasePort?: number;
  readonly clock?: SandboxClock;
  /** Actions of the traders of a busy symbol in one second; a quiet one takes its share. */
  readonly pace?: number;
  readonly limits?: Partial<BinanceLimits>;
  readonly coinbaseLimits?: Partial<CoinbaseLimits>;
  /** Set from the start. */
  readonly faults?: readonly Switch[];
  /** The update id before the first; default from the clock. */
  readonly firstSequence?: number;
}

/** A book as decimal text without trailing zeros, `[price, size]`, best first, in full depth. */
export interface SandboxBook {
  readonly sequence: number;
  readonly timeUs: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

export interface SandboxStats {
  readonly connections: number;
  readonly requests: number;
  /** Every stream of every connection. */
  readonly streams: readonly string[];
}

export interface Sandbox {
  /** Base addresses, for `BINANCE_WS_URL` and `BINANCE_REST_URL`. */
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly symbols: readonly string[];
  /** Base addresses, for `COINBASE_WS_URL` and `COINBASE_REST_URL`. */
  readonly coinbaseWsUrl: string;
  readonly coinbaseRestUrl: string;
  readonly products: readonly string[];
  /** The book of a product as it is, order by order. @throws InvalidArgumentError */
  orders(product: string): TrueOrders;
  /**
   * The true book after the message `sequence`; undefined outside of the last some ten thousand.
   * @throws InvalidArgumentError
   */
  ordersAtSequence(product: string, sequence: number): TrueOrders | undefined;
  /** The book as it is this moment. @throws InvalidArgumentError for an unknown symbol. */
  book(symbol: string): SandboxBook;
  /**
   * The true book after the last diff at or before `sequence`; undefined where that is older than
   * the window (`HISTORY_WINDOW_US`) or not yet emitted. @throws InvalidArgumentError
   */
  bookAtSequence(symbol: string, sequence: number): SandboxBook | undefined;
  /** @throws InvalidArgumentError */
  misbehave(change: Switch): void;
  stats(): SandboxStats;
  close(): Promise<void>;
}

/**
 * @throws InvalidArgumentError for bad options; the system's error (`EADDRINUSE` …) for a port.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = options.clock ?? systemClock();
  const markets = openMarkets(options, clock);
  const products = openProducts(options, markets, clock);
  const host = options.host ?? '127.0.0.1';
  const binance = new FaultInjector<MarketDiff>(() => clock.monotonicMs());
  const coinbase = new FaultInjector<string>(() => clock.monotonicMs());
  const coinbaseFeed = new CoinbaseFeed(products, coinbase);
  const advance = (): void => {
    const nowUs = clock.nowUs();
    for (const market of markets.values()) market.advanceTo(nowUs);
  };
  const common = {
    host,
    clock,
    control: (method: string, url: string, body: string) => controlPort(sandbox, method, url, body),
  };
  const limits = { ...BINANCE_LIMITS, ...options.limits };
  const source = new BinanceFeed(markets.values(), binance);
  const rest = new BinanceRest(markets, {
    faults: binance,
    nowUs: () => clock.nowUs(),
    weightPerMinute: limits.weightPerMinute,
  });
  const binanceServer = new ExchangeServer({
    ...common,
    port: options.port ?? 0,
    restPort: options.restPort,
    limits,
    accept: (url) => acceptBinance(url, { source, clock, limits }),
    rest: (request) => {
      advance();
      return rest.answer(request);
    },
    refusesConnection: () => binance.refusesConnection(),
  });
  const coinbaseServer = openCoinbase(products, {
    ...common,
    options,
    feed: coinbaseFeed,
    faults: coinbase,
    advance,
  });
  const sandbox = new RunningSandbox({
    markets,
    products,
    misbehaviours: { binance, coinbase },
    servers: { binance: binanceServer, coinbase: coinbaseServer },
  });
  for (const change of options.faults ?? []) sandbox.misbehave(change);
  await binanceServer.listen();
  try {
    await coinbaseServer.listen();
  } catch (error) {
    await binanceServer.close();
    throw error;
  }
  sandbox.run(clock, () => {
    advance();
    coinbaseFeed.tick(clock.nowUs());
  });
  return sandbox;
}

function openCoinbase(
  products: ReadonlyMap<string, CoinbaseProduct>,
  parts: {
    readonly host: string;
    readonly clock: SandboxClock;
    readonly control: ControlPort;
    readonly options: SandboxOptions;
    readonly feed: CoinbaseFeed;
    readonly faults: FaultInjector<string>;
    readonly advance: () => void;
  },
): ExchangeServer {
  const { host, clock, control, options, feed, faults, advance } = parts;
  const limits = { ...COINBASE_LIMITS, ...options.coinbaseLimits };
  const rest = new CoinbaseRest(products, { faults, nowUs: () => clock.nowUs(), limits });
  const names = new Set(products.keys());
  const refusesLogin = (): boolean => faults.refusesLogin();
  return new ExchangeServer({
    host,
    clock,
    control,
    limits,
    port: options.coinbasePort ?? 0,
    restPort: undefined,
    accept: (url) =>
      new URL(url, 'ws://sandbox').pathname === '/'
        ? (peer, lifeMs) =>
            new CoinbaseSession(peer, lifeMs, {
              feed,
              products: names,
              clock,
              limits,
              refusesLogin,
            })
        : null,
    rest: (request) => {
      advance();
      return rest.answer(request);
    },
    refusesConnection: () => faults.refusesConnection(),
  });
}

interface Parts {
  readonly markets: ReadonlyMap<string, Market>;
  readonly products: ReadonlyMap<string, CoinbaseProduct>;
  readonly misbehaviours: {
    readonly binance: FaultInjector<MarketDiff>;
    readonly coinbase: FaultInjector<string>;
  };
  readonly servers: { readonly binance: ExchangeServer; readonly coinbase: ExchangeServer };
}

class RunningSandbox implements Sandbox {
  readonly #parts: Parts;
  #timer: SandboxTimer | null = null;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get wsUrl(): string {
    return this.#parts.servers.binance.wsUrl;
  }

  get restUrl(): string {
    return this.#parts.servers.binance.restUrl;
  }

  get coinbaseWsUrl(): string {
    return this.#parts.servers.coinbase.wsUrl;
  }

  get coinbaseRestUrl(): string {
    return this.#parts.servers.coinbase.restUrl;
  }

  get products(): readonly string[] {
    return [...this.#parts.products.keys()];
  }

  get symbols(): readonly string[] {
    return [...this.#parts.markets.keys()];
  }

  run(clock: SandboxClock, advance: () => void): void {
    const tick = (): void => {
      if (this.#isClosed) return;
      advance();
      this.#timer = clock.schedule(TICK_MS, tick);
    };
    tick();
  }

  book(symbol: string): SandboxBook {
    return toText(this.#market(symbol).book());
  }

  bookAtSequence(symbol: string, sequence: number): SandboxBook | undefined {
    const book = this.#market(symbol).history.bookAt(sequence);
    return book && toText(book);
  }

  orders(product: string): TrueOrders {
    return this.#product(product).book();
  }

  ordersAtSequence(product: string, sequence: number): TrueOrders | undefined {
    return this.#product(product).bookAt(sequence);
  }

  /** What names a symbol or a product is about its exchange, what names an exchange about that one. */
  misbehave(change: Switch): void {
    const { misbehaviours, servers, products } = this.#parts;
    const symbol = 'symbol' in change ? change.symbol : undefined;
    const isProduct = symbol !== undefined && products.has(symbol);
    if (symbol !== undefined && !isProduct) this.#market(symbol);
    const only = isProduct ? 'coinbase' : symbol === undefined ? change.exchange : 'binance';
    const isServed = { binance: true, coinbase: true };
    if (only !== 'coinbase') {
      isServed.binance = misbehaviours.binance.set(change, diffStreams);
    }
    if (only !== 'binance') {
      isServed.coinbase = misbehaviours.coinbase.set(change, productStreams);
    }
    if (only !== 'coinbase' && !isServed.binance) this.#misbehave(servers.binance, change);
    if (only !== 'binance' && !isServed.coinbase) this.#misbehave(servers.coinbase, change);
  }

  #misbehave(server: ExchangeServer, change: Switch): void {
    switch (change.type) {
      case 'half-open':
        return server.freezeAll(change.durationMs);
      case 'close':
        return server.closeAll(change.code, change.reason ?? '');
      case 'server-shutdown':
        return server.announceShutdown(change.afterMs);
      case 'connection-life':
        return server.changeLife(change.lifeMs);
      case 'extra-frame':
        return server.sendExtra(change.form);
      case 'tick-size': {
        const tickSize = toUnits(change.tickSize, 'tickSize');
        const product = this.#parts.products.get(change.symbol);
        return (product?.market ?? this.#market(change.symbol)).changeGrid({ tickSize });
      }
      case 'recover':
        return server.cutFrozen();
      default:
        throw new InvalidArgumentError(`type: ${change.type} is not served`);
    }
  }

  stats(): SandboxStats {
    const { binance, coinbase } = this.#parts.servers;
    return {
      connections: binance.connections + coinbase.connections,
      requests: binance.requests + coinbase.requests,
      streams: [...binance.streams(), ...coinbase.streams()],
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const { binance, coinbase } = this.#parts.servers;
    await Promise.all([binance.close(), coinbase.close()]);
  }

  #product(id: string): CoinbaseProduct {
    const product = this.#parts.products.get(id);
    if (product) return product;
    throw new InvalidArgumentError(
      `symbol: ${JSON.stringify(id.slice(0, 40))} is not listed (there are ${this.products.join(', ')})`,
    );
  }

  #market(symbol: string): Market {
    const market = this.#parts.markets.get(symbol);
    if (market) return market;
    const known = [...this.#parts.markets.keys()].join(', ');
    throw new InvalidArgumentError(
      `symbol: ${JSON.stringify(symbol.slice(0, 40))} is not listed (there are ${known})`,
    );
  }
}

function openMarkets(options: SandboxOptions, clock: SandboxClock): Map<string, Market> {
  const pace = options.pace ?? DEFAULT_EVENTS_PER_SECOND;
  if (!(pace > 0 && pace <= MAX_EVENTS_PER_SECOND)) {
    throw new InvalidArgumentError(
      `pace: ${pace} is not above 0 and up to ${MAX_EVENTS_PER_SECOND}`,
    );
  }
  const startUs = clock.nowUs();
  const seconds = Math.floor(startUs / 1_000_000);
  const markets = new Map<string, Market>();
  for (const symbol of options.symbols ?? DEFAULT_SYMBOLS) {
    const profile = typeof symbol === 'string' ? profileOf(symbol) : symbol;
    const market = new Market({
      profile,
      // One stream of chance for each symbol: another symbol beside it changes nothing.
      random: seededRandom(`${options.seed ?? 1}/${profile.symbol}`),
      startUs,
      eventsPerSecond: pace * profile.paceShare,
      firstSequence: options.firstSequence ?? seconds * SEQUENCES_PER_SECOND,
      firstTradeId: seconds,
    });
    markets.set(profile.symbol, market);
  }
  if (markets.size === 0) throw new InvalidArgumentError('symbols: at least one is needed');
  return markets;
}

/** Every market under the name that it would have at Coinbase; of two with the same the first. */
function openProducts(
  options: SandboxOptions,
  markets: ReadonlyMap<string, Market>,
  clock: SandboxClock,
): Map<string, CoinbaseProduct> {
  const products = new Map<string, CoinbaseProduct>();
  const seconds = Math.floor(clock.nowUs() / 1_000_000);
  for (const market of markets.values()) {
    const product = new CoinbaseProduct(market, {
      random: seededRandom(`${options.seed ?? 1}/${market.profile.symbol}/ids`),
      sequence: seconds * SEQUENCES_PER_SECOND,
    });
    if (!products.has(product.id)) products.set(product.id, product);
  }
  return products;
}

function toText(book: TrueBook): SandboxBook {
  const rows = (flat: readonly number[]): [string, string][] => {
    const pairs: [string, string][] = [];
    for (let i = 0; i + 1 < flat.length; i += 2) {
      pairs.push([
        formatScaled(flat[i] ?? 0, UNIT_EXPONENT),
        formatScaled(flat[i + 1] ?? 0, UNIT_EXPONENT),
      ]);
    }
    return pairs;
  };
  return {
    sequence: book.sequence,
    timeUs: book.timeUs,
    bids: rows(book.bids),
    asks: rows(book.asks),
  };
}
