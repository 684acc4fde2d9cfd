/**
 * The port to the network: sockets and requests, nothing of what they carry. The real one is
 * `service/network.ts`; a simulation brings its own.
 */

export interface Transport {
  /** Opens a WebSocket. Failing to connect is reported by `onClose`, never thrown. */
  connect(url: string, handlers: SocketHandlers): Socket;
  /**
   * One GET request. Any HTTP status is an answer.
   * @throws FeedClosedError when no whole answer came within the limits.
   */
  get(url: string, options: GetOptions): Promise<HttpResponse>;
}

export interface SocketHandlers {
  onOpen(): void;
  /** One whole message. `receiveTimeUs` was taken before anything else touched it. */
  onMessage(data: Buffer, receiveTimeUs: number): void;
  /**
   * A ping or pong of the peer: it lives. `isPing`: it has been answered by a pong, which the peer
   * counts as a message of ours.
   */
  onAlive(receiveTimeUs: number, isPing: boolean): void;
  /**
   * Exactly once, whatever ended it; nothing is called afterwards. The reason is one line.
   * `isTooLarge`: a message above the transport's size limit ended it.
   */
  onClose(reason: string, isTooLarge?: boolean): void;
}

export interface Socket {
  send(text: string): void;
  ping(): void;
  /** Says goodbye, and gives up waiting for the answer after a short limit. */
  close(): void;
  /** Drops the connection at once. */
  terminate(): void;
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
