/** The sandbox: a simulated exchange that serves each of its venues on a loopback port. */

import type { Clock, Timer } from '../logger/runtime/clock.ts';
import { every } from '../logger/runtime/timing.ts';
import type { Fault } from './faults/faults.ts';
import { controlPort } from './server/control-port.ts';
import { ExchangeServer } from './server/exchange-server.ts';
import { systemClock } from './server/system-clock.ts';
import { SimulatedExchange } from './simulated-exchange.ts';
import type { ExchangeOptions, ExchangeStats } from './simulated-exchange.ts';
import type { RunningVenue } from './venues/running-venue.ts';
import type { VenueBook } from './venues/venue.ts';
import type { VenueName } from './venues/venues.ts';

/** How often the exchange is advanced: events are published at most this much late. */
const TICK_MS = 10;

export interface SandboxOptions extends Omit<ExchangeOptions, 'clock'> {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  readonly host?: string;
  /** WebSocket and REST port of each venue. 0, the default: any free port. */
  readonly ports?: Partial<Readonly<Record<VenueName, number>>>;
  /** A separate REST port. Default: WebSocket and REST share one. */
  readonly restPorts?: Partial<Readonly<Record<VenueName, number>>>;
  /** Injected from the start. */
  readonly faults?: readonly Fault[];
}

/** A venue's addresses and symbols. */
export interface ServedVenue {
  readonly title: string;
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly symbols: readonly string[];
}

export interface Sandbox {
  readonly venues: Readonly<Record<VenueName, ServedVenue>>;
  /** Settings that point a logger at the sandbox. */
  readonly loggerSettings: Readonly<Record<string, string>>;
  /** @throws InvalidArgumentError */
  inject(fault: Fault): void;
  /** Sequence of the true book now, for `book`'s argument. @throws InvalidArgumentError */
  sequence(security: string): number;
  /**
   * The true book now.
   * @param security `binance:BTCUSDT`, or a symbol alone for the first venue that lists it.
   * @throws InvalidArgumentError
   */
  book(security: string): VenueBook;
  /**
   * The true book after the last message at or before `sequence`; undefined if that is no longer
   * kept or not yet sent. @throws InvalidArgumentError
   */
  bookAtSequence(security: string, sequence: number): VenueBook | undefined;
  stats(): ExchangeStats;
  close(): Promise<void>;
}

/**
 * @throws InvalidArgumentError for bad options; the system's error, such as `EADDRINUSE`, for a port.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = options.clock ?? systemClock();
  const exchange = new SimulatedExchange({ ...options, clock });
  for (const fault of options.faults ?? []) exchange.inject(fault);
  const servers = new Map<RunningVenue, ExchangeServer>();
  for (const venue of exchange.venues)
    servers.set(venue, serverOf(venue, exchange, clock, options));
  const close = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.close()));
  };
  try {
    for (const server of servers.values()) await server.listen();
  } catch (error) {
    await close();
    throw error;
  }
  const timer = startTicking(exchange, clock);
  return {
    venues: servedVenues(servers),
    loggerSettings: loggerSettings(servers),
    inject: (fault) => exchange.inject(fault),
    sequence: (security) => exchange.sequence(security),
    book: (security) => exchange.book(security),
    bookAtSequence: (security, sequence) => exchange.bookAtSequence(security, sequence),
    stats: () => exchange.stats(),
    close: async () => {
      timer.cancel();
      await close();
    },
  };
}

function serverOf(
  venue: RunningVenue,
  exchange: SimulatedExchange,
  clock: Clock,
  { host = '127.0.0.1', ports, restPorts }: SandboxOptions,
): ExchangeServer {
  const name = venue.definition.name as VenueName;
  return new ExchangeServer({
    host,
    port: ports?.[name] ?? 0,
    restPort: restPorts?.[name],
    clock,
    connections: venue.connections,
    accept: (url, address) => venue.accept(url, address),
    respond: (request) => exchange.respond(venue, request),
    control: (method, url, body) => controlPort(exchange, venue, method, url, body),
  });
}

function startTicking(exchange: SimulatedExchange, clock: Clock): Timer {
  const tick = (): void => exchange.tick();
  tick();
  return every(clock, TICK_MS, tick, (error) => {
    throw error;
  });
}

function servedVenues(
  servers: ReadonlyMap<RunningVenue, ExchangeServer>,
): Record<VenueName, ServedVenue> {
  const entries = [...servers].map(([{ definition, symbols }, { wsUrl, restUrl }]) => [
    definition.name,
    { title: definition.title, wsUrl, restUrl, symbols },
  ]);
  return Object.fromEntries(entries) as Record<VenueName, ServedVenue>;
}

function loggerSettings(
  servers: ReadonlyMap<RunningVenue, ExchangeServer>,
): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const [{ definition }, { wsUrl, restUrl }] of servers) {
    const prefix = definition.name.toUpperCase();
    settings[`${prefix}_WS_URL`] = wsUrl;
    settings[`${prefix}_REST_URL`] = restUrl;
    Object.assign(settings, definition.credentials);
  }
  return settings;
}
