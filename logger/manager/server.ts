/**
 * The manager port: a gRPC server in front of the running logger and the reader of its archive.
 * It holds no state of its own beyond open calls, and nothing that a client does or leaves undone
 * holds up recording: every request, stream, connection and refusal has a limit in `limits.ts`.
 */

import {
  Server,
  ServerCredentials,
  type UntypedServiceImplementation,
  logVerbosity,
  setLogVerbosity,
} from '@grpc/grpc-js';
import type { Reader } from '../reader/reader.ts';
import type { Clock } from '../service/clock.ts';
import type { Log } from '../service/log.ts';
import { streamExport, streamVerify } from './archive-streams.ts';
import { authenticator } from './auth.ts';
import { streamBook } from './book-stream.ts';
import { type ManagerContext, StreamSlots, streaming } from './calls.ts';
import type { LoggerControl } from './control.ts';
import { exposeDoubledHeaders } from './doubled-headers.ts';
import { DEFAULT_LIMITS, type ManagerLimits } from './limits.ts';
import { listen } from './listener.ts';
import { loadManagerProto } from './service-definition.ts';
import { FailureThrottle } from './throttle.ts';
import { unaryHandlers } from './unary-handlers.ts';
import { streamWatch } from './watch-stream.ts';
import type { BookRequest, ExportRequest, SecuritiesRequest, VerifyRequest } from './wire.ts';

export interface ManagerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The shared key; whether it may be used on this address is settled by the configuration. */
  readonly authkey: string;
  readonly control: LoggerControl;
  readonly reader: Reader;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ManagerLimits>;
}

export interface ManagerPort {
  /** Where it listens. */
  readonly port: number;
  /** Calls that begin from now on need this key. */
  useKey(authkey: string): void;
  /**
   * Takes no more calls, ends watches, and gives other open calls `graceMs` before their
   * connections are cut. Resolves when every connection is gone. Idempotent.
   */
  close(graceMs: number): Promise<void>;
}

function handlers(context: ManagerContext): UntypedServiceImplementation {
  const slots = new StreamSlots(context.limits.maxStreams);
  return {
    ...unaryHandlers(context),
    book: streaming<BookRequest>(context, 'book', slots, (request, writer) =>
      streamBook(context, request, writer),
    ),
    watch: streaming<SecuritiesRequest>(context, 'watch', slots, (request, writer) =>
      streamWatch(context, request, writer),
    ),
    verify: streaming<VerifyRequest>(context, 'verify', slots, (request, writer) =>
      streamVerify(context, request, writer),
    ),
    export: streaming<ExportRequest>(context, 'export', slots, (request, writer) =>
      streamExport(context, request, writer),
    ),
  };
}

/** @throws ConflictError when the port can't be had. */
export async function startManager(options: ManagerOptions): Promise<ManagerPort> {
  // grpc-js prints lines of its own, some with the header that it disliked: the key among them.
  setLogVerbosity(logVerbosity.NONE);
  const { clock, log } = options;
  let { authkey } = options;
  const limits: ManagerLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const throttle = new FailureThrottle({ clock, log, limits: limits.throttle });
  const closing = new AbortController();
  const proto = loadManagerProto();
  const server = new Server({
    interceptors: [authenticator({ authkey: () => authkey, throttle, clock })],
    'grpc.max_receive_message_length': limits.maxRequestBytes,
    'grpc.max_concurrent_streams': limits.maxCallsPerConnection,
    'grpc.max_connection_idle_ms': limits.idleConnectionMs,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.enable_channelz': 0,
  });
  server.addService(
    proto.service,
    handlers({ ...options, limits, noBook: proto.noBook, closing: closing.signal }),
  );
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  exposeDoubledHeaders(server);
  const listener = await listen({
    host: options.host,
    port: options.port,
    maxConnections: limits.maxConnections,
    onConnection: (socket) => injector.injectConnection(socket),
    clock,
    log,
  });

  async function close(graceMs: number): Promise<void> {
    closing.abort();
    listener.stop();
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(graceMs, () => {
        server.forceShutdown();
        listener.destroy();
      });
      server.tryShutdown(() => {
        timer.cancel();
        resolve();
      });
    });
    listener.destroy();
    throttle.close();
  }

  let closed: Promise<void> | undefined;
  return {
    port: listener.port,
    useKey: (next) => {
      authkey = next;
    },
    close: (graceMs) => (closed ??= close(graceMs)),
  };
}
