/**
 * The connection to a logger. Over TLS the key travels as call credentials, which grpc-js refuses to
 * send over anything else: a mistake here can't put it on the wire in the clear.
 */

import { connect, isIP } from 'node:net';
import { type PeerCertificate, checkServerIdentity } from 'node:tls';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  Metadata,
  connectivityState,
  credentials,
} from '@grpc/grpc-js';
import type { Endpoint } from './endpoint.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Answers that are not streamed: the list of every security, years of coverage. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** A logger that vanished without a word is noticed in between by these. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 5000;
/** How long to wait for the reason of a connection that has failed already. */
const REASON_LIMIT_MS = 1000;
/** How long to look whether anybody takes a connection where nobody has answered. */
const LOOK_LIMIT_MS = 500;
/** How many names of a certificate are told. */
const NAMES_SHOWN = 5;
/** Nobody is there, as far as the network can tell. */
const NOBODY =
  /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|resolution failed/i;

export function address({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function keyMetadata({ authkey }: Endpoint): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${authkey}`);
  return metadata;
}

/** What a certificate that can be trusted is for, where it is not for the logger that was meant. */
interface Mismatch {
  names: readonly string[] | undefined;
}

/** Whom the logger's certificate has to be for. */
function serverName({ host, tls }: Endpoint): string {
  return tls?.serverName ?? host;
}

function namesOf({ subjectaltname, subject }: PeerCertificate): string[] {
  const names = [...(subjectaltname ?? '').matchAll(/(?:DNS|IP Address):([^,"]+)/g)];
  const all = names.length > 0 ? names.map(([, name]) => name) : [subject?.CN].flat();
  return all.filter((name) => name !== undefined && /^[!-~]+$/.test(name)) as string[];
}

function channelCredentials(endpoint: Endpoint, mismatch: Mismatch): ChannelCredentials {
  const { tls } = endpoint;
  if (tls === undefined) return credentials.createInsecure();
  const channel = credentials.createSsl(tls.ca, tls.key, tls.cert, {
    // Whatever name was sent: the certificate has to be for the one that was asked for.
    checkServerIdentity: (_sent, certificate) => {
      const error = checkServerIdentity(serverName(endpoint), certificate);
      mismatch.names = error && namesOf(certificate);
      return error;
    },
  });
  const key = credentials.createFromMetadataGenerator((_call, done) =>
    done(null, keyMetadata(endpoint)),
  );
  return credentials.combineChannelCredentials(channel, key);
}

/** What to send as the name of the server; undefined: the host. */
function sentName(endpoint: Endpoint): string | undefined {
  // A bare address may not be sent as the name of a server; Node says so on stderr.
  return isIP(serverName(endpoint)) ? 'orderbook-logger' : endpoint.tls?.serverName;
}

function channelOptions(endpoint: Endpoint): ChannelOptions {
  const name = endpoint.tls && sentName(endpoint);
  return {
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    ...(name !== undefined && { 'grpc.ssl_target_name_override': name }),
  };
}

/** The one thing in grpc-js's and OpenSSL's words that tells a person anything. */
export function plainReason(details: string): string {
  const last = /Last error: (.*?)(\. Resolution note.*)?$/s.exec(details)?.[1] ?? details;
  const openssl = /SSL routines:[^:]*:([^:]+)/.exec(last)?.[1];
  return openssl ?? last.replace(/^Error: /, '').replace(/ \(\d{4}-[^)]*\)$/, '');
}

/** Why there is no connection. grpc-js tells that to calls alone, so this one is made to fail. */
function reasonOf(client: Client): Promise<string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/orderbook.manager.v1.Manager/Ping',
      () => Buffer.alloc(0),
      () => ({}),
      {},
      { deadline: Date.now() + REASON_LIMIT_MS },
      (error) => {
        resolve(plainReason(error?.details ?? ''));
      },
    );
  });
}

function unreachable(endpoint: Endpoint, reason: string): CliError {
  const place = address(endpoint);
  if (reason === '' || NOBODY.test(reason)) {
    return new CliError(
      EXIT.unreachable,
      `No logger answers at ${place}: start it, or say where it is with --host and --port`,
    );
  }
  const advice = endpoint.tls
    ? 'check --tls-ca, and --tls-cert with --tls-key where the logger asks for them'
    : 'give --tls-ca if the logger uses TLS';
  return new CliError(EXIT.unreachable, `No connection to ${place} (${reason}): ${advice}`);
}

function misnamed(endpoint: Endpoint, names: readonly string[]): CliError {
  const shown = names.slice(0, NAMES_SHOWN).join(', ') || 'no name at all';
  const more = names.length > NAMES_SHOWN ? ', …' : '';
  const advice =
    names.length === 0
      ? 'have one made with the name of its host'
      : 'give one of those names as --host, or through a tunnel as --tls-server-name';
  return new CliError(
    EXIT.unreachable,
    `No connection to ${address(endpoint)}: its certificate is for ${shown}${more} and not for ${serverName(endpoint)}: ${advice}`,
  );
}

/** A process that stands still: the kernel takes connections for it, and it says nothing. */
function takesConnections({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (isTaken: boolean): void => {
      resolve(isTaken);
      socket.destroy();
    };
    socket.setTimeout(LOOK_LIMIT_MS, () => settle(false));
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });
}

async function silent(endpoint: Endpoint): Promise<CliError> {
  if (!(await takesConnections(endpoint))) return unreachable(endpoint, '');
  return new CliError(
    EXIT.unreachable,
    `No answer from ${address(endpoint)}: it accepts the connection and says nothing; the logger there stands still or is overloaded (see its log), or something else listens (see --host and --port)`,
  );
}

interface Attempt {
  readonly client: Client;
  readonly endpoint: Endpoint;
  readonly mismatch: Mismatch;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
}

/** @returns false when the deadline or the signal came first. */
function changed(
  { client, signal }: Attempt,
  state: connectivityState,
  deadlineMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(false);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    client.getChannel().watchConnectivityState(state, deadlineMs, (error) => {
      signal.removeEventListener('abort', giveUp);
      resolve(!error);
    });
  });
}

/** Resolves once connected; a refused connection is known at once. */
async function connected(attempt: Attempt, limitMs: number): Promise<void> {
  const { client, endpoint, mismatch, signal } = attempt;
  const channel = client.getChannel();
  const deadlineMs = Date.now() + limitMs;
  let state = channel.getConnectivityState(true);
  while (state !== connectivityState.READY) {
    if (state === connectivityState.TRANSIENT_FAILURE) {
      const reason = await reasonOf(client);
      throw mismatch.names ? misnamed(endpoint, mismatch.names) : unreachable(endpoint, reason);
    }
    if (!(await changed(attempt, state, deadlineMs))) {
      throw signal.aborted ? new CliError(EXIT.interrupted, '') : await silent(endpoint);
    }
    state = channel.getConnectivityState(true);
  }
}

/** @throws CliError with exit code 4 when nobody answers within the limit. */
export async function openChannel(
  endpoint: Endpoint,
  limitMs: number,
  signal: AbortSignal,
): Promise<Client> {
  const mismatch: Mismatch = { names: undefined };
  const client = new Client(
    address(endpoint),
    channelCredentials(endpoint, mismatch),
    channelOptions(endpoint),
  );
  try {
    await connected({ client, endpoint, mismatch, signal }, limitMs);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}
