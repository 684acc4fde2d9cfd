/**
 * The gRPC side: one channel to one logger, every call with a deadline and the key, and statuses
 * turned into exit codes. A logger that can't be reached is known within five seconds, whatever
 * the deadline.
 */

import { fileURLToPath } from 'node:url';
import {
  type CallOptions,
  type Client,
  type ClientReadableStream,
  Metadata,
  type ServiceError,
  logVerbosity,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import { type MethodDefinition, type ServiceDefinition, loadSync } from '@grpc/proto-loader';
import type { NoBookResult } from '../logger/queries/results.ts';
import { type Message, noBookResult } from './answers.ts';
import { address, keyMetadata, openChannel } from './channel.ts';
import { type Endpoint, GIVE_KEY } from './endpoint.ts';
import { CliError, EXIT, type ExitCode } from './exit-codes.ts';

const PROTO_PATH = fileURLToPath(new URL('../proto/manager.proto', import.meta.url));
const PACKAGE = 'orderbook.manager.v1';

/** How long a connection may take to come up, however long the answer may. */
const CONNECT_LIMIT_MS = 5000;

export type UnaryMethod =
  | 'Add'
  | 'Remove'
  | 'List'
  | 'Health'
  | 'Snapshot'
  | 'Reset'
  | 'Coverage'
  | 'Ping'
  | 'Uptime'
  | 'Stats'
  | 'Terminate';

/** They change nothing, so that nothing is lost when their answers are not waited for. */
const QUESTIONS: ReadonlySet<UnaryMethod> = new Set<UnaryMethod>([
  'List',
  'Health',
  'Coverage',
  'Ping',
  'Uptime',
  'Stats',
]);

export type StreamMethod = 'Book' | 'Watch' | 'Verify' | 'Export';

/** There is no book at that moment; `answer` is what `--json` prints. */
export class NoBookError extends CliError {
  readonly answer: NoBookResult;

  constructor(message: string, answer: NoBookResult) {
    super(EXIT.notRecorded, message);
    this.answer = answer;
  }
}

/** The call was ended from this side. */
export class CancelledError extends CliError {
  constructor() {
    super(EXIT.interrupted, '');
  }
}

export interface LoggerClient {
  unary(method: UnaryMethod, request: object): Promise<Message>;
  /**
   * The parts of a streamed answer. With `isEndless` no deadline ends it once it has begun.
   * Leaving the loop, or `signal`, cancels the call.
   */
  stream(
    method: StreamMethod,
    request: object,
    options: { readonly isEndless: boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<Message, void, undefined>;
  close(): void;
}

interface Loaded {
  readonly service: ServiceDefinition;
  readonly decodeNoBook: (bytes: Buffer) => Message;
}

function load(): Loaded {
  const definitions = loadSync(PROTO_PATH, {
    keepCase: false,
    longs: String,
    enums: String,
    defaults: true,
  });
  const noBook = definitions[`${PACKAGE}.NoBook`];
  if (noBook === undefined || !('deserialize' in noBook)) {
    throw new CliError(EXIT.failed, 'manager.proto is not the one of this version; install again');
  }
  return {
    service: definitions[`${PACKAGE}.Manager`] as ServiceDefinition,
    decodeNoBook: noBook.deserialize as (bytes: Buffer) => Message,
  };
}

/**
 * Connects. `signal` ends the waiting for a connection, and for answers to questions that change
 * nothing; what a change has come to is waited for.
 * @throws CliError with exit code 4 when nobody answers.
 */
export async function connect(
  endpoint: Endpoint,
  timeoutMs: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<LoggerClient> {
  // Our errors are one line; grpc-js would add lines of its own.
  setLogVerbosity(logVerbosity.NONE);
  const loaded = load();
  const client = await openChannel(endpoint, Math.min(timeoutMs, CONNECT_LIMIT_MS), signal);
  return new GrpcLoggerClient({ client, endpoint, timeoutMs, loaded, signal });
}

class GrpcLoggerClient implements LoggerClient {
  readonly #client: Client;
  readonly #endpoint: Endpoint;
  readonly #timeoutMs: number;
  readonly #loaded: Loaded;
  readonly #signal: AbortSignal;

  constructor(parts: {
    client: Client;
    endpoint: Endpoint;
    timeoutMs: number;
    loaded: Loaded;
    signal: AbortSignal;
  }) {
    this.#signal = parts.signal;
    this.#client = parts.client;
    this.#endpoint = parts.endpoint;
    this.#timeoutMs = parts.timeoutMs;
    this.#loaded = parts.loaded;
  }

  unary(method: UnaryMethod, request: object): Promise<Message> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    return new Promise((resolve, reject) => {
      const cancel = (): void => call.cancel();
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata(),
        { deadline: Date.now() + this.#timeoutMs },
        (error, response) => {
          this.#signal.removeEventListener('abort', cancel);
          if (error) reject(this.#explain(error));
          else resolve((response ?? {}) as Message);
        },
      );
      if (!QUESTIONS.has(method)) return;
      this.#signal.addEventListener('abort', cancel, { once: true });
      if (this.#signal.aborted) cancel();
    });
  }

  async *stream(
    method: StreamMethod,
    request: object,
    options: { readonly isEndless: boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<Message, void, undefined> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const callOptions: CallOptions = options.isEndless
      ? {}
      : { deadline: Date.now() + this.#timeoutMs };
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata(),
      callOptions,
    );
    const cancel = (): void => call.cancel();
    options.signal.addEventListener('abort', cancel, { once: true });
    if (options.signal.aborted) cancel();
    const silence = options.isEndless ? this.#limitSilence(call) : undefined;
    try {
      for await (const message of call) {
        silence?.stop();
        yield message as Message;
      }
    } catch (error) {
      if (silence?.hasStruck() === true) throw this.#tooLate();
      if (options.signal.aborted) throw new CancelledError();
      throw this.#explain(error as ServiceError);
    } finally {
      silence?.stop();
      options.signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }

  /** A stream without a deadline must still begin within the time-out. */
  #limitSilence(call: ClientReadableStream<object>): {
    stop: () => void;
    hasStruck: () => boolean;
  } {
    let hasStruck = false;
    const timer = setTimeout(() => {
      hasStruck = true;
      call.cancel();
    }, this.#timeoutMs);
    const stop = (): void => clearTimeout(timer);
    call.once('metadata', stop);
    return { stop, hasStruck: () => hasStruck };
  }

  #method(name: string): MethodDefinition<object, object> {
    const method = this.#loaded.service[name];
    if (method === undefined) throw new CliError(EXIT.failed, `manager.proto has no ${name}`);
    return method;
  }

  #metadata(): Metadata {
    // Over TLS the channel adds the key itself.
    return this.#endpoint.tls === undefined ? keyMetadata(this.#endpoint) : new Metadata();
  }

  #tooLate(): CliError {
    return new CliError(
      EXIT.unreachable,
      `The logger at ${address(this.#endpoint)} did not answer within ${this.#timeoutMs / 1000} s: try again, or give it more time with --timeout`,
    );
  }

  #explain(error: ServiceError): CliError {
    switch (error.code) {
      case status.UNAUTHENTICATED:
        return new CliError(
          EXIT.unauthenticated,
          `The logger refused the key: ${this.#endpoint.keyAdvice ?? GIVE_KEY}`,
        );
      case status.UNAVAILABLE:
        return new CliError(
          EXIT.unreachable,
          `The connection to the logger at ${address(this.#endpoint)} is gone (${error.details})`,
        );
      case status.DEADLINE_EXCEEDED:
        return this.#tooLate();
      case status.OUT_OF_RANGE: {
        const [bytes] = error.metadata?.get('no-book-bin') ?? [];
        return Buffer.isBuffer(bytes)
          ? new NoBookError(error.details, noBookResult(this.#loaded.decodeNoBook(bytes)))
          : new CliError(EXIT.notRecorded, error.details);
      }
      default:
        return new CliError(exitCodeOf(error.code), error.details || error.message);
    }
  }
}

/** The rest of the contract's table: INVALID_ARGUMENT is wrong usage, everything else a failure. */
function exitCodeOf(code: status): ExitCode {
  return code === status.INVALID_ARGUMENT ? EXIT.usage : EXIT.failed;
}
