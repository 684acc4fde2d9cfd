/**
 * Keeps the key out of logs and errors. We never print it ourselves, but an exchange may repeat in a
 * rejection what it was sent.
 */

import type { Transport } from '../../runtime/transport.ts';
import type { Credentials } from './sign.ts';

const INSTEAD = '***';
/** A signature: 32 bytes in base64. */
const SIGNATURE = /[A-Za-z0-9+/]{43}=/g;

/** The exchange's text without any part of our credentials. */
export function redactSecrets(text: string, credentials: Credentials | null): string {
  if (credentials === null) return text;
  let clean = text;
  for (const secret of [credentials.key, credentials.secret, credentials.passphrase]) {
    if (secret !== '') clean = clean.replaceAll(secret, INSTEAD);
  }
  return clean.replaceAll(SIGNATURE, INSTEAD);
}

/** A transport whose sockets name no secret in the reason why they closed. */
export function redactingTransport(
  transport: Transport,
  redact: (text: string) => string,
): Transport {
  return {
    get: (url, options) => transport.get(url, options),
    connect: (url, handlers) =>
      transport.connect(url, {
        onOpen: () => handlers.onOpen(),
        onMessage: (data, receiveTimeUs) => handlers.onMessage(data, receiveTimeUs),
        onAlive: (receiveTimeUs, isPing) => handlers.onAlive(receiveTimeUs, isPing),
        onClose: (reason, ...more) => handlers.onClose(redact(reason), ...more),
      }),
  };
}
