/**
 * The connection to a logger. With TLS the key is sent as call credentials, which grpc-js only sends over
 * TLS: a mistake here can't expose it in plaintext.
 */

import { X509Certificate } from 'node:crypto';
import { connect, isIP } from 'node:net';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { Client, Metadata, connectivityState, credentials } from '@grpc/grpc-js';
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import type { Endpoint, Tls } from './endpoint.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Limit of a unary response: the list of all securities, or years of coverage. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** Keepalive pings, to notice a logger that is gone without closing the connection. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 5000;
/** Time to find out why a connection has failed. */
const REASON_TIMEOUT_MS = 1000;
/** Time to find out whether anything accepts connections after a timeout. */
const PROBE_TIMEOUT_MS = 500;
/** Names of a certificate in an error message. */
const MAX_NAMES_SHOWN = 5;
/** Nothing listens there, or there is no route to it. */
const NOBODY_LISTENS =
  /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|resolution failed/i;

export function address({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function keyMetadata({ authkey }: Endpoint): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${authkey}`);
  return metadata;
}

/** Set during the handshake if the certificate is trusted but names another host. */
interface NameMismatch {
  names: readonly string[] | undefined;
}

/** The name that the logger's certificate has to carry. */
function serverName({ host, tls }: Endpoint): string {
  return tls?.serverName ?? host;
}

function namesOf({ subjectaltname, subject }: PeerCertificate): string[] {
  const names = [...(subjectaltname ?? '').matchAll(/(?:DNS|IP Address):([^,"]+)/g)];
  const all = names.length > 0 ? names.map(([, name]) => name) : [subject?.CN].flat();
  return all.filter((name) => name !== undefined && /^[!-~]+$/.test(name)) as string[];
}

/** Trusts one certificate, whoever signed it and whatever its names. */
function pinned({ ca, cert, key }: Tls): ChannelCredentials {
  const context = createSecureContext({
    allowPartialTrustChain: true,
    ...(ca && { ca }),
    ...(cert && key && { cert, key }),
  });
  return credentials.createFromSecureContext(context, {
    checkServerIdentity: (_sent, { raw }) =>
      ca && new X509Certificate(ca).raw.equals(raw)
        ? undefined
        : new Error('it has another certificate than the one in MANAGER_TLS_CERT'),
  });
}

function channelCredentials(endpoint: Endpoint, mismatch: NameMismatch): ChannelCredentials {
  const { tls } = endpoint;
  if (tls === undefined) return credentials.createInsecure();
  const channel = tls.isPinned
    ? pinned(tls)
    : credentials.createSsl(tls.ca, tls.key, tls.cert, {
        // Checked against the wanted name, whatever name was sent.
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

/** The server name (SNI) to send; undefined: the host. */
function sentName(endpoint: Endpoint): string | undefined {
  // SNI must not be an address; Node would warn on stderr.
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

/** The informative part of a message by grpc-js or OpenSSL. */
export function plainReason(details: string): string {
  const last = /Last error: (.*?)(\. Resolution note.*)?$/s.exec(details)?.[1] ?? details;
  const openssl = /SSL routines:[^:]*:([^:]+)/.exec(last)?.[1];
  return openssl ?? last.replace(/^Error: /, '').replace(/ \(\d{4}-[^)]*\)$/, '');
}

/** Why there is no connection. grpc-js only reports that to calls, so this makes one. */
function failureReason(client: Client): Promise<string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/orderbook.manager.v1.Manager/Ping',
      () => Buffer.alloc(0),
      () => ({}),
      {},
      { deadline: Date.now() + REASON_TIMEOUT_MS },
      (error) => {
        resolve(plainReason(error?.details ?? ''));
      },
    );
  });
}

function unreachable(endpoint: Endpoint, reason: string): CliError {
  const place = address(endpoint);
  if (reason === '' || NOBODY_LISTENS.test(reason)) {
    return new CliError(
      EXIT.unreachable,
      `No logger answers at ${place}: start it, or give its address with --host and --port`,
    );
  }
  const advice = endpoint.tls
    ? 'check --tls-ca, and --tls-cert with --tls-key if the logger asks for them'
    : 'give --tls-ca if the logger uses TLS';
  return new CliError(EXIT.unreachable, `No connection to ${place} (${reason}): ${advice}`);
}

function wrongName(endpoint: Endpoint, names: readonly string[]): CliError {
  const shown = names.slice(0, MAX_NAMES_SHOWN).join(', ') || 'no name';
  const more = names.length > MAX_NAMES_SHOWN ? ', …' : '';
  const advice =
    names.length === 0
      ? 'it needs a certificate with the name of its host'
      : 'give one of those names as --host, or as --tls-server-name behind a tunnel';
  return new CliError(
    EXIT.unreachable,
    `No connection to ${address(endpoint)}: its certificate is for ${shown}${more}, not for ${serverName(endpoint)}: ${advice}`,
  );
}

/** True if connections are accepted: the kernel does so even for a process that hangs. */
function acceptsConnections({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (isAccepted: boolean): void => {
      resolve(isAccepted);
      socket.destroy();
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });
}

async function timedOut(endpoint: Endpoint): Promise<CliError> {
  if (!(await acceptsConnections(endpoint))) return unreachable(endpoint, '');
  return new CliError(
    EXIT.unreachable,
    `No response from ${address(endpoint)}: it accepts the connection but does not respond; the logger hangs or is overloaded (see its log), or something else listens there (check --host and --port)`,
  );
}

interface Attempt {
  readonly client: Client;
  readonly endpoint: Endpoint;
  readonly mismatch: NameMismatch;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** Waits for another state. @returns false when the deadline or the signal comes first. */
function stateChange(
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

/** Resolves once connected; rejects at once if the connection is refused. */
async function connected(attempt: Attempt, timeoutMs: number): Promise<void> {
  const { client, endpoint, mismatch, signal } = attempt;
  const channel = client.getChannel();
  const deadlineMs = Date.now() + timeoutMs;
  let state = channel.getConnectivityState(true);
  while (state !== connectivityState.READY) {
    if (state === connectivityState.TRANSIENT_FAILURE) {
      const reason = await failureReason(client);
      throw mismatch.names ? wrongName(endpoint, mismatch.names) : unreachable(endpoint, reason);
    }
    if (!(await stateChange(attempt, state, deadlineMs))) {
      throw signal.aborted ? new CliError(EXIT.interrupted, '') : await timedOut(endpoint);
    }
    state = channel.getConnectivityState(true);
  }
}

/** @throws CliError with exit code 4 when no logger answers in time. */
export async function openChannel(
  endpoint: Endpoint,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Client> {
  const mismatch: NameMismatch = { names: undefined };
  const client = new Client(
    address(endpoint),
    channelCredentials(endpoint, mismatch),
    channelOptions(endpoint),
  );
  try {
    await connected({ client, endpoint, mismatch, signal }, timeoutMs);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}
