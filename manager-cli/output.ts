/** A command's output: results to stdout, everything else to stderr, one line per error. */

import { once } from 'node:events';
import { describeError } from '../logger/errors.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { Io, OutputStream } from './io.ts';

/** The reader of stdout has closed it (`| head`): nothing is left to do, and nothing went wrong. */
export class BrokenPipeError extends Error {}

export class Output {
  readonly isJson: boolean;
  /** Stdout is a terminal. */
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
      // Anything but a closed pipe (a full disk) loses output.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') this.#failure ??= error;
      this.#broken.abort();
    };
    this.#stdout.on('error', this.#onError);
    this.#stderr.on('error', ignoreClosedStderr);
  }

  /** Aborts when stdout can't be written any more. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Some terminals report a size of 0. */
  get columns(): number {
    return this.#stdout.columns || 100;
  }

  /** Width limit of a table. In a pipe nothing wraps, so nothing is left out. */
  get tableWidth(): number {
    return this.isTerminal ? this.columns : Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#stdout.rows || 40;
  }

  /** Resolves when there is room for more. @throws BrokenPipeError, CliError when writing fails. */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.#assertWritable();
    if (this.#stdout.write(chunk)) return;
    try {
      await once(this.#stdout, 'drain', { signal: this.#broken.signal });
    } catch (error) {
      // No drain: the stream has ended.
      this.#assertWritable();
      throw error;
    }
  }

  /** Resolves when everything has been handed to the system. @throws as `write` */
  async flush(): Promise<void> {
    this.#assertWritable();
    await new Promise<void>((resolve) => {
      // Errors also arrive as events.
      this.#stdout.write('', () => resolve());
    });
    this.#assertWritable();
  }

  /** Why stdout can't be written any more; undefined: it can. */
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
    this.#stderr.off('error', ignoreClosedStderr);
  }
}

/** The other end is closed. */
const CLOSED = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * Resolves when everything written has been handed to the system, or can't be.
 * @returns why it can't be, unless the other end is closed.
 */
export function drained(stream: OutputStream): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const settle = (error?: NodeJS.ErrnoException | null): void => {
      resolve(error && !CLOSED.has(error.code ?? '') ? error : undefined);
    };
    // Stays: an error may arrive both ways.
    stream.on('error', settle);
    stream.write('', settle);
  });
}

/** With stderr closed there is nowhere to report to; the exit code still shows it. */
function ignoreClosedStderr(): void {}
