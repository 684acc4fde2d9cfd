/**
 * A network without sockets: carries a core's connections and requests to a simulated exchange in the
 * same process, each message after a delay on the one clock. `ws://binance` and `http://binance` lead to
 * the venue of that name.
 */

import { FeedClosedError } from '../../logger/errors.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import type {
  GetOptions,
  HttpResponse,
  Socket,
  SocketHandlers,
  Transport,
  UpgradeRejection,
} from '../../logger/runtime/transport.ts';
import type { SimulatedExchange } from '../../sandbox/simulated-exchange.ts';
import type { RunningVenue } from '../../sandbox/venues/running-venue.ts';
import type { Peer, RestResponse, Session } from '../../sandbox/venues/session.ts';

/** One way. */
const DELAY_MS = 2;

/** @param address the client's: venues have limits per address. */
export function inProcessNetwork(
  exchange: SimulatedExchange,
  clock: Clock,
  address: string,
): Transport {
  const venueOf = (url: string): { readonly venue: RunningVenue; readonly path: string } => {
    const { hostname, pathname, search } = new URL(url);
    return { venue: exchange.venue(hostname), path: `${pathname}${search}` };
  };
  return {
    connect: (url, handlers) => {
      const { venue, path } = venueOf(url);
      return new Connection({ venue, path, address, clock }, handlers).client;
    },
    get: (url, options) => {
      const { venue, path } = venueOf(url);
      const headers = options.headers ?? {};
      return request(clock, options, () =>
        exchange.respond(venue, { url: path, address, headers }),
      );
    },
  };
}

interface Destination {
  readonly venue: RunningVenue;
  readonly path: string;
  readonly address: string;
  readonly clock: Clock;
}

/** One WebSocket: the client's end, the venue's end, and what is on its way between them. */
class Connection {
  readonly client: Socket;
  readonly #to: Destination;
  readonly #handlers: SocketHandlers;
  #session: Session | null = null;
  #bytesInFlight = 0;
  #isClosed = false;
  #isPaused = false;

  constructor(to: Destination, handlers: SocketHandlers) {
    this.#to = to;
    this.#handlers = handlers;
    this.client = {
      send: (text) => this.#toVenue((session) => session.onMessage(text)),
      ping: () => this.#toVenue((session) => session.onPing(Buffer.alloc(0))),
      close: () => this.#later(() => this.#end('closed with code 1000')),
      terminate: () => this.#later(() => this.#end('terminated')),
    };
    this.#later(() => this.#open());
  }

  #open(): void {
    const { venue, path, address } = this.#to;
    const accepted = venue.accept(path, address);
    if (typeof accepted !== 'function') {
      const isStatus = typeof accepted === 'number';
      const status = isStatus ? accepted : accepted.status;
      const retryAfter = isStatus ? undefined : String(accepted.retryAfterSeconds);
      this.#end(`Unexpected server response: ${status}`, { status, retryAfter });
      return;
    }
    this.#session = venue.connections.open(accepted, this.#peer());
    this.#handlers.onOpen();
  }

  #peer(): Peer {
    return {
      send: (data) => this.#send(Buffer.from(data)),
      ping: (payload) =>
        this.#toClient(() => {
          this.#handlers.onAlive(this.#to.clock.nowUs(), true);
          this.#toVenue((session) => session.onPong(Buffer.from(payload)));
        }),
      pong: () => this.#toClient(() => this.#handlers.onAlive(this.#to.clock.nowUs(), false)),
      close: (code, reason) => this.#later(() => this.#end(`closed with code ${code} (${reason})`)),
      terminate: () => this.#later(() => this.#end('closed with code 1006')),
      pause: () => (this.#isPaused = true),
      bufferedBytes: () => this.#bytesInFlight,
    };
  }

  #send(data: Buffer): void {
    this.#bytesInFlight += data.length;
    this.#toClient(() => {
      this.#bytesInFlight -= data.length;
      this.#handlers.onMessage(data, this.#to.clock.nowUs());
    });
  }

  #toClient(run: () => void): void {
    this.#later(() => {
      if (!this.#isClosed) run();
    });
  }

  #toVenue(run: (session: Session) => void): void {
    this.#later(() => {
      if (this.#session && !this.#isClosed && !this.#isPaused) run(this.#session);
    });
  }

  #end(reason: string, rejection?: UpgradeRejection): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#session) this.#to.venue.connections.onClosed(this.#session);
    this.#handlers.onClose(reason, false, rejection);
  }

  #later(run: () => void): void {
    this.#to.clock.schedule(DELAY_MS, run);
  }
}

function request(
  clock: Clock,
  { timeoutMs, signal }: GetOptions,
  respond: () => RestResponse,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const fail = (reason: string): void =>
      settle(() => reject(new FeedClosedError(`Request failed: ${reason}`, { retryable: true })));
    const onAbort = (): void => fail('it was canceled');
    const timer = clock.schedule(timeoutMs, () => fail(`no response within ${timeoutMs} ms`));
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    clock.schedule(DELAY_MS, () => {
      const { status, headers, body, delayMs } = respond();
      clock.schedule(DELAY_MS + delayMs, () => settle(() => resolve({ status, headers, body })));
    });
  });
}
