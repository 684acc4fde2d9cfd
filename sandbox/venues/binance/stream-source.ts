/** The contract between a session and the source of its streams. */

import type { FrameFormat } from './wire.ts';

/** A session, as seen by the source. */
export interface Receiver {
  readonly format: FrameFormat;
  deliver(data: string | Buffer): void;
}

export interface StreamSource {
  /** Unknown names are accepted and stay silent, as on the real exchange. */
  subscribe(stream: string, receiver: Receiver): void;
  unsubscribe(stream: string, receiver: Receiver): void;
}
