/** Where a command's words go: answers to stdout, everything else to stderr, one line an error. */

import { once } from 'node:events';
import type { Io, OutputStream } from './io.ts';

/** Who read our stdout has closed it (`| head`): nothing is left to do, and nothing went wrong. */
export class BrokenPipeError extends Error {}

export class Output {
  readonly isJson: boolean;
  /** A person sits in front of stdout. */
  readonly isTerminal: boolean;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #broken = new AbortController();
  readonly #onError: (error: Error) => void;

  constructor(io: Pick<Io, 'stdout' | 'stderr'>, options: { readonly isJson: boolean }) {
    this.#stdout = io.stdout;
    this.#stderr = io.stderr;
    this.isJson = options.isJson;
    this.isTerminal = io.stdout.isTTY === true;
    this.#onError = () => this.#broken.abort();
    this.#stdout.on('error', this.#onError);
    this.#stderr.on('error', ignoreDeafStderr);
  }

  /** Aborts when nobody reads stdout any more. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** A terminal that does not know its size says 0. */
  get columns(): number {
    return this.#stdout.columns || 100;
  }

  /** How long a line of a table may be. In a pipe nothing wraps, and nothing is left out. */
  get tableWidth(): number {
    return this.isTerminal ? this.columns : Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#stdout.rows || 40;
  }

  /** Resolves when there is room for more. @throws BrokenPipeError */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (this.#broken.signal.aborted) throw new BrokenPipeError();
    if (this.#stdout.write(chunk)) return;
    try {
      await once(this.#stdout, 'drain', { signal: this.#broken.signal });
    } catch (error) {
      // Not a drain but the end of the pipe; any other error of a stream ends it as well.
      throw new BrokenPipeError(undefined, { cause: error });
    }
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** One JSON value on one line. */
  async json(value: unknown): Promise<void> {
    await this.write(`${JSON.stringify(value)}\n`);
  }

  /** To stderr. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  close(): void {
    this.#stdout.off('error', this.#onError);
    this.#stderr.off('error', ignoreDeafStderr);
  }
}

/** A stderr that is closed leaves nowhere to complain; the exit code still tells. */
function ignoreDeafStderr(): void {}
