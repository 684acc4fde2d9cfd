/** Where a command's words go: answers to stdout, everything else to stderr, one line an error. */

import { once } from 'node:events';
import { describeError } from '../logger/errors.ts';
import { CliError, EXIT } from './exit-codes.ts';
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
  #failure: Error | undefined;
  readonly #onError: (error: Error) => void;

  constructor(io: Pick<Io, 'stdout' | 'stderr'>, options: { readonly isJson: boolean }) {
    this.#stdout = io.stdout;
    this.#stderr = io.stderr;
    this.isJson = options.isJson;
    this.isTerminal = io.stdout.isTTY === true;
    this.#onError = (error) => {
      // Anything but a reader who went away (a full disk) loses what was to be said.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') this.#failure ??= error;
      this.#broken.abort();
    };
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

  /** Resolves when there is room for more. @throws BrokenPipeError; CliError when it can't be written. */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.#assertWritable();
    if (this.#stdout.write(chunk)) return;
    try {
      await once(this.#stdout, 'drain', { signal: this.#broken.signal });
    } catch (error) {
      // Not a drain but the end of the stream.
      this.#assertWritable();
      throw error;
    }
  }

  /** Resolves when all is with the system. @throws as `write` */
  async flush(): Promise<void> {
    this.#assertWritable();
    await new Promise<void>((resolve) => {
      // An error comes by its own way as well.
      this.#stdout.write('', () => resolve());
    });
    this.#assertWritable();
  }

  /** Why nothing can be written any more; undefined: it can. */
  ended(): CliError | BrokenPipeError | undefined {
    if (this.#failure) {
      const reason = describeError(this.#failure);
      return new CliError(EXIT.failed, `stdout can't be written: ${reason}`);
    }
    return this.#broken.signal.aborted ? new BrokenPipeError() : undefined;
  }

  #assertWritable(): void {
    const end = this.ended();
    if (end) throw end;
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

/** Somebody closed it, or it ended when they did. */
const NOBODY_READS = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * Resolves when all that was written is with the system, or can't get there any more.
 * @returns why it can't, unless it is that nobody reads it.
 */
export function drained(stream: OutputStream): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const settle = (error?: NodeJS.ErrnoException | null): void => {
      resolve(error && !NOBODY_READS.has(error.code ?? '') ? error : undefined);
    };
    // Stays: an error may come by both ways.
    stream.on('error', settle);
    stream.write('', settle);
  });
}

/** A stderr that is closed leaves nowhere to complain; the exit code still tells. */
function ignoreDeafStderr(): void {}
