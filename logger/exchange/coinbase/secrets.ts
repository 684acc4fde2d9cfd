/**
 * Keeps the key out of everything that people read. We never print it ourselves; but an exchange may
 * repeat in a refusal what it was sent.
 */

import type { Transport } from '../../runtime/transport.ts';
import type { Credentials } from './sign.ts';

const INSTEAD = '***';
/** A signature: 32 bytes in base64. */
const SIGNATURE = /[A-Za-z0-9+/]{43}=/g;

/** The text of the exchange without any part of our credentials. */
export function withoutSecrets(text: string, credentials: Credentials | null): string {
  if (credentials === null) return text;
  let clean = text;
  for (const secret of [credentials.key, credentials.secret, credentials.passphrase]) {
    if (secret !== '') clean = clean.replaceAll(secret, INSTEAD);
  }
  return clean.replaceAll(SIGNATURE, INSTEAD);
}

/** A transport whose sockets give no secret away when they say why they closed. */
export function discreetTransport(
  transport: Transport,
  discreet: (text: string) => string,
): Transport {
  return {
    get: (url, options) => transport.get(url, options),
    connect: (url, handlers) =>
      transport.connect(url, {
        onOpen: () => handlers.onOpen(),
        onMessage: (data, receiveTimeUs) => handlers.onMessage(data, receiveTimeUs),
        onAlive: (receiveTimeUs, isPing) => handlers.onAlive(receiveTimeUs, isPing),
        onClose: (reason, isTooLarge) => handlers.onClose(discreet(reason), isTooLarge),
      }),
  };
}
