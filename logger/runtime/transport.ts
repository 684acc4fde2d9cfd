/**
 * The network as a port: sockets and requests, whatever they carry. The real one is
 * `service/network.ts`; a simulation hands in its own.
 */

export interface Transport {
  /** Opens a WebSocket. Failing to connect is reported by `onClose`, never thrown. */
  connect(url: string, handlers: SocketHandlers): Socket;
  /**
   * One GET request. Any HTTP status is a response.
   * @throws FeedClosedError if no complete response came within the limits.
   */
  get(url: string, options: GetOptions): Promise<HttpResponse>;
}

export interface SocketHandlers {
  onOpen(): void;
  /** One whole message. `receiveTimeUs` was taken before anything else touched it. */
  onMessage(data: Buffer, receiveTimeUs: number): void;
  /**
   * A ping or pong of the peer. `isPing`: it was answered by a pong, which counts against the peer's
   * limit of messages.
   */
  onAlive(receiveTimeUs: number, isPing: boolean): void;
  /**
   * Called exactly once, for whatever reason, and last. The reason is one line. `isTooLarge`: a message
   * above the transport's size limit closed it. `rejection`: the peer answered the upgrade with a status.
   */
  onClose(reason: string, isTooLarge?: boolean, rejection?: UpgradeRejection): void;
}

export interface UpgradeRejection {
  readonly status: number;
  /** The header of that name. */
  readonly retryAfter: string | undefined;
}

export interface Socket {
  send(text: string): void;
  ping(): void;
  /** Starts the closing handshake; drops the connection if it takes too long. */
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
