/**
 * The manager port: a gRPC server in front of the running logger and the reader of its archive.
 * It holds no state of its own beyond open calls, and nothing that a client does or leaves undone
 * holds up recording: every request, stream, connection and refusal has a limit in `limits.ts`.
 */

import type { ManagerHandlers } from '../messages/types.ts';
import { ReflectionService } from '@grpc/reflection';
import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { describeError } from '../errors.ts';
import type { Reader } from '../reader/reader.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Access } from './gate/access.ts';
import { streamExport, streamVerify } from './archive-streams.ts';
import { type AuthenticatorOptions, authenticator } from './gate/auth.ts';
import { streamBook } from './book-stream.ts';
import { type ManagerContext, StreamSlots, streaming } from './calls.ts';
import type { LoggerControl } from '../status/control.ts';
import { exposeDoubledHeaders } from './gate/duplicate-headers.ts';
import { healthHandlers } from './health-service.ts';
import { KeyRing } from './gate/key-ring.ts';
import { DEFAULT_LIMITS, type ManagerLimits } from './limits.ts';
import { type Listener, listen } from './gate/listener.ts';
import { loadDefinitions } from '../messages/definitions.ts';
import type { Definitions } from '../messages/definitions.ts';
import { FailureThrottle } from './gate/throttle.ts';
import { unaryHandlers } from './unary-handlers.ts';
import { streamWatch } from './watch-stream.ts';

export interface ManagerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Keys and certificates; whether they will do for this address is settled by the configuration. */
  readonly access: Access;
  /** The same as the files are then. @throws LoggerError when they can't be used. */
  readonly readAccess: () => Access;
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
  /**
   * Reads keys and certificates again. Open connections and calls go on; every new call needs a key
   * of the new ones, every new connection gets the new certificate. Never throws: what can't be
   * used is told to the log, and everything stays as it was.
   * @returns whether the new ones are in use.
   */
  reload(): boolean;
  /**
   * Takes no more calls, ends watches, and gives other open calls `graceMs` before their
   * connections are cut. Resolves when every connection is gone. Idempotent.
   */
  close(graceMs: number): Promise<void>;
}

function handlers(context: ManagerContext): ManagerHandlers {
  const slots = new StreamSlots(context.limits.maxStreams);
  return {
    ...unaryHandlers(context),
    Book: streaming(context, 'book', slots, (request, writer) =>
      streamBook(context, request, writer),
    ),
    Watch: streaming(context, 'watch', slots, (request, writer) =>
      streamWatch(context, request, writer),
    ),
    Verify: streaming(context, 'verify', slots, (request, writer) =>
      streamVerify(context, request, writer),
    ),
    Export: streaming(context, 'export', slots, (request, writer) =>
      streamExport(context, request, writer),
    ),
  };
}

/** The paths of a service's calls, as they appear in a request. */
function pathsOf(service: ServiceDefinition): ReadonlySet<string> {
  return new Set(Object.values(service).map((method) => method.path));
}

function createServer(
  context: ManagerContext,
  auth: Omit<AuthenticatorOptions, 'openPaths'>,
  definitions: Definitions,
): Server {
  const { limits } = context;
  const server = new Server({
    interceptors: [authenticator({ ...auth, openPaths: pathsOf(definitions.health) })],
    'grpc.max_receive_message_length': limits.maxRequestBytes,
    'grpc.max_concurrent_streams': limits.maxCallsPerConnection,
    'grpc.max_connection_idle_ms': limits.idleConnectionMs,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.enable_channelz': 0,
  });
  server.addService(definitions.manager, handlers(context));
  server.addService(definitions.health, healthHandlers(context));
  new ReflectionService(definitions.all).addToServer(server);
  return server;
}

/** Puts what the files hold now in the place of what they held. */
function reloader(options: ManagerOptions, keys: KeyRing, listener: Listener): () => boolean {
  const { log } = options;
  return () => {
    let access: Access;
    try {
      access = options.readAccess();
      if (access.tls) listener.renew(access.tls);
    } catch (error) {
      log.error('The new manager keys and certificates are not used, the old ones stay', {
        reason: describeError(error),
      });
      return false;
    }
    keys.replace(access.keys);
    for (const warning of access.warnings) log.warning(warning);
    log.notice('Read the manager keys and certificates again', {
      keys: access.keys.length,
      tls: access.tls !== null,
    });
    return true;
  };
}

/** How long connections that were cut may take to be gone. */
const CUT_MS = 200;

/** Ends what ends by itself, and after the grace the rest. */
async function shutDown(
  parts: { readonly server: Server; readonly listener: Listener; readonly clock: Clock },
  graceMs: number,
): Promise<void> {
  const { server, listener, clock } = parts;
  listener.stop();
  await new Promise<void>((resolve) => {
    let timer = clock.schedule(graceMs, () => {
      server.forceShutdown();
      listener.destroy();
      // grpc-js waits for ever for a session that broke before it was one.
      timer = clock.schedule(CUT_MS, resolve);
    });
    server.tryShutdown(() => {
      timer.cancel();
      resolve();
    });
  });
  listener.destroy();
}

/** @throws ConflictError when the port can't be had. */
export async function startManager(options: ManagerOptions): Promise<ManagerPort> {
  // grpc-js prints lines of its own, some with the header that it disliked: the key among them.
  setLogVerbosity(logVerbosity.NONE);
  const { access, clock, log } = options;
  const limits: ManagerLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const throttle = new FailureThrottle({ clock, log, limits: limits.throttle });
  const keys = new KeyRing(access.keys);
  const closing = new AbortController();
  const definitions = loadDefinitions();
  const server = createServer(
    { ...options, limits, noBook: definitions.noBook, closing: closing.signal },
    {
      keys,
      throttle,
      clock,
      maxHeaderBytes: limits.maxHeaderBytes,
      onRightKey: (peer) => listener.trust(peer),
    },
    definitions,
  );
  // Connections reach it decrypted: TLS is the listener's.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  exposeDoubledHeaders(server);
  const listener = await listen({
    ...options,
    ...limits,
    tls: access.tls,
    onConnection: (socket) => injector.injectConnection(socket),
  });
  for (const warning of access.warnings) log.warning(warning);

  async function close(graceMs: number): Promise<void> {
    closing.abort();
    await shutDown({ server, listener, clock }, graceMs);
    throttle.close();
  }

  let closed: Promise<void> | undefined;
  return {
    port: listener.port,
    reload: reloader(options, keys, listener),
    close: (graceMs) => (closed ??= close(graceMs)),
  };
}
