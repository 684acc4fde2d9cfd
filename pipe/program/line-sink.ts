/** Lines as they happen to stdout, with a limit on what waits for a slow reader. */

import type { PipeSession } from './command.ts';

/** About a hundred thousand lines. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

export class LineSink {
  readonly #session: PipeSession;
  readonly #tooSlow = new AbortController();
  /** Ends what makes the lines: Ctrl-C, a reader that is gone, or one that is too slow. */
  readonly signal: AbortSignal;

  constructor(session: PipeSession) {
    this.#session = session;
    this.signal = AbortSignal.any([session.signal, this.#tooSlow.signal]);
  }

  get isTooSlow(): boolean {
    return this.#tooSlow.signal.aborted;
  }

  put(line: string): void {
    if (this.signal.aborted) return;
    const { out, io } = this.#session;
    // What can't be written is reported when the command ends.
    out.line(line).catch(() => undefined);
    if (io.stdout.writableLength > MAX_WAITING_BYTES) this.#tooSlow.abort();
  }
}
