/**
 * The gRPC client: one channel to one logger, every call with a deadline and the key, and statuses
 * turned into exit codes. An unreachable logger is reported within five seconds, whatever the deadline.
 */

import type { ManagerDefinition, MarketDefinition } from '../logger/messages/types.ts';
import { Metadata, logVerbosity, setLogVerbosity, status } from '@grpc/grpc-js';
import type { CallOptions, Client, ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { loadDefinitions } from '../logger/messages/definitions.ts';
import type { Definitions } from '../logger/messages/definitions.ts';
import { noBookResult } from '../logger/messages/results.ts';
import type { NoBookResult } from '../logger/queries/results.ts';
import { address, keyMetadata, openChannel } from './channel.ts';
import { GIVE_KEY } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';

/** Limit for connecting, whatever the limit for the response. */
const MAX_CONNECT_MS = 5000;

export type StreamMethod =
  'Book' | 'Watch' | 'WatchSeries' | 'Verify' | 'Candles' | 'FetchCandles' | 'Export' | 'Books';

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
  | 'Terminate'
  | 'Instruments';

type Method = UnaryMethod | StreamMethod;
type Services = ManagerDefinition & MarketDefinition;
export type RequestOf<Name extends Method> = Parameters<Services[Name]['requestSerialize']>[0];
export type ResponseOf<Name extends Method> = ReturnType<Services[Name]['responseDeserialize']>;

/** Calls that change nothing: Ctrl-C need not wait for their responses. */
const READ_ONLY: ReadonlySet<UnaryMethod> = new Set<UnaryMethod>([
  'List',
  'Health',
  'Coverage',
  'Ping',
  'Uptime',
  'Stats',
  'Instruments',
]);

/** There is no book at that moment; `result` is what `--json` prints. */
export class NoBookError extends CliError {
  readonly result: NoBookResult;

  constructor(message: string, result: NoBookResult) {
    super(EXIT.notRecorded, message);
    this.result = result;
  }
}

/** The call was cancelled by this side. */
export class CancelledError extends CliError {
  constructor() {
    super(EXIT.interrupted, '');
  }
}

export interface StreamOptions {
  /** No deadline once the stream has begun. */
  readonly isEndless: boolean;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

export interface LoggerClient {
  unary<Name extends UnaryMethod>(
    method: Name,
    request: RequestOf<Name>,
  ): Promise<ResponseOf<Name>>;
  /** The parts of a streamed response. Leaving the loop cancels the call. */
  stream<Name extends StreamMethod>(
    method: Name,
    request: RequestOf<Name>,
    options: StreamOptions,
  ): AsyncGenerator<ResponseOf<Name>, void, undefined>;
  close(): void;
}

/**
 * Connects. `signal` cancels connecting, and calls that change nothing; the outcome of a change is
 * always waited for.
 * @throws CliError with exit code 4 when no logger answers.
 */
export async function connect(
  endpoint: Endpoint,
  timeoutMs: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<LoggerClient> {
  // Our errors are one line; grpc-js would add lines of its own.
  setLogVerbosity(logVerbosity.NONE);
  const definitions = loadDefinitions();
  const client = await openChannel(endpoint, Math.min(timeoutMs, MAX_CONNECT_MS), signal);
  return new GrpcLoggerClient({ client, endpoint, timeoutMs, definitions, signal });
}

class GrpcLoggerClient implements LoggerClient {
  readonly #client: Client;
  readonly #endpoint: Endpoint;
  readonly #timeoutMs: number;
  readonly #definitions: Definitions;
  readonly #signal: AbortSignal;

  constructor(deps: {
    readonly client: Client;
    readonly endpoint: Endpoint;
    readonly timeoutMs: number;
    readonly definitions: Definitions;
    readonly signal: AbortSignal;
  }) {
    this.#signal = deps.signal;
    this.#client = deps.client;
    this.#endpoint = deps.endpoint;
    this.#timeoutMs = deps.timeoutMs;
    this.#definitions = deps.definitions;
  }

  unary<Name extends UnaryMethod>(
    method: Name,
    request: RequestOf<Name>,
  ): Promise<ResponseOf<Name>> {
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
          else resolve(response as ResponseOf<Name>);
        },
      );
      if (!READ_ONLY.has(method)) return;
      this.#signal.addEventListener('abort', cancel, { once: true });
      if (this.#signal.aborted) cancel();
    });
  }

  async *stream<Name extends StreamMethod>(
    method: Name,
    request: RequestOf<Name>,
    { isEndless, signal }: StreamOptions,
  ): AsyncGenerator<ResponseOf<Name>, void, undefined> {
    const { path, requestSerialize, responseDeserialize } = this.#method(method);
    const callOptions: CallOptions = isEndless ? {} : { deadline: Date.now() + this.#timeoutMs };
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata(),
      callOptions,
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
    const timeout = isEndless ? this.#startTimeout(call) : undefined;
    try {
      for await (const message of call) {
        timeout?.stop();
        yield message as ResponseOf<Name>;
      }
    } catch (error) {
      if (timeout?.hasFired() === true) throw this.#timedOut();
      if (signal?.aborted) throw new CancelledError();
      throw this.#explain(error as ServiceError);
    } finally {
      timeout?.stop();
      signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }

  /** A stream without a deadline must still begin within the timeout. */
  #startTimeout<Response>(call: ClientReadableStream<Response>): {
    stop: () => void;
    hasFired: () => boolean;
  } {
    let hasFired = false;
    const timer = setTimeout(() => {
      hasFired = true;
      call.cancel();
    }, this.#timeoutMs);
    const stop = (): void => clearTimeout(timer);
    call.once('metadata', stop);
    return { stop, hasFired: () => hasFired };
  }

  /** The method's definition, with its types as functions of its name. */
  #method<Name extends Method>(
    name: Name,
  ): Pick<
    MethodDefinition<RequestOf<Name>, object, object, ResponseOf<Name>>,
    'path' | 'requestSerialize' | 'responseDeserialize'
  > {
    const { manager, market } = this.#definitions;
    const definition = name in market ? market[name as 'Books'] : manager[name as 'Book'];
    return definition as MethodDefinition<object, object> as MethodDefinition<
      RequestOf<Name>,
      object,
      object,
      ResponseOf<Name>
    >;
  }

  #metadata(): Metadata {
    // Over TLS the channel adds the key itself.
    return this.#endpoint.tls === undefined ? keyMetadata(this.#endpoint) : new Metadata();
  }

  #timedOut(): CliError {
    return new CliError(
      EXIT.unreachable,
      `The logger at ${address(this.#endpoint)} did not respond within ${this.#timeoutMs / 1000} s: try again, or raise --timeout`,
    );
  }

  #explain(error: ServiceError): CliError {
    switch (error.code) {
      case status.UNAUTHENTICATED:
        return new CliError(
          EXIT.unauthenticated,
          `The logger rejected the key: ${this.#endpoint.keyAdvice ?? GIVE_KEY}`,
        );
      case status.UNAVAILABLE:
        return new CliError(
          EXIT.unreachable,
          `The connection to the logger at ${address(this.#endpoint)} was lost (${error.details})`,
        );
      case status.DEADLINE_EXCEEDED:
        return this.#timedOut();
      case status.OUT_OF_RANGE: {
        const [bytes] = error.metadata?.get('no-book-bin') ?? [];
        return Buffer.isBuffer(bytes)
          ? new NoBookError(
              error.details,
              noBookResult(this.#definitions.noBook.deserialize(bytes)),
            )
          : new CliError(EXIT.notRecorded, error.details);
      }
      default:
        return new CliError(exitCodeOf(error.code), error.details || error.message);
    }
  }
}

/** Statuses without a code of their own: INVALID_ARGUMENT is wrong usage, all others are failures. */
function exitCodeOf(code: status): ExitCode {
  return code === status.INVALID_ARGUMENT ? EXIT.usage : EXIT.failed;
}
