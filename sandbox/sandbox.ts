/**
 * The sandbox exchange, put together: markets that live on a clock, and Binance's protocol in front
 * of them. Other protocols can be put beside it; they would listen to the same markets.
 */

import { InvalidArgumentError } from '../logger/errors.ts';
import { formatScaled } from '../logger/market/decimal.ts';
import { BinanceFeed, diffStreams } from './binance-feed.ts';
import { BinanceRest } from './binance-rest.ts';
import { BinanceServer } from './binance-server.ts';
import { BINANCE_LIMITS } from './binance-session.ts';
import type { BinanceLimits } from './binance-session.ts';
import { systemClock } from './clock.ts';
import type { SandboxClock, SandboxTimer } from './clock.ts';
import { controlPort } from './control-port.ts';
import type { TrueBook } from './history.ts';
import { Market } from './market.ts';
import type { MarketDiff } from './market.ts';
import { UNIT_EXPONENT } from './matching-engine.ts';
import { Misbehaviour } from './misbehaviour.ts';
import type { Switch } from './misbehaviour.ts';
import { seededRandom } from './prng.ts';
import { DEFAULT_SYMBOLS, profileOf, toUnits } from './symbols.ts';
import type { SymbolProfile } from './symbols.ts';

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
  readonly clock?: SandboxClock;
  /** Actions of the traders of a busy symbol in one second; a quiet one takes its share. */
  readonly pace?: number;
  readonly limits?: Partial<BinanceLimits>;
  /** Set from the start. */
  readonly misbehaviour?: readonly Switch[];
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
  const misbehaviour = new Misbehaviour<MarketDiff>(() => clock.monotonicMs());
  const limits = { ...BINANCE_LIMITS, ...options.limits };
  const advance = (): void => {
    const nowUs = clock.nowUs();
    for (const market of markets.values()) market.advanceTo(nowUs);
  };
  const rest = new BinanceRest(markets, {
    misbehaviour,
    nowUs: () => clock.nowUs(),
    weightPerMinute: limits.weightPerMinute,
  });
  const server = new BinanceServer({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    restPort: options.restPort,
    clock,
    limits,
    source: new BinanceFeed(markets.values(), misbehaviour),
    rest: (request) => {
      advance();
      return rest.answer(request);
    },
    control: (method, url, body) => controlPort(sandbox, method, url, body),
    refusesConnection: () => misbehaviour.refusesConnection(),
  });
  const sandbox = new RunningSandbox({ markets, misbehaviour, server });
  for (const change of options.misbehaviour ?? []) sandbox.misbehave(change);
  await server.listen();
  sandbox.run(clock, advance);
  return sandbox;
}

interface Parts {
  readonly markets: ReadonlyMap<string, Market>;
  readonly misbehaviour: Misbehaviour<MarketDiff>;
  readonly server: BinanceServer;
}

class RunningSandbox implements Sandbox {
  readonly #parts: Parts;
  #timer: SandboxTimer | null = null;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get wsUrl(): string {
    return this.#parts.server.wsUrl;
  }

  get restUrl(): string {
    return this.#parts.server.restUrl;
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

  misbehave(change: Switch): void {
    const { misbehaviour, server } = this.#parts;
    if ('symbol' in change && change.symbol !== undefined) this.#market(change.symbol);
    if (misbehaviour.set(change, diffStreams)) return;
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
        return this.#market(change.symbol).changeGrid({ tickSize });
      }
      case 'recover':
        return server.cutFrozen();
      default:
        throw new InvalidArgumentError(`type: ${change.type} is not served`);
    }
  }

  stats(): SandboxStats {
    const { server } = this.#parts;
    return {
      connections: server.connections,
      requests: server.requests,
      streams: server.streams(),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#parts.server.close();
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
