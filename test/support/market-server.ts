/** A `Market` service that a test plays, on a real socket: instruments, and changes of books as it pushes them. */

import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { loadDefinitions } from '../../logger/messages/definitions.ts';
import { formatTimeUs } from '../../logger/market/time.ts';
import type { BookChange } from '../../proto/generated/orderbook/market/v1/BookChange.ts';
import type { BooksPart } from '../../proto/generated/orderbook/market/v1/BooksPart.ts';
import type { BooksRequest__Output } from '../../proto/generated/orderbook/market/v1/BooksRequest.ts';
import type { Instrument } from '../../proto/generated/orderbook/market/v1/Instrument.ts';
import { KEY } from '../manager/fixture.ts';
import { until } from './until.ts';

type BooksCall = ServerWritableStream<BooksRequest__Output, BooksPart>;
type Change = Omit<BookChange, 'security'>;

export class MarketServer {
  readonly port: number;
  readonly #server: Server;
  readonly #calls: Set<BooksCall>;

  private constructor(server: Server, port: number, calls: Set<BooksCall>) {
    this.#server = server;
    this.port = port;
    this.#calls = calls;
  }

  static async start(
    instruments: readonly Instrument[],
    port = 0,
    key = KEY,
  ): Promise<MarketServer> {
    const server = new Server();
    const calls = new Set<BooksCall>();
    const rejected = { code: status.UNAUTHENTICATED, details: 'wrong key' };
    const isKnown = (metadata: BooksCall['metadata']): boolean =>
      metadata.get('authorization')[0] === `Bearer ${key}`;
    server.addService(loadDefinitions().market, {
      Instruments: (call: any, done: any) =>
        isKnown(call.metadata) ? done(null, { instruments }) : done(rejected),
      Books: (call: BooksCall) => {
        if (!isKnown(call.metadata)) {
          call.emit('error', rejected);
          return;
        }
        calls.add(call);
        call.on('cancelled', () => calls.delete(call));
        call.write({});
      },
    });
    // It has recorded nothing.
    const past = { Coverage: (call: any, done: any) => done(null, { ...call.request }) };
    server.addService({ Coverage: loadDefinitions().manager.Coverage }, past);
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, given) =>
        error ? reject(error) : resolve(given),
      );
    });
    return new MarketServer(server, bound, calls);
  }

  /** The request of the one who listens, once there is one. */
  async asked(): Promise<BooksRequest__Output> {
    return (await this.#listener()).request;
  }

  async send(security: string, change: Change): Promise<void> {
    const call = await this.#listener();
    const at = call.request.securities.indexOf(security);
    call.write({ changes: [{ security: at, ...change }] });
  }

  async #listener(): Promise<BooksCall> {
    return until('someone to ask for books', () => [...this.#calls].at(-1));
  }

  /** Cuts all connections. */
  close(): void {
    this.#server.forceShutdown();
  }
}

export function instrument(security: string, base: string, quote: string): Instrument {
  return { security, base, quote, tickSize: '0.01', lotSize: '0.001' };
}

export function position(
  receiveTimeUs: number,
  sequence = 1,
  epoch = 1,
): NonNullable<NonNullable<BookChange['image']>['position']> {
  const exchangeTime = formatTimeUs(receiveTimeUs - 5000);
  const receiveTime = formatTimeUs(receiveTimeUs);
  return { epoch, sequence: String(sequence), isSequenced: true, exchangeTime, receiveTime };
}

/** An image at two decimals of prices and three of sizes. */
export function image(
  receiveTimeUs: number,
  bids: readonly string[],
  asks: readonly string[],
): Change {
  return {
    image: {
      position: position(receiveTimeUs),
      priceExponent: 2,
      sizeExponent: 3,
      bids: [...bids],
      asks: [...asks],
    },
  };
}
