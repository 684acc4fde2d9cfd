/** What one client, and all of them, may take. */

export interface ServerLimits {
  /** Larger messages are rejected. */
  readonly maxMessageBytes: number;
  /** Messages a second from one connection; as many may come at once. */
  readonly messagesPerSecond: number;
  readonly maxConnections: number;
  /** Messages of one connection that wait for a login. */
  readonly maxWaitingMessages: number;
  /** Passwords that are checked at a time, each of which takes a processor for some 50 ms. */
  readonly maxLogins: number;
  /** What a client has not read; beyond it the client is disconnected. */
  readonly maxUnreadBytes: number;
  /** A client that does not answer a ping within this time is gone. */
  readonly pingMs: number;
}

export const SERVER_LIMITS: ServerLimits = Object.freeze({
  maxMessageBytes: 16 * 1024,
  messagesPerSecond: 20_000,
  maxConnections: 200,
  maxWaitingMessages: 1000,
  maxLogins: 4,
  maxUnreadBytes: 32 * 1024 * 1024,
  pingMs: 30_000,
});

/** A WebSocket message beyond this ends the connection: nobody reads it to reject it. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;
