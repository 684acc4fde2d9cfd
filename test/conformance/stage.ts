/** One exchange on a manual clock and a scripted network, with the other side played by its case. */

import type { Exchange, FeedHandle } from '../../logger/exchange/exchange.ts';
import type { Scale } from '../../logger/market/decimal.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingListener } from '../support/recording-listener.ts';
import { ScriptedTransport } from '../support/scripted-transport.ts';
import type { ScriptedSocket } from '../support/scripted-transport.ts';
import { silentLog } from '../support/silent-log.ts';
import type { ConformanceCase, VenueConnection } from './conformance-case.ts';

export const STALE_AFTER_MS = 15_000;

/** A connection, seen from the exchange. */
export class PlayedConnection {
  readonly socket: ScriptedSocket;
  readonly venue: VenueConnection;
  #answered = 0;
  #isOpen = false;

  constructor(socket: ScriptedSocket, venue: VenueConnection) {
    this.socket = socket;
    this.venue = venue;
  }

  /** Opens it where it is not, and answers what was asked since. @param unknown a symbol to reject. */
  answer(unknown?: string): void {
    if (this.socket.isClosed) return;
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.socket.open();
      this.send(this.venue.greeting ?? null);
    }
    while (this.#answered < this.socket.sent.length) {
      const request = this.socket.sent[this.#answered++] ?? '';
      const isRejected = unknown !== undefined && this.venue.symbolsOf(request).includes(unknown);
      this.send(...(isRejected ? this.venue.reject(request) : this.venue.grant(request)));
    }
  }

  send(...frames: readonly (string | null)[]): void {
    for (const frame of frames) if (frame !== null) this.socket.message(frame);
  }

  /** The symbols that have been asked for on it. */
  get requested(): readonly string[] {
    return this.socket.sent.flatMap((request) => this.venue.symbolsOf(request));
  }
}

export interface OpenedSymbol {
  readonly listener: RecordingListener;
  readonly handle: FeedHandle;
}

export class Stage {
  readonly case: ConformanceCase;
  readonly clock = new ManualClock();
  readonly transport = new ScriptedTransport(this.clock);
  readonly exchange: Exchange;
  readonly #connections = new Map<ScriptedSocket, PlayedConnection>();

  constructor(conformanceCase: ConformanceCase) {
    this.case = conformanceCase;
    const { clock, transport } = this;
    const deps = { clock, transport, random: { next: () => 0.5 }, log: silentLog };
    this.exchange = conformanceCase.create(deps, STALE_AFTER_MS);
  }

  open(symbol: string, scale: Scale = this.case.scale): OpenedSymbol {
    const listener = new RecordingListener();
    const instrument = { symbol, scale, tickSize: null, lotSize: null };
    return { listener, handle: this.exchange.open(instrument, listener) };
  }

  /** Opens and answers connections until nothing is asked any more. */
  settle(unknown?: string): void {
    for (let quietRounds = 0; quietRounds < 3; quietRounds++) {
      this.clock.advance(1000);
      for (const connection of this.connections) {
        const before = connection.socket.sent.length;
        connection.answer(unknown);
        if (!connection.socket.isClosed) connection.socket.alive();
        if (connection.socket.sent.length !== before) quietRounds = 0;
      }
    }
  }

  /** Opens the newest connection, which comes up at once, and answers it. */
  connect(): PlayedConnection {
    this.clock.advance(0);
    const { latest } = this;
    latest.answer();
    for (let sent = -1; sent !== latest.socket.sent.length;) {
      sent = latest.socket.sent.length;
      latest.answer();
    }
    return latest;
  }

  get connections(): readonly PlayedConnection[] {
    return this.transport.sockets.map((socket) => {
      const known = this.#connections.get(socket);
      if (known) return known;
      const connection = new PlayedConnection(socket, this.case.connection());
      this.#connections.set(socket, connection);
      return connection;
    });
  }

  get latest(): PlayedConnection {
    const latest = this.connections.at(-1);
    if (!latest) throw new Error('Nothing was connected');
    return latest;
  }

  /** One symbol, up, with its image and the first `updates` updates. */
  streaming(updates: number): OpenedSymbol & { readonly connection: PlayedConnection } {
    const symbol = this.case.symbols.first;
    const opened = this.open(symbol);
    const connection = this.connect();
    connection.send(connection.venue.image(symbol, 0));
    for (let n = 1; n <= updates; n++) connection.send(connection.venue.update(symbol, n));
    return { ...opened, connection };
  }

  /** REST answers with the book after the n-th update. */
  answerBook(n: number): void {
    const { book, symbols } = this.case;
    if (!book) return;
    const body = JSON.stringify(book(symbols.first, n));
    this.transport.answer = async () => ({ status: 200, headers: {}, body });
  }
}
