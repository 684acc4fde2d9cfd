/**
 * Writes the parts of a stream one at a time: the next part is made only when the previous one has left
 * for the network, so a slow client costs the memory of one part. A client that takes nothing for too
 * long loses its stream.
 */

import type { ServerWritableStream } from '@grpc/grpc-js';
import { ConflictError, LimitExceededError } from '../errors.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** The client has left: there is nobody to report an error to. */
export class CallCancelledError extends ConflictError {}

export interface PartWriter<Part> {
  /**
   * Resolves when the part is on its way.
   * @throws CallCancelledError when the client has left, LimitExceededError when it reads too slowly.
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
    readonly partTimeoutMs: number;
  },
): PartWriter<Part> {
  const { signal, clock, partTimeoutMs } = options;

  function write(part: Part): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new CallCancelledError('The call was cancelled'));
        return;
      }
      let timeout: Timer | undefined;
      const settle = (run: () => void): void => {
        timeout?.cancel();
        signal.removeEventListener('abort', onAbort);
        run();
      };
      // grpc-js never calls back for a part whose client has left, so the signal has to.
      const onAbort = (): void =>
        settle(() => reject(new CallCancelledError('The call was cancelled')));
      signal.addEventListener('abort', onAbort, { once: true });
      timeout = clock.schedule(partTimeoutMs, () =>
        settle(() =>
          reject(
            new LimitExceededError(
              `The client read nothing for ${partTimeoutMs / 1000} s; try again and read faster`,
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
