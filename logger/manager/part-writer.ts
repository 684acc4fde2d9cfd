/**
 * Writes the parts of a streamed answer one at a time: the next part is made only when the one
 * before it has left for the network, so that a slow reader costs the memory of one part. A reader
 * that takes nothing for too long loses its stream.
 */

import type { ServerWritableStream } from '@grpc/grpc-js';
import { ConflictError, LimitExceededError } from '../errors.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** The client is gone; nobody is left to be told anything. */
export class CallCancelledError extends ConflictError {}

export interface PartWriter<Part> {
  /**
   * Resolves when the part is on its way.
   * @throws CallCancelledError when the client left, LimitExceededError when it reads too slowly.
   */
  write(part: Part): Promise<void>;
  /** Aborts when the client leaves or its deadline passes. */
  readonly signal: AbortSignal;
}

export function partWriter<Request, Part>(
  call: ServerWritableStream<Request, Part>,
  options: {
    readonly signal: AbortSignal;
    readonly clock: Clock;
    readonly readerPatienceMs: number;
  },
): PartWriter<Part> {
  const { signal, clock, readerPatienceMs } = options;

  function write(part: Part): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new CallCancelledError('The call was cancelled'));
        return;
      }
      let patience: Timer | undefined;
      const settle = (run: () => void): void => {
        patience?.cancel();
        signal.removeEventListener('abort', onAbort);
        run();
      };
      // grpc-js never calls back for a part whose client has left: the signal has to.
      const onAbort = (): void =>
        settle(() => reject(new CallCancelledError('The call was cancelled')));
      signal.addEventListener('abort', onAbort, { once: true });
      patience = clock.schedule(readerPatienceMs, () =>
        settle(() =>
          reject(
            new LimitExceededError(
              `Nothing of this answer was read for ${readerPatienceMs / 1000} s; ask again and read faster`,
            ),
          ),
        ),
      );
      call.write(part, (error: Error | null | undefined) =>
        settle(() => {
          if (error) reject(error);
          else resolve();
        }),
      );
    });
  }

  return { write, signal };
}
