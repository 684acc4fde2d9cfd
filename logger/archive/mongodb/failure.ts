/**
 * Errors of the driver and the server in words that help: what failed, and whether waiting can mend it.
 * The driver's own texts about its client ("Topology is closed") say nothing to people.
 */

import {
  MongoClientClosedError,
  MongoCompatibilityError,
  MongoInvalidArgumentError,
  MongoMissingCredentialsError,
  MongoMissingDependencyError,
  MongoNetworkTimeoutError,
  MongoNotConnectedError,
  MongoParseError,
  MongoServerClosedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { ArchiveUnavailableError, ConfigError, LoggerError, describeError } from '../../errors.ts';
import type { MongoLocation } from './location.ts';

/** The server's error code for a database name that it does not allow. */
const INVALID_NAMESPACE = 73;
const COMMAND_NOT_FOUND = 59;
/** … for a login or a call that it does not allow: Unauthorized, AuthenticationFailed, MechanismUnavailable, AtlasError. */
const REJECTIONS: ReadonlySet<unknown> = new Set([13, 18, 334, 8000]);

/** The client lacks something, or does not go with the server. */
const UNUSABLE = [
  MongoCompatibilityError,
  MongoInvalidArgumentError,
  MongoMissingCredentialsError,
  MongoMissingDependencyError,
  MongoParseError,
];

/** Our client was closed or replaced, or its connections were. The pool's errors are not exported. */
const LOST = [
  MongoClientClosedError,
  MongoNotConnectedError,
  MongoServerClosedError,
  MongoTopologyClosedError,
];
const LOST_NAMES: ReadonlySet<string> = new Set([
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
]);

/** Codes of OpenSSL and Node for a certificate that is not accepted, by either side. */
const CERTIFICATE_CODE =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_OSSL_|ERR_SSL_TLSV1|ERR_SSL_SSLV3_ALERT/;

/**
 * The error of our own for one of the driver; `context.isPermanent`: no waiting mends it. One of our own
 * is returned as it is.
 */
export function mongoFailure(error: unknown, { shown, database }: MongoLocation): LoggerError {
  if (error instanceof LoggerError) return error;
  if (error instanceof MongoServerError && error.code === INVALID_NAMESPACE) {
    return new ConfigError(
      `The MongoDB server rejects the database name ${JSON.stringify(database)}: set MONGODB_DATABASE to a name that it allows`,
      { cause: error },
    );
  }
  const permanent = permanentReason(error);
  return new ArchiveUnavailableError(`MongoDB (${shown})${permanent ?? `: ${passing(error)}`}`, {
    retryable: permanent === null,
    context: { isPermanent: permanent !== null },
    cause: error,
  });
}

/** null: it may pass by itself. */
function permanentReason(error: unknown): string | null {
  if (error instanceof MongoServerError && REJECTIONS.has(error.code)) {
    return ` rejects this user: ${withoutStop(describeError(error))}: check user, password, authMechanism and rights`;
  }
  const isUnusable =
    UNUSABLE.some((kind) => error instanceof kind) ||
    (error instanceof MongoServerError && error.code === COMMAND_NOT_FOUND);
  if (isUnusable) {
    return ` can't be used with this address: ${withoutStop(describeError(error))}`;
  }
  for (const each of causes(error)) {
    const { code, path, syscall } = each as NodeJS.ErrnoException;
    if (path !== undefined && (syscall === 'open' || syscall === 'read')) {
      return `: the file ${JSON.stringify(path)}, which its address names, can't be read (${code})`;
    }
    if (code !== undefined && CERTIFICATE_CODE.test(code)) {
      return `: a certificate was not accepted: ${describeError(each)}`;
    }
  }
  return null;
}

function passing(error: unknown): string {
  const isLost =
    LOST.some((kind) => error instanceof kind) ||
    (error instanceof Error && LOST_NAMES.has(error.name)) ||
    /^connection \S+ to \S+ closed$/.test(describeError(error));
  if (isLost) return 'the connection was lost';
  // All connections wait for answers.
  const isBusy = error instanceof Error && error.name === 'MongoWaitQueueTimeoutError';
  if (isBusy || error instanceof MongoNetworkTimeoutError) return 'it does not answer';
  if (error instanceof MongoServerSelectionError) {
    const [, inner] = causes(error);
    if (inner) return passing(inner);
    return /timed out/.test(error.message) ? 'it does not answer' : describeError(error);
  }
  return describeError(error);
}

/** An error, and what the driver says has caused it. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  let each = error;
  while (each instanceof Error && !found.includes(each)) {
    found.push(each);
    each = each instanceof MongoServerSelectionError ? serverError(each) : each.cause;
  }
  return found;
}

/** What one of the servers failed with. */
function serverError({ reason }: MongoServerSelectionError): Error | undefined {
  const servers = [...(reason?.servers.values() ?? [])];
  return servers.map((server) => server.error).find((error) => error !== null);
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}
