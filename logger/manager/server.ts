/**
 * The manager port: a gRPC server in front of the running logger and the reader of its archive. It keeps
 * no state beyond open calls, and no client can hold up recording: every request, stream, connection and
 * rejection has a limit in `limits.ts`.
 */

import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { describeError } from '../errors.ts';
import { loadDefinitions } from '../messages/definitions.ts';
import type { Definitions } from '../messages/definitions.ts';
import { instrumentMessage } from '../messages/market.ts';
import type { ManagerHandlers, MarketHandlers } from '../messages/types.ts';
import type { Reader } from '../reader/reader.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { ExchangeCandlesService } from '../series/exchange-candles.ts';
import type { LiveCandles } from '../series/live-candles.ts';
import type { LoggerControl } from '../status/control.ts';
import { streamExport, streamVerify } from './archive-streams.ts';
import { streamBook } from './book-stream.ts';
import { streamBooks } from './books-stream.ts';
import { streaming, unary } from './calls.ts';
import { streamCandles, streamFetch } from './candle-streams.ts';
import type { ManagerContext } from './context.ts';
import type { ManagerAccess } from './gate/access.ts';
import { authenticator } from './gate/auth.ts';
import type { AuthenticatorDeps } from './gate/auth.ts';
import { exposeDuplicateHeaders } from './gate/duplicate-headers.ts';
import { KeyRing } from './gate/key-ring.ts';
import { listen } from './gate/listener.ts';
import type { Listener } from './gate/listener.ts';
import { FailureThrottle } from './gate/throttle.ts';
import { healthHandlers } from './health-service.ts';
import { MANAGER_LIMITS } from './limits.ts';
import type { ManagerLimits } from './limits.ts';
import { streamSeries } from './series-stream.ts';
import { StreamSlots } from './stream-slots.ts';
import { unaryHandlers } from './unary-handlers.ts';
import { streamWatch } from './watch-stream.ts';

export interface ManagerDeps {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Keys and certificates, already checked against the address by the configuration. */
  readonly access: ManagerAccess;
  /** Reads them again from their files. @throws LoggerError when they can't be used. */
  readonly readAccess: () => ManagerAccess;
  readonly control: LoggerControl;
  readonly reader: Reader;
  readonly candles?: LiveCandles;
  readonly exchangeCandles?: ExchangeCandlesService;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ManagerLimits>;
}

export interface ManagerPort {
  readonly port: number;
  /**
   * Reads keys and certificates again. Open connections and calls continue; every new call needs one of
   * the new keys, every new connection gets the new certificate. Never throws: if the new ones can't be
   * used, it logs why and keeps the old ones.
   * @returns true when the new ones are in use.
   */
  reload(): boolean;
  /**
   * Accepts no more calls, ends watches, and gives other open calls `graceMs` before it closes their
   * connections. Resolves when every connection is closed. Idempotent.
   */
  close(graceMs: number): Promise<void>;
}

function handlers(context: ManagerContext, slots: StreamSlots): ManagerHandlers {
  return {
    ...unaryHandlers(context),
    Book: streaming(context, 'book', slots, (request, writer) =>
      streamBook(context, request, writer),
    ),
    Watch: streaming(context, 'watch', slots, (request, writer) =>
      streamWatch(context, request, writer),
    ),
    WatchSeries: streaming(context, 'watch series', slots, (request, writer) =>
      streamSeries(context, request, writer),
    ),
    Verify: streaming(context, 'verify', slots, (request, writer) =>
      streamVerify(context, request, writer),
    ),
    Candles: streaming(context, 'candles', slots, (request, writer) =>
      streamCandles(context, request, writer),
    ),
    FetchCandles: streaming(context, 'fetch candles', slots, (request, writer) =>
      streamFetch(context, request, writer),
    ),
    Export: streaming(context, 'export', slots, (request, writer) =>
      streamExport(context, request, writer),
    ),
  };
}

function marketHandlers(context: ManagerContext, slots: StreamSlots): MarketHandlers {
  return {
    Instruments: unary(context, 'instruments', () => ({
      instruments: context.control
        .instruments()
        .map(({ security, facts }) => instrumentMessage(security, facts)),
    })),
    Books: streaming(context, 'books', slots, (request, writer) =>
      streamBooks(context, request, writer),
    ),
  };
}

/** The paths of a service's calls, as they appear in a request. */
function pathsOf(service: ServiceDefinition): ReadonlySet<string> {
  return new Set(Object.values(service).map((method) => method.path));
}

function createServer(
  context: ManagerContext,
  auth: Omit<AuthenticatorDeps, 'openPaths'>,
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
  const slots = new StreamSlots(limits.maxStreams);
  server.addService(definitions.manager, handlers(context, slots));
  server.addService(definitions.market, marketHandlers(context, slots));
  server.addService(definitions.health, healthHandlers(context));
  new ReflectionService(definitions.all).addToServer(server);
  return server;
}

/** @returns `ManagerPort.reload`. */
function reloader(options: ManagerDeps, keys: KeyRing, listener: Listener): () => boolean {
  const { log } = options;
  return () => {
    let access: ManagerAccess;
    try {
      access = options.readAccess();
      if (access.tls) listener.replaceTls(access.tls);
    } catch (error) {
      log.error("The new manager keys and certificates can't be used; keeping the old ones", {
        reason: describeError(error),
      });
      return false;
    }
    keys.replace(access.keys);
    for (const warning of access.warnings) log.warning(warning);
    log.notice('Reloaded the manager keys and certificates', {
      keys: access.keys.length,
      tls: access.tls !== null,
    });
    return true;
  };
}

/** Time for connections to close after a forced shutdown. */
const FORCED_CLOSE_MS = 200;

/**
 * Waits up to `graceMs` for open calls, then closes their connections. It waits for the sockets, not for
 * grpc-js: since Node 24 closing an HTTP/2 server closes its sessions, too, and grpc-js takes a session
 * that is closing for one that is closed, so it reports the end before the answers are out.
 */
async function shutDown(
  deps: { readonly server: Server; readonly listener: Listener; readonly clock: Clock },
  graceMs: number,
): Promise<void> {
  const { server, listener, clock } = deps;
  listener.stop();
  // Each connection ends with its last call.
  server.tryShutdown(() => {});
  let timer: Timer | undefined;
  const isForced = new Promise<void>((resolve) => {
    timer = clock.schedule(graceMs, () => {
      server.forceShutdown();
      listener.destroy();
      timer = clock.schedule(FORCED_CLOSE_MS, resolve);
    });
  });
  await Promise.race([listener.drained(), isForced]);
  timer?.cancel();
}

/** @throws ConflictError when the port can't be opened. */
export async function startManager(options: ManagerDeps): Promise<ManagerPort> {
  // grpc-js prints lines of its own, some with a malformed header in them, which may be the key.
  setLogVerbosity(logVerbosity.NONE);
  const { access, clock, log } = options;
  const limits: ManagerLimits = { ...MANAGER_LIMITS, ...options.limits };
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
      onAuthenticated: (peer) => listener.markAuthenticated(peer),
    },
    definitions,
  );
  // Insecure, because the listener has removed TLS already.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  exposeDuplicateHeaders(server);
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
