/**
 * The manager port's certificate, its private key and the CA of its clients: PEM files, checked against
 * each other when they are read, so that a mistake is one line now and not a failed handshake later.
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError, describeError } from '../errors.ts';
import type { ManagerTls } from '../manager/gate/access.ts';
import { warnOfReaders } from './secrets.ts';
import type { Environment } from './secrets.ts';

export interface ReadTls {
  /** null: not configured. */
  readonly tls: ManagerTls | null;
  readonly warnings: readonly string[];
}

const CERT = 'MANAGER_TLS_CERT';
const KEY = 'MANAGER_TLS_KEY';
const CLIENT_CA = 'MANAGER_TLS_CLIENT_CA';

/** @throws ConfigError for incomplete settings, and for files that are unreadable or don't match. */
export function readManagerTls(environment: Environment, nowMs: number): ReadTls {
  const [cert, key, clientCa] = [CERT, KEY, CLIENT_CA].map((name) => environment[name]?.trim());
  if (!cert && !key && !clientCa) return { tls: null, warnings: [] };
  if (!cert || !key) {
    const [missing, given] = cert ? [KEY, CERT] : [CERT, key ? KEY : CLIENT_CA];
    throw new ConfigError(`${missing} is missing: ${given} is set and needs it`);
  }
  const tls: ManagerTls = {
    cert: readPem(CERT, cert),
    key: readPem(KEY, key),
    clientCa: clientCa ? readPem(CLIENT_CA, clientCa) : null,
  };
  const warnings = [
    ...checkCertificate(CERT, cert, { pem: tls.cert, nowMs }),
    ...(tls.clientCa
      ? checkCertificate(CLIENT_CA, clientCa ?? '', { pem: tls.clientCa, nowMs })
      : []),
    ...warnOfReaders(key),
  ];
  try {
    createSecureContext({ cert: tls.cert, key: tls.key });
  } catch (error) {
    throw new ConfigError(
      `${KEY} ${JSON.stringify(key)} is not the key (PEM, without a passphrase) of the certificate in ${CERT}: ${describeError(error)}`,
      { cause: error },
    );
  }
  return { tls, warnings };
}

function readPem(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(
      `${variable} ${JSON.stringify(path)} can't be read: ${describeError(error)}`,
      { cause: error },
    );
  }
}

/** An expired certificate is only a warning: recording matters more than the manager port. */
function checkCertificate(
  variable: string,
  path: string,
  { pem, nowMs }: { readonly pem: Buffer; readonly nowMs: number },
): string[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    throw new ConfigError(
      `${variable} ${JSON.stringify(path)} holds no certificate in PEM: ${describeError(error)}`,
      { cause: error },
    );
  }
  const { validFrom, validTo } = certificate;
  const isValid = nowMs >= Date.parse(validFrom) && nowMs <= Date.parse(validTo);
  return isValid
    ? []
    : [`${variable}: the certificate in ${path} is valid from ${validFrom} to ${validTo} only`];
}
