/** A venue of a running exchange together with its connections, for transports and faults. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import type { FaultInjector, HandshakeRejection, StreamFaults } from '../faults/fault-injector.ts';
import type { FaultTarget } from '../faults/faults.ts';
import { toUnits } from '../market/units.ts';
import { Connections } from './connections.ts';
import type { ConnectionLimits, OpenSession, RestRequest, RestResponse } from './session.ts';
import type { Venue, VenueBook, VenueDefinition, VenueDeps } from './venue.ts';

export class RunningVenue implements FaultTarget {
  readonly definition: VenueDefinition;
  readonly connections: Connections;
  readonly #venue: Venue;

  /** @param limits to use instead of the venue's own. */
  constructor(definition: VenueDefinition, deps: VenueDeps, limits?: Partial<ConnectionLimits>) {
    const allLimits = { ...definition.limits, ...limits };
    this.definition = definition;
    this.connections = new Connections(deps.clock, allLimits);
    this.#venue = definition.open(deps, allLimits);
  }

  get symbols(): readonly string[] {
    return this.#venue.symbols;
  }

  get injector(): FaultInjector<unknown> {
    return this.#venue.faults;
  }

  /** Decides on a WebSocket handshake. @returns the function that opens the session, or the rejection. */
  accept(url: string, address: string): OpenSession | HandshakeRejection {
    const open = this.#venue.accept(url);
    if (!open) return 404;
    const rejection = this.injector.rejectedConnections.take();
    if (rejection) return rejection;
    return this.connections.admit(address) ? open : 429;
  }

  respond(request: RestRequest): RestResponse {
    return this.#venue.respond(request);
  }

  tick(nowUs: number): void {
    this.#venue.tick(nowUs);
  }

  lists(symbol: string): boolean {
    return this.#venue.market(symbol) !== undefined;
  }

  /** Sequence of the true book now. @throws InvalidArgumentError for an unknown symbol. */
  sequence(symbol: string): number {
    return this.#venue.sequence(symbol) ?? this.#unlisted(symbol);
  }

  /** The true book now. @throws InvalidArgumentError for an unknown symbol. */
  book(symbol: string): VenueBook {
    return this.#venue.book(symbol) ?? this.#unlisted(symbol);
  }

  /**
   * The true book after the last message at or before `sequence`; undefined if that is no longer
   * kept or not yet sent. @throws InvalidArgumentError for an unknown symbol.
   */
  bookAtSequence(symbol: string, sequence: number): VenueBook | undefined {
    if (!this.lists(symbol)) this.#unlisted(symbol);
    return this.#venue.bookAtSequence(symbol, sequence);
  }

  streams(symbol: string, action?: string): readonly StreamFaults<unknown>[] {
    if (!this.lists(symbol)) this.#unlisted(symbol);
    const all = this.#venue.updateStreams(symbol);
    const names =
      action === undefined ? whole(all) : all.filter((name) => name.endsWith(`/${action}`));
    if (names.length > 0) return names.map((name) => this.injector.stream(name));
    throw new InvalidArgumentError(`type: ${this.definition.name} has no stream of ${action}`);
  }

  forgetReceivers(symbol: string): void {
    if (!this.lists(symbol)) this.#unlisted(symbol);
    this.#venue.forgetReceivers(symbol);
  }

  changeTickSize(symbol: string, tickSize: string): void {
    const market = this.#venue.market(symbol) ?? this.#unlisted(symbol);
    market.changeGrid({ tickSize: toUnits(tickSize, 'tickSize') });
  }

  skew(symbol: string, bps: number, durationMs: number): void {
    const market = this.#venue.market(symbol) ?? this.#unlisted(symbol);
    if (!market.isMirror) {
      const { name } = this.definition;
      throw new InvalidArgumentError(
        `exchange: ${name} trades the same markets as the other venues (start the sandbox with --mirror ${name})`,
      );
    }
    market.skew(bps, durationMs * 1000);
  }

  endSkews(): void {
    for (const symbol of this.symbols) {
      const market = this.#venue.market(symbol);
      if (market?.isMirror === true) market.skew(0, 0);
    }
  }

  holdAuction(symbol: string, durationMs: number): void {
    if (!this.lists(symbol)) this.#unlisted(symbol);
    if (!this.#venue.holdAuction) this.#unsupported('auction');
    this.#venue.holdAuction(symbol, durationMs);
  }

  maintain(durationMs: number): void {
    if (!this.#venue.maintain) this.#unsupported('maintenance');
    this.#venue.maintain(durationMs);
  }

  crossBook(symbol: string): void {
    if (!this.lists(symbol)) this.#unlisted(symbol);
    if (!this.#venue.crossBook) this.#unsupported('cross-book');
    this.#venue.crossBook(symbol);
  }

  restartNumbering(symbol: string): void {
    if (!this.lists(symbol)) this.#unlisted(symbol);
    if (!this.#venue.restartNumbering) this.#unsupported('restart-numbering');
    this.#venue.restartNumbering(symbol);
  }

  resendImages(symbol: string): void {
    if (!this.lists(symbol)) this.#unlisted(symbol);
    if (!this.#venue.resendImages) this.#unsupported('resend-images');
    this.#venue.resendImages(symbol);
  }

  #unsupported(type: string): never {
    throw new InvalidArgumentError(`type: ${this.definition.name} does not support ${type}`);
  }

  #unlisted(symbol: string): never {
    throw unlisted(symbol, this.symbols);
  }
}

export function unlisted(symbol: string, listed: readonly string[]): InvalidArgumentError {
  const shown = JSON.stringify(symbol.slice(0, 40));
  return new InvalidArgumentError(
    `symbol: ${shown} is not listed (available: ${listed.join(', ')})`,
  );
}

/** The streams of all changes, where there are such beside those of one kind. */
function whole(names: readonly string[]): readonly string[] {
  const plain = names.filter((name) => !name.includes('/'));
  return plain.length > 0 ? plain : names;
}
