/** What a protocol and the server around it know of each other. */

import type { IncomingHttpHeaders } from 'node:http';

/** What a session does to its connection. */
export interface Peer {
  send(data: string | Buffer): void;
  ping(payload: string): void;
  pong(payload: Buffer): void;
  close(code: number, reason: string): void;
  /** Cuts the connection without a word. */
  terminate(): void;
  /** Stops reading; the connection stays open. */
  freeze(): void;
  bufferedBytes(): number;
}

/** One client's connection, as its protocol keeps it. */
export interface Session {
  /** What it is subscribed to, by name. */
  readonly streams: readonly string[];
  readonly isFrozen: boolean;
  /** @param message undefined for a binary one. */
  onMessage(message: string | undefined): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** To be called once, whatever ended the connection. */
  onClosed(): void;
  deliver(data: string | Buffer): void;
  /** Nothing goes in or out any more, for the peer as if the line were cut somewhere far away. */
  freeze(): void;
  /** The connection ends `lifeMs` after its start, or now if that has passed. */
  changeLife(lifeMs: number): void;
  /** Says that the server will go down, if the protocol has words for it. */
  announceShutdown(nowUs: number): void;
}

export interface ServerRequest {
  /** Path and query. */
  readonly url: string;
  /** Whose budget pays. */
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
}

export interface RestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly delayMs: number;
}
