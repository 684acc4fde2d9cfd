/** The contract between a venue's sessions and the transport that carries their messages. */

/** The client's end of a connection: a WebSocket, or an in-process transport in a simulation. */
export interface Peer {
  send(data: string | Buffer): void;
  ping(payload: string): void;
  pong(payload: Buffer): void;
  close(code: number, reason: string): void;
  /** Cuts the connection without a close handshake. */
  terminate(): void;
  /** Stops reading; the connection stays open. */
  pause(): void;
  /** Bytes sent that the client has not read yet. */
  bufferedBytes(): number;
}

/** The venue's side of one client connection. */
export interface Session {
  /** Names of the subscribed streams. */
  readonly streams: readonly string[];
  readonly isFrozen: boolean;
  /** @param message undefined for a binary message. */
  onMessage(message: string | undefined): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** To be called once, however the connection ended. */
  onClosed(): void;
  deliver(data: string | Buffer): void;
  /** Nothing is sent or read any more, as if the network had failed far away. */
  freeze(): void;
  /** The connection ends `lifeMs` after it was opened, or now if that has passed. */
  changeLife(lifeMs: number): void;
  /** Announces that the server will shut down, if the protocol has a message for it. */
  announceShutdown(nowUs: number): void;
}

/** Creates the session once the handshake is done. */
export type OpenSession = (peer: Peer, lifeMs: number) => Session;

export interface ConnectionLimits {
  readonly connectionLifeMs: number;
  /** New connections per address in five minutes; more are rejected. */
  readonly connectionsPerFiveMinutes: number;
  /** Bytes waiting for one client; a slower one is disconnected. */
  readonly maxBufferedBytes: number;
}

export interface RestRequest {
  /** Path and query. */
  readonly url: string;
  /** The client's address; request budgets are kept per address. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface RestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long the transport waits before it sends the response. */
  readonly delayMs: number;
}
